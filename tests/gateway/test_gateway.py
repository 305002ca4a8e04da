"""The gateway, as its callers meet it: a process, real sockets, a provider that follows a script."""

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from serving import ASKED, PROVIDER_KEY, Serving, asked, chat

from minga.testing import CutStream, Drip, Fail, Say, Script, ScriptedServer, Slow

WIRES = list(ASKED)
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@BOTH
@pytest.mark.parametrize("wire", WIRES)
def test_each_wire_is_answered_and_booked_to_the_token(
    serving: Serving, provider: ScriptedServer, wire: str, stream: bool
) -> None:
    key = serving.key("laptop", team="dev")
    with serving.running():
        path, body = asked(wire, stream=stream)
        answer = serving.ask(path, body, key)
        assert answer.status == 200
        assert b"ok" in answer.body
        assert answer.headers["x-minga-provider"] == "test"
    [received] = provider.requests
    assert received.body == body
    [booked] = serving.costs("key", "team", "model")
    assert (booked["key"], booked["team"]) == ("laptop", "dev")
    figures = [booked[name] for name in ("calls", "input_tokens", "cached_input_tokens", "output_tokens", "estimated")]
    assert figures == [1, 60, 40, 10, 0], "the scripted provider tells 100 tokens, 40 of them cached, and 10"
    assert booked["cost_micro_usd"] > 0


def test_which_cli_asks_is_booked_as_it_says_so_itself(serving: Serving) -> None:
    key = serving.key()
    with serving.running():
        for name in ("claude-cli/2.1.330 (external, sdk-cli)", "QwenCode/0.24.4 (linux; x64)", "curl/8.1"):
            assert serving.ask("/v1/chat/completions", chat(), key, {"User-Agent": name}).status == 200
    select = "SELECT agent FROM model_calls ORDER BY at"
    rows = serving.use(lambda minga: minga.database.read(lambda transaction: transaction.execute(select)))
    assert [row[0] for row in rows] == ["claude", "qwen", ""]


def test_the_providers_key_goes_out_and_the_virtual_one_stays(serving: Serving, provider: ScriptedServer) -> None:
    key = serving.key()
    with serving.running():
        ways = [
            (
                "/v1/chat/completions",
                {"Authorization": f"Bearer {key}", "Cookie": "a=b", "X-Forwarded-For": "10.0.0.1"},
            ),
            ("/v1/chat/completions", {"api-key": key}),
            ("/v1/chat/completions", {"x-api-key": key}),
        ]
        for path, headers in ways:
            assert serving.ask(path, chat(), headers=headers).status == 200
        path, body = asked("gemini", stream=False)
        assert serving.ask(f"{path}?key={key}&alt=json", body).status == 200
        assert serving.ask(path, body, headers={"x-goog-api-key": key}).status == 200
    assert len(provider.requests) == 5
    for received in provider.requests:
        assert received.headers["authorization"] == f"Bearer {PROVIDER_KEY}"
        assert key not in repr(received)
        assert not {"cookie", "x-forwarded-for", "x-api-key", "api-key", "x-goog-api-key"} & received.headers.keys()
    assert provider.requests[3].path.endswith("?alt=json")


@pytest.mark.parametrize("wire", WIRES)
def test_a_strange_key_is_refused_in_the_callers_words_before_anything_is_sent(
    serving: Serving, provider: ScriptedServer, wire: str
) -> None:
    revoked, live = serving.key("old"), serving.key("new")
    serving.revoke("old")
    with serving.running():
        path, body = asked(wire, stream=False)
        answers = [serving.ask(path, body, key) for key in ("", "mk-wrong", revoked)]
        assert [answer.status for answer in answers] == [401, 401, 401]
        errors = [answer.json()["error"] for answer in answers]
        assert errors[1] == errors[2], "a revoked key is no better known than a wrong one"
        kind = {"anthropic": "authentication_error", "gemini": 401}.get(wire, "invalid_api_key")
        assert kind in errors[1].values()
        assert provider.requests == ()
        assert serving.ask(path, body, live).status == 200


@pytest.mark.parametrize("wire", WIRES)
def test_a_stream_that_breaks_ends_with_an_error_of_its_wire_and_is_booked_as_broken(
    serving: Serving, provider: ScriptedServer, wire: str
) -> None:
    key = serving.key()
    provider.script = Script(default=[CutStream("half an ans")])
    with serving.running():
        path, body = asked(wire, stream=True)
        answer = serving.ask(path, body, key)
        assert answer.status == 200
        assert b"half an ans" in answer.body
        last = answer.body.rstrip().rsplit(b"\n\n", 1)[-1]
        assert b"broke" in last or b"before its end" in last
        assert b"error" in last
    [booked] = serving.costs()
    assert (booked["failed"], booked["estimated"]) == (1, 1)


