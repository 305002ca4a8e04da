"""What a request means: every path of every wire, and any bytes at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.gateway.paths import WrongMethod, key_of, read_call, wire_of

PATHS: list[tuple[str, str, Wire, str]] = [
    ("POST", "/v1/chat/completions", "openai-chat", "/chat/completions"),
    ("POST", "/v1/embeddings", "openai-embeddings", "/embeddings"),
    ("POST", "/v1/responses", "openai-responses", "/responses"),
    ("POST", "/v1/responses/compact", "openai-responses", "/responses/compact"),
    ("POST", "/v1/responses/input_tokens", "openai-responses", "/responses/input_tokens"),
    ("GET", "/v1/models", "openai-chat", "/models"),
    ("GET", "/v1/models/ft:gpt-5:ours", "openai-chat", "/models/ft:gpt-5:ours"),
    ("POST", "/v1/messages", "anthropic", "/messages"),
    ("POST", "/v1/messages/count_tokens", "anthropic", "/messages/count_tokens"),
    ("POST", "/v1/models/g:generateContent", "gemini", "/models/g:generateContent"),
    ("POST", "/v1beta/models/google/g:generateContent", "gemini", "/models/google/g:generateContent"),
    ("POST", "/v1beta/models/gemini-2.5-pro:countTokens", "gemini", "/models/gemini-2.5-pro:countTokens"),
    ("POST", "/v1beta/models/g:streamGenerateContent", "gemini", "/models/g:streamGenerateContent"),
    ("POST", "/v1beta/models/g:embedContent", "gemini", "/models/g:embedContent"),
    ("POST", "/v1beta/models/g:batchEmbedContents", "gemini", "/models/g:batchEmbedContents"),
    ("GET", "/v1beta/models", "gemini", "/models"),
    ("GET", "/v1beta/models/g", "gemini", "/models/g"),
]


@pytest.mark.parametrize(("method", "path", "wire", "goes_to"), PATHS)
def test_every_path_has_its_wire_and_its_place_at_the_provider(
    method: str, path: str, wire: Wire, goes_to: str
) -> None:
    assert wire_of(method, path, {}) == wire
    body = b'{"model": "m"}' if method == "POST" else b""
    call = read_call(wire, method, path, "a=1&key=secret", [], body)
    assert (call.path, call.query) == (goes_to, "")
    assert call.counts == (method == "GET" or path.endswith(("countTokens", "_tokens")))
    assert not call.stream, "Gemini streams as events only where it is asked to"
    if path.endswith("streamGenerateContent"):
        assert read_call(wire, method, path, "alt=sse", [], body).stream


UNKNOWN = [
    "/",
    "/v1",
    "/v1/completions",
    "/v2/chat/completions",
    "/v1/chat/completions/",
    "/v1/files",
    "/v1/messages/batches",
    "/v1/models/",
    "/v1/models/a/b/c",
    "/v1/responses/resp_1",
    "/v1/responses/resp_1/cancel",
    "/v1/responses/resp_1/input_items",
    "/v1beta",
    "/v1beta//models/g:generateContent",
    "/v1beta/cachedContents",
    "/v1beta/files",
    "/v1beta/files/f",
    "/v1beta/models/",
    "/v1beta/models/g/operations",
    "/v1beta/models/g:batchGenerateContent",
    "/v1beta/models/g:predict",
    "/v1beta/models/g:generateContent/",
    "/v1beta/models/a/b/c:generateContent",
    "/v1beta/tunedModels/t:generateContent",
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_nothing_else_of_the_providers_account_is_within_reach(path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(Refused) as refused:
            wire_of(method, path, {})
        assert refused.value.reason == "unknown-path"


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _, _ in PATHS])
def test_each_path_takes_one_method_and_names_it_to_the_others(method: str, path: str) -> None:
    for other in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "M-SEARCH"} - {method}:
        with pytest.raises(WrongMethod) as refused:
            wire_of(other, path, {})
        assert (refused.value.reason, refused.value.allow) == ("method", method)


def test_models_are_listed_in_the_form_of_who_asks() -> None:
    assert wire_of("GET", "/v1/models", {"anthropic-version": "2023-06-01"}) == "anthropic"
    assert wire_of("GET", "/v1/models", {"x-goog-api-key": "mk-1"}) == "gemini"
    assert wire_of("GET", "/v1/models/gpt-5", {}) == "openai-chat"


def test_a_key_is_found_where_its_protocol_puts_it() -> None:
    assert key_of({"authorization": "bearer  mk-1 "}, "") == "mk-1"
    assert key_of({"x-api-key": "mk-2"}, "key=mk-3") == "mk-2"
    assert key_of({}, "alt=sse&key=mk-3") == "mk-3"
    assert key_of({}, "") == ""


def test_how_much_it_may_answer_is_read_from_every_wire() -> None:
    asked = [
        ("openai-chat", "/v1/chat/completions", b'{"model": "m", "max_completion_tokens": 7}'),
        ("openai-responses", "/v1/responses", b'{"model": "m", "max_output_tokens": 7}'),
        ("anthropic", "/v1/messages", b'{"model": "m", "max_tokens": 7}'),
        ("gemini", "/v1beta/models/m:generateContent", b'{"generationConfig": {"maxOutputTokens": 7}}'),
    ]
    for wire, path, body in asked:
        assert read_call(wire, "POST", path, "", [], body).answer_max == 7  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        b'{"generationConfig": {"maxOutputTokens": 7, "candidateCount": 3}}',
        b'{"generation_config": {"max_output_tokens": 7, "candidate_count": 3}}',
        b'{"generationConfig": {"max_output_tokens": 7, "candidateCount": 3}}',
    ],
    ids=["camel", "snake", "mixed"],
)
def test_gemini_is_read_in_each_spelling_that_it_has(body: bytes) -> None:
    call = read_call("gemini", "POST", "/v1beta/models/m:generateContent", "", [], body)
    assert (call.answer_max, call.choices) == (7, 3)


@pytest.mark.parametrize(
    "body",
    [
        b'{"generationConfig": {}, "generation_config": {"max_output_tokens": 9}}',
        b'{"generationConfig": {"maxOutputTokens": 1, "max_output_tokens": 9}}',
        b'{"generation_config": {"candidateCount": 1, "candidate_count": 9}}',
        b'{"Generation_Config": {"max_output_tokens": 9}}',
    ],
    ids=["config", "limit", "choices", "case"],
)
def test_gemini_in_two_spellings_at_once_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_call("gemini", "POST", "/v1beta/models/m:generateContent", "", [], body)
    assert refused.value.reason == "malformed"


HIDING = "fields=candidates&%24fields=a&access_token=t&callback=c&%24alt=proto&key=k&%6bey=k&prettyPrint=1"


@pytest.mark.parametrize(
    ("wire", "path", "query", "passed"),
    [
        ("gemini", "/v1beta/models/m:generateContent", f"alt=sse&{HIDING}", "alt=sse"),
        ("gemini", "/v1beta/models/m:generateContent", f"alt=proto&{HIDING}", ""),
        ("gemini", "/v1beta/models/m:generateContent", "alt=sse&alt=media", ""),
        ("gemini", "/v1beta/models", f"pageSize=5&pageToken=a%20b&{HIDING}", "pageSize=5&pageToken=a+b"),
        ("anthropic", "/v1/messages", f"beta=true&{HIDING}", "beta=true"),
        ("openai-chat", "/v1/models", f"limit=5&{HIDING}", "limit=5"),
    ],
)
def test_of_a_query_only_what_is_known_to_be_harmless_is_passed_on(
    wire: Wire, path: str, query: str, passed: str
) -> None:
    body = b'{"model": "m"}'
    assert read_call(wire, "POST", path, query, [], body).query == passed


def test_only_the_last_form_that_is_asked_for_counts_and_is_passed_on() -> None:
    def asked(query: str) -> tuple[bool, str]:
        call = read_call("gemini", "POST", "/v1beta/models/m:streamGenerateContent", query, [], b"{}")
        return call.stream, call.query

    assert asked("alt=sse&alt=json") == (False, "alt=json")
    assert asked("alt=json&alt=sse") == (True, "alt=sse")


def test_headers_that_make_another_request_of_it_are_not_passed_on() -> None:
    overriding = ["x-http-method-override", "x-http-method", "x-method-override", "x-goog-fieldmask"]
    headers = [(name, "GET") for name in overriding] + [("anthropic-version", "2023-06-01")]
    call = read_call("anthropic", "POST", "/v1/messages", "", headers, b'{"model": "m"}')
    assert call.headers == (("anthropic-version", "2023-06-01"),)


@pytest.mark.parametrize("field", ['"background": true', '"Background": true', '"background": 1'])
def test_a_response_that_would_be_made_unmetered_is_refused(field: str) -> None:
    body = f'{{"model": "m", {field}}}'.encode()
    with pytest.raises(Refused, match=r"(?i)background") as refused:
        read_call("openai-responses", "POST", "/v1/responses", "", [], body)
    assert refused.value.reason == "malformed"
    kept = body.replace(b"true", b"false").replace(b"1", b"null").replace(b"Background", b"background")
    assert read_call("openai-responses", "POST", "/v1/responses", "", [], kept).body == kept


def test_the_name_of_a_model_has_an_end_and_is_not_repeated_whole() -> None:
    longest = "m" * 256
    body = f'{{"model": "{longest}"}}'.encode()
    assert read_call("anthropic", "POST", "/v1/messages", "", [], body).model == longest
    path = f"/v1beta/models/{longest}:generateContent"
    assert read_call("gemini", "POST", path, "", [], b"{}").model == longest
    too_long = [
        ("anthropic", "/v1/messages", body.replace(b"mmm", b"m" * 100_000, 1)),
        ("gemini", path.replace("mmm", "mmmm", 1), b"{}"),
    ]
    for wire, one, told in too_long:
        with pytest.raises(Refused, match="256") as refused:
            read_call(wire, "POST", one, "", [], told)  # type: ignore[arg-type]
        assert (refused.value.reason, len(refused.value.message) < 200) == ("malformed", True)


@pytest.mark.parametrize("path", ["/v1/" + "x" * 9000, "/v1beta/models/" + "x" * 9000], ids=["unknown", "method"])
def test_a_long_path_is_not_repeated_whole(path: str) -> None:
    with pytest.raises(Refused) as refused:
        wire_of("PUT", path, {})
    assert len(refused.value.message) < 200


def test_an_object_with_more_fields_than_any_request_has_is_refused() -> None:
    fields = [f'"{number}": 0' for number in range(999)]
    body = '{"model": "m", ' + ", ".join(fields) + "}"
    assert read_call("anthropic", "POST", "/v1/messages", "", [], body.encode()).model == "m"
    more = '{"more": 1, ' + body[1:]
    with pytest.raises(Refused, match="1000 fields") as refused:
        read_call("anthropic", "POST", "/v1/messages", "", [], more.encode())
    assert refused.value.reason == "malformed"


@given(st.sampled_from(PATHS), st.binary(max_size=60), st.text(max_size=20))
def test_any_body_and_query_are_read_or_refused(place: tuple[str, str, Wire, str], body: bytes, query: str) -> None:
    method, path, wire, _ = place
    try:
        call = read_call(wire, method, path, query, [], body)
    except Refused as refused:
        assert refused.reason == "malformed"  # noqa: PT017 - either way is right
    else:
        assert call.body == body


def test_a_model_that_is_no_text_is_refused() -> None:
    with pytest.raises(Refused, match="cannot be read") as refused:
        read_call("openai-chat", "POST", "/v1/chat/completions", "", [], b'{"model": "\xff"}')
    assert refused.value.reason == "malformed"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/responses/../files",
        "/v1/responses/..",
        "/v1beta/models/../../x:countTokens",
        "/v1/models/.",
        "/v1/models/..\\x",
    ],
)
def test_a_path_that_would_leave_its_place_is_refused(path: str) -> None:
    with pytest.raises(Refused) as refused:
        wire_of("GET", path, {})
    assert refused.value.reason == "unknown-path"