@BOTH
@pytest.mark.parametrize("status", [400, 429, 500, 529])
def test_what_a_provider_refuses_reaches_the_caller_as_it_is(
    serving: Serving, provider: ScriptedServer, status: int, stream: bool
) -> None:
    key = serving.key()
    provider.script = Script(default=Fail(status, retry_after_s=7 if status == 429 else None))
    with serving.running():
        path, body = asked("anthropic", stream=stream)
        answer = serving.ask(path, body, key)
        assert answer.status == status
        assert answer.json()["type"] == "error"
        assert (answer.headers.get("retry-after") == "7") == (status == 429)
    [booked] = serving.costs()
    assert (booked["failed"], booked["input_tokens"], booked["cost_micro_usd"]) == (1, 0, 0)


@BOTH
@pytest.mark.parametrize("wire", WIRES)
def test_a_key_of_the_gateways_that_a_provider_does_not_take_is_told_in_words_of_its_own(
    serving: Serving, provider: ScriptedServer, wire: str, stream: bool
) -> None:
    key = serving.key()
    provider.script = Script(default=Fail(401, message=f"no such key: {PROVIDER_KEY}"))
    with serving.running():
        path, body = asked(wire, stream=stream)
        answer = serving.ask(path, body, key)
    assert answer.status == 502, "the caller's own key is fine"
    assert PROVIDER_KEY.encode() not in answer.body
    assert b"does not take the key" in answer.body


def test_a_caller_that_goes_away_ends_the_providers_work_and_is_booked(
    serving: Serving, provider: ScriptedServer
) -> None:
    key = serving.key()
    provider.script = Script(default=[Drip(["word "] * 2000, pause_s=0.05)])
    with serving.running():
        path, body = asked("openai-responses", stream=True)
        with serving.opened(path, body, key) as response:
            assert response.read(1)
        _until(lambda: all(received.finished for received in provider.requests) and provider.requests)
        assert provider.requests[0].aborted
    [booked] = serving.costs()
    assert (booked["calls"], booked["failed"], booked["estimated"]) == (1, 1, 1)
    assert booked["input_tokens"] > 0


@BOTH
def test_a_caller_that_goes_away_before_the_answer_begins_ends_the_call_too(
    serving: Serving, provider: ScriptedServer, stream: bool
) -> None:
    key = serving.key()
    provider.script = Script(default=[Slow(600), Say("ok")])
    with serving.running():
        path, body = asked("openai-chat", stream=stream)
        with socket.create_connection((urlsplit(serving.url).hostname, urlsplit(serving.url).port)) as caller:
            data = json.dumps(body).encode()
            head = (
                f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(data)}\r\n\r\n"
            )
            caller.sendall(head.encode() + data)
            _until(lambda: provider.requests)
        _until(lambda: provider.requests[0].aborted)
    [booked] = serving.costs()
    assert (booked["calls"], booked["failed"], booked["estimated"]) == (1, 1, 1)


def test_a_provider_that_is_not_there_is_said(serving: Serving) -> None:
    serving.provide("http://127.0.0.1:9")
    key = serving.key()
    with serving.running():
        answer = serving.ask("/v1/chat/completions", chat(), key)
    assert answer.status == 502
    assert answer.json()["error"]["code"] == "provider_unreachable"
    [booked] = serving.costs()
    assert (booked["failed"], booked["cost_micro_usd"]) == (1, 0)


def test_a_spent_budget_stops_the_key_and_says_so(serving: Serving, provider: ScriptedServer) -> None:
    key = serving.key("small", budget_micro_usd=20_000)
    with serving.running():
        served, told = 0, []
        while (answer := serving.ask("/v1/chat/completions", chat(max_tokens=10), key)).status == 200:
            served += 1
            assert served < 1000
            told.append(answer.headers.get("x-minga-budget-left-usd"))
        first = next(place for place, left in enumerate(told) if left is not None)
        assert first > 0, "at the beginning nothing is said"
        assert None not in told[first:]
        assert all(float(left or 1) <= 0.004 for left in told[first:]), "a fifth of the budget"
        assert answer.status == 429
        assert answer.json()["error"]["code"] == "insufficient_quota"
        assert "small" in answer.json()["error"]["message"]
        assert "x-minga-budget-left-usd" not in answer.headers
    assert len(provider.requests) == served > 0
    [booked] = serving.costs()
    assert 0 < booked["cost_micro_usd"] <= 20_000
    with serving.running():
        again = serving.ask("/v1/chat/completions", chat(max_tokens=10), key)
        assert again.status == 429, "what was spent before a restart counts"


def test_a_call_without_a_limit_reserves_the_longest_answer_and_an_embedding_none(
    serving: Serving, provider: ScriptedServer
) -> None:
    key = serving.key("small", budget_micro_usd=20_000)
    toml = serving.root / "config/providers/test.toml"
    toml.write_text(toml.read_text().replace('"gpt-*"', '"gpt-*", "text-embedding-*"'))
    with serving.running():
        refused = serving.ask("/v1/chat/completions", chat(), key)
        assert refused.status == 429
        assert "may answer with 128,000 tokens: set max_tokens" in refused.json()["error"]["message"]
        assert not provider.requests
        assert serving.ask("/v1/chat/completions", chat(max_tokens=10), key).status == 200
        assert serving.ask("/v1/embeddings", {"model": "text-embedding-3-small", "input": "x"}, key).status == 200
    assert [one["unpriced"] for one in serving.costs()] == [0]


def test_a_model_without_a_price_is_not_free(serving: Serving) -> None:
    poor, rich = serving.key("poor", budget_micro_usd=5_000_000), serving.key("rich")
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat("gpt-nobody-knows"), poor).status == 403
        assert serving.ask("/v1/chat/completions", chat("gpt-nobody-knows"), rich).status == 200
    [booked] = serving.costs()
    assert (booked["calls"], booked["unpriced"], booked["cost_micro_usd"]) == (1, 1, 0)


def test_limits_of_a_key_are_told_with_when_it_may_go(serving: Serving, provider: ScriptedServer) -> None:
    slow, often = serving.key("slow", concurrent_max=1), serving.key("often", requests_per_minute=2)
    provider.script = Script(default=[Drip(["word "] * 10_000, pause_s=0.05)])
    with serving.running():
        path, body = asked("openai-responses", stream=True)
        with serving.opened(path, body, slow) as response:
            assert response.read(1)
            second = serving.ask("/v1/chat/completions", chat(), slow)
        assert (second.status, second.headers["retry-after"]) == (429, "1")
        assert second.json()["error"]["code"] == "rate_limit_exceeded"
        provider.script = Script(default=Say("ok"))
        statuses = [serving.ask("/v1/chat/completions", chat(), often).status for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_a_key_may_be_for_some_models_only(serving: Serving) -> None:
    key = serving.key("k", models=("gpt-5*",))
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat("gpt-5.1"), key).status == 200
        refused = serving.ask("/v1/chat/completions", chat("gpt-4o"), key)
        assert refused.status == 403
        assert "gpt-5*" in refused.json()["error"]["message"]


def test_a_model_may_be_named_with_its_provider(serving: Serving, provider: ScriptedServer) -> None:
    serving.provide("http://127.0.0.1:9", name="other")
    key = serving.key()
    with serving.running():
        body = chat("test/llama-9", unknown={"kept": [1.50, 1e3]})
        assert serving.ask("/v1/chat/completions", body, key).status == 200
        unknown = serving.ask("/v1/chat/completions", chat("llama-9"), key)
        assert unknown.status == 404
        assert "test/llama-9" in unknown.json()["error"]["message"]
    assert provider.requests[0].body == {**body, "model": "llama-9"}


BAD: dict[str, tuple[bytes, int]] = {
    "no JSON": (b"{nope", 400),
    "no object": (b"[1, 2]", 400),
    "no model": (b'{"messages": []}', 400),
    "a model that is no text": (b'{"model": 7}', 400),
    "deep": (b'{"model": "gpt-5", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "nothing": (b"", 400),
}


def test_bad_input_is_refused_and_the_gateway_lives(serving: Serving, provider: ScriptedServer) -> None:
    key = serving.key()
    with serving.running():
        for name, (body, status) in BAD.items():
            answer = serving.ask("/v1/chat/completions", body, key)
            assert answer.status == status, name
            assert "message" in answer.json()["error"]
        assert serving.ask("/v1/nothing", b"{}", key).status == 404
        assert serving.ask("/v1/chat/completions", b"x" * (65 * 1024 * 1024), key).status == 413
        assert provider.requests == ()
        assert serving.ask("/healthz", None, method="GET").json() == {"status": "ok"}


def test_on_sigterm_answers_in_flight_end_and_are_booked(serving: Serving, provider: ScriptedServer) -> None:
    key = serving.key()
    provider.script = Script(default=[Drip(["one ", "two ", "three"], pause_s=0.4)])
    path, body = asked("anthropic", stream=True)
    with serving.running(), serving.opened(path, body, key) as response:
        head = response.read(1)
        assert serving.process is not None
        serving.process.terminate()
        whole = head + response.read()
    assert b"message_stop" in whole
    assert b"three" in whole
    assert serving.stop() == 0
    assert serving.costs()[0]["output_tokens"] > 0


def test_bytes_pass_as_they_are_in_both_directions(serving: Serving) -> None:
    """Fields that nobody knows, odd spacing, numbers as they were written."""
    sent = b'{ "model":"gpt-5.1",  "temperature": 1.0e0, "new_field": {"a":1.50},"messages":[] }'
    answered = (
        b'{"id":"x","object":"chat.completion","brand_new": 1.2500 ,"usage":{"prompt_tokens":3,"completion_tokens":4}}'
    )
    seen: list[bytes] = []

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Request-Id", "req_7")
            self.send_header("Content-Length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, *_: object) -> None: ...

    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    try:
        serving.provide(f"http://127.0.0.1:{upstream.server_port}")
        key = serving.key()
        with serving.running():
            answer = serving.ask("/v1/chat/completions", sent, key)
    finally:
        upstream.shutdown()
        upstream.server_close()
    assert (seen, answer.body) == ([sent], answered)
    assert answer.headers["x-request-id"] == "req_7"
    [booked] = serving.costs()
    assert (booked["input_tokens"], booked["output_tokens"]) == (3, 4)


def _until(holds) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
