"""Calls through the gateway to Bedrock and Vertex AI, over sockets, to a server that checks who asks."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cloud_server import BEARER, CHAT, EVENTS, MESSAGE, REGION, SECRETS, Cloud, cloud
from serving import Answer, Serving

from minga.providers import catalog

SHIPPED = ("bedrock", "bedrock-openai", "vertex", "vertex-claude")

VERTEX = "/v1/projects/our-project/locations/global/publishers"

HEADERS = {"anthropic-version": "2023-06-01", "content-type": "application/json"}

HELLO = [{"role": "user", "content": "hola"}]
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "hola"}]}]}


@dataclass
class Place:
    serving: Serving
    cloud: Cloud
    key: str

    def messages(self, model: str, *, stream: bool = False, **headers: str) -> Answer:
        body = {"model": model, "max_tokens": 99, "messages": HELLO, **({"stream": True} if stream else {})}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.serving.ask("/v1/messages", body, self.key, {**HEADERS, **named})

    def gemini(self, model: str, way: str = "generateContent") -> Answer:
        return self.serving.ask(f"/v1beta/models/{model}:{way}", CONTENTS, self.key)


def provide(serving: Serving, cloud: Cloud) -> None:
    """The shipped files, with another host: the one of the test's."""
    for name in SHIPPED:
        text = (catalog.SHIPPED / f"{name}.toml").read_text()
        for host in (
            "bedrock-runtime.${AWS_REGION}.amazonaws.com",
            "${GOOGLE_CLOUD_LOCATION}-aiplatform.googleapis.com",
        ):
            text = text.replace(f"https://{host}", cloud.url)
        (serving.root / "config" / "providers" / f"{name}.toml").write_text(text)
    account = serving.root / "account.json"
    account.write_text(json.dumps(cloud.service_account()))
    serving.environment |= {
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIDTEST",
        "AWS_SECRET_ACCESS_KEY": SECRETS["AKIDTEST"],
        "AWS_SESSION_TOKEN": "the-session-token",
        "GOOGLE_APPLICATION_CREDENTIALS": str(account),
        "GOOGLE_CLOUD_PROJECT": "our-project",
        "GOOGLE_CLOUD_LOCATION": "global",
    }


def provide_accounts(serving: Serving, cloud: Cloud) -> None:
    """One more provider for each way in which an account may be given."""
    providers = serving.root / "config" / "providers"
    for name, ((variable, value), _, _) in ACCOUNTS.items():
        wires = f'[wires]\nanthropic = "{cloud.url}"\n'
        keys = f'auth = "aws"\nform = "bedrock"\nkey_variables = ["{variable}"]\n'
        (providers / f"{name}.toml").write_text(f'name = "{name}"\ntitle = "Bedrock"\n{keys}{wires}')
        serving.environment[variable] = value
    keys = 'auth = "google"\nform = "vertex"\nkey_variables = ["TEST_GCE_METADATA_HOST"]\n'
    wires = f'[wires]\nanthropic = "{cloud.url}{VERTEX}/anthropic"\n'
    (providers / "by-machine.toml").write_text(f'name = "by-machine"\ntitle = "Vertex"\n{keys}{wires}')
    serving.environment["TEST_GCE_METADATA_HOST"] = cloud.url.removeprefix("http://")
    serving.environment["WRONG_AWS_SECRET_ACCESS_KEY"] = "another"
    file = serving.root / ".aws" / "credentials"
    file.parent.mkdir()
    file.write_text(f"[work]\naws_access_key_id = AKIDFILE\naws_secret_access_key = {SECRETS['AKIDFILE']}\n")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    serving = Serving(tmp_path_factory.mktemp("clouds"))
    with cloud() as there:
        provide(serving, there)
        provide_accounts(serving, there)
        key = serving.key()
        with serving.running():
            yield Place(serving, there, key)


def events(answer: Answer) -> list[Any]:
    return [json.loads(part.rpartition(b"data: ")[2]) for part in answer.body.strip().split(b"\n\n")]


CLAUDES = {"bedrock": "eu.anthropic.claude-sonnet-4-5-{}-v1:0", "vertex-claude": "claude-sonnet-4-5-{}@20250929"}


OUTCOMES = ("calls", "failed", "estimated")
TOKENS = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens")


@pytest.mark.parametrize("provider", list(CLAUDES))
def test_claude_answers_whole_and_streamed(place: Place, provider: str) -> None:
    model = CLAUDES[provider].format("plain")
    whole = place.messages(model)
    assert (whole.status, whole.json(), whole.headers["x-minga-provider"]) == (200, MESSAGE, provider)
    streamed = place.messages(model, stream=True)
    assert streamed.status == 200
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert events(streamed) == EVENTS


def test_bedrock_gets_the_request_as_it_wants_it(place: Place) -> None:
    model = CLAUDES["bedrock"].format("asked")
    assert place.messages(model, anthropic_beta="one-1, two-2", x_amz_meta_own="x", x_amzn_trace="y").status == 200
    assert place.messages(model, stream=True).status == 200
    whole, streamed = place.cloud.of(model)
    assert whole.path == f"/model/{model.replace(':', '%3A')}/invoke"
    assert streamed.path == f"/model/{model.replace(':', '%3A')}/invoke-with-response-stream"
    common = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "messages": HELLO}
    assert whole.body == {**common, "anthropic_beta": ["one-1", "two-2"]}
    assert streamed.body == common
    assert whole.headers["x-amz-security-token"] == "the-session-token"
    assert not [name for name in whole.headers if name.startswith(("anthropic", "x-amz-meta", "x-amzn"))]
    assert place.key not in str(whole)


def test_an_arn_is_one_part_of_the_path(place: Place) -> None:
    arn = "arn:aws:bedrock:eu-central-1:1:application-inference-profile/abc"
    assert place.messages(f"bedrock/{arn}").status == 200
    [asked] = place.cloud.of(arn)
    assert asked.path.count("/") == 3


@pytest.mark.parametrize("model", ["bedrock/..", "bedrock/.", "vertex-claude/.."])
def test_a_name_that_would_be_another_path_is_refused(place: Place, model: str) -> None:
    before = len(place.cloud.asked)
    answer = place.messages(model)
    assert answer.status == 404
    assert answer.json()["type"] == "error"
    assert len(place.cloud.asked) == before


def test_vertex_gets_claudes_request_as_it_wants_it(place: Place) -> None:
    model = CLAUDES["vertex-claude"].format("asked")
    assert place.messages(model, anthropic_beta="one-1", x_goog_user_project="x").status == 200
    assert place.messages(model, stream=True).status == 200
    whole, streamed = place.cloud.of(model)
    assert whole.path == f"{VERTEX}/anthropic/models/{model}:rawPredict"
    assert streamed.path == f"{VERTEX}/anthropic/models/{model}:streamRawPredict"
    common = {"anthropic_version": "vertex-2023-10-16", "max_tokens": 99, "messages": HELLO}
    assert whole.body == common
    assert streamed.body == {**common, "stream": True}
    assert whole.headers["anthropic-beta"] == "one-1"
    assert "x-goog-user-project" not in whole.headers
    assert place.key not in str(whole)


def test_gemini_at_vertex_answers_in_every_way(place: Place) -> None:
    model = "gemini-2.5-plain"
    assert place.gemini(model).json()["usageMetadata"]["promptTokenCount"] == 11
    streamed = place.gemini(model, "streamGenerateContent?alt=sse")
    assert b"\xc2\xa1Hola" in streamed.body or b"\\u00a1Hola" in streamed.body
    assert place.gemini(model, "countTokens").json() == {"totalTokens": 11}
    assert [one.path for one in place.cloud.of(model)] == [
        f"{VERTEX}/google/models/{model}:generateContent",
        f"{VERTEX}/google/models/{model}:streamGenerateContent?alt=sse",
        f"{VERTEX}/google/models/{model}:countTokens",
    ]


def test_tokens_are_counted_by_each_in_its_own_way(place: Place) -> None:
    asked = {"messages": HELLO}
    for provider, form in CLAUDES.items():
        model = form.format("counted")
        answer = place.serving.ask("/v1/messages/count_tokens", {"model": model, **asked}, place.key, HEADERS)
        assert (answer.status, answer.json()) == (200, {"input_tokens": 11}), provider
    [at_bedrock] = [one for one in place.cloud.asked if one.path.endswith("/count-tokens")]
    assert at_bedrock.path == "/model/anthropic.claude-sonnet-4-5-counted-v1%3A0/count-tokens"
    inner = json.loads(base64.b64decode(at_bedrock.body["input"]["invokeModel"]["body"]))
    assert inner == {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 1, **asked}
    [at_vertex] = [one for one in place.cloud.asked if one.path.endswith("/count-tokens:rawPredict")]
    named = {"anthropic_version": "vertex-2023-10-16", "model": CLAUDES["vertex-claude"].format("counted")}
    assert at_vertex.body == {**named, **asked}


def test_bedrock_speaks_openais_form_too(place: Place) -> None:
    body = {"model": "openai.gpt-oss-20b-1:0", "messages": HELLO}
    answer = place.serving.ask("/v1/chat/completions", body, place.key, HEADERS)
    assert (answer.status, answer.json(), answer.headers["x-minga-provider"]) == (200, CHAT, "bedrock-openai")
    [asked] = [one for one in place.cloud.asked if one.path == "/openai/v1/chat/completions"]
    assert asked.body == body


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", ["anthropic.claude-throttled-{}", "claude-quota-{}@1"])
def test_a_throttled_call_is_tried_again(place: Place, model: str, stream: bool) -> None:
    answer = place.messages(model.format(stream), stream=stream)
    assert answer.status == 200
    assert answer.headers["x-minga-attempts"] == "2"


@pytest.mark.parametrize("model", ["anthropic.claude-throttled-always", "claude-quota-always@1"])
def test_a_throttle_that_stays_is_told_in_anthropics_words(place: Place, model: str) -> None:
    answer = place.messages(model)
    assert answer.status == 429
    assert answer.json()["error"]["type"] == "rate_limit_error"
    assert answer.json()["error"]["message"] in ("Too many requests", "Quota exceeded")


@pytest.mark.parametrize(
    ("model", "said"),
    [("anthropic.claude-wrong", "max_tokens: Field required"), ("claude-wrong@1", "no such field")],
)
def test_an_error_of_the_call_is_told_in_anthropics_words(place: Place, model: str, said: str) -> None:
    answer = place.messages(model, stream=True)
    error = {"type": "invalid_request_error", "message": said}
    assert (answer.status, answer.json()) == (400, {"type": "error", "error": error})


def test_a_throttling_frame_before_the_answer_is_tried_again(place: Place) -> None:
    answer = place.messages("anthropic.claude-busy-frame", stream=True)
    assert (answer.status, events(answer)) == (200, EVENTS)
    assert answer.headers["x-minga-attempts"] == "2"


def test_a_stream_of_single_bytes_is_the_same_stream(place: Place) -> None:
    assert events(place.messages("anthropic.claude-split", stream=True)) == EVENTS


@pytest.mark.parametrize(
    ("fault", "said", "whole"),
    [
        ("cut", "it ended within an event", 3),
        ("garbled", "the checksum of a frame is wrong", 3),
        ("ends", "ended the stream before its end", 4),
        ("fails", "the model fell over", 3),
    ],
)
def test_a_stream_that_breaks_ends_with_an_error_after_its_last_whole_event(
    place: Place, fault: str, said: str, whole: int
) -> None:
    answer = place.messages(f"anthropic.claude-{fault}", stream=True)
    *before, last = events(answer)
    assert (answer.status, before) == (200, EVENTS[:whole])
    assert last["type"] == "error"
    assert said in last["error"]["message"]


def test_what_is_no_frame_at_all_is_an_answer_that_broke(place: Place) -> None:
    answer = place.messages("anthropic.claude-html", stream=True)
    assert answer.status == 502
    assert "framing is broken" in answer.json()["error"]["message"]


@pytest.mark.parametrize("model", ["claude-expired@1", "claude-denied@1"])
def test_an_expired_token_is_fetched_anew_once(place: Place, model: str) -> None:
    before = place.cloud.tokens or int(place.messages(CLAUDES["vertex-claude"].format("warm")).status == 200)
    answer = place.messages(model)
    assert place.cloud.tokens == before + 1
    if "expired" in model:
        assert answer.status == 200
        first, second = place.cloud.of(model)
        assert first.headers["authorization"] != second.headers["authorization"]
    else:
        assert answer.status == 502
        assert "does not take the key" in answer.json()["error"]["message"]


def test_a_clock_that_is_wrong_is_named(place: Place) -> None:
    place.cloud.skew = timedelta(minutes=7)
    answer = place.messages("anthropic.claude-off-clock")
    place.cloud.skew = timedelta(0)
    assert answer.status == 502
    message = answer.json()["error"]["message"]
    assert "refuses the time of this machine, which is " in message
    assert message.endswith(" s behind: set it")
    assert 415 <= int(message.split(" is ")[1].split(" s ")[0]) <= 425


def test_lists_of_models_that_clouds_do_not_have_are_refused_in_words(place: Place) -> None:
    answer = place.serving.ask("/v1/models", None, place.key, {"anthropic-version": "2023-06-01"}, method="GET")
    assert answer.status == 502
    assert "no provider gave its list of models; asked: bedrock" in answer.json()["error"]["message"]


def test_usage_is_booked_as_the_clouds_tell_it_and_estimated_where_a_stream_broke(tmp_path: Path) -> None:
    serving = Serving(tmp_path)
    serving.environment["MINGA_GATEWAY_CLIENT"] = "aiohttp"  # the other tests take the usual one
    broken = [f"anthropic.claude-{fault}" for fault in ("cut", "garbled", "ends")]
    exact = [form.format("plain") for form in CLAUDES.values()]
    with cloud() as there:
        provide(serving, there)
        place = Place(serving, there, serving.key())
        with serving.running():
            for model in exact:
                place.messages(model)
                place.messages(model, stream=True)
            for model in broken:
                place.messages(model, stream=True)
            place.gemini("gemini-2.5-plain")
            place.gemini("gemini-2.5-plain", "streamGenerateContent?alt=sse")
            place.messages("anthropic.claude-busy-frame", stream=True)
    booked = {one["model"]: one for one in serving.costs("model")}
    for model in exact:
        assert [booked[model][name] for name in (*OUTCOMES, *TOKENS)] == [2, 0, 0, 22, 10, 6, 14], model
    assert [booked["gemini-2.5-plain"][name] for name in (*OUTCOMES, *TOKENS)] == [2, 0, 0, 22, 0, 0, 14]
    assert [booked["anthropic.claude-busy-frame"][name] for name in (*OUTCOMES, *TOKENS)] == [1, 0, 0, 11, 5, 3, 7]
    for model in broken:
        assert [booked[model][name] for name in (*OUTCOMES, *TOKENS)] == [1, 1, 1, 11, 5, 3, 1], model


ACCOUNTS = {
    "by-bearer": (("TEST_BEDROCK_KEY", BEARER), 200, ""),
    "by-profile": (("TEST_AWS_PROFILE", "work"), 200, ""),
    "no-profile": (("LOST_AWS_PROFILE", "play"), 502, "there is no profile 'play'"),
    "wrong-secret": (("WRONG_AWS_ACCESS_KEY_ID", "AKIDTEST"), 502, "does not take the key"),
}
"""Name of a provider -> the variable of its account, the status of an answer, and what it says."""


@pytest.mark.parametrize("name", list(ACCOUNTS))
def test_amazon_knows_its_account_however_it_is_given(place: Place, name: str) -> None:
    _, status, said = ACCOUNTS[name]
    answer = place.messages(f"{name}/anthropic.claude-3")
    assert answer.status == status, answer.body
    assert said in answer.body.decode()
    assert os.fspath(place.serving.root) not in answer.body.decode()


def test_at_a_machine_of_googles_its_metadata_server_is_asked(place: Place) -> None:
    assert place.messages("by-machine/claude-of-a-machine").status == 200
    assert [one for one in place.cloud.asked if one.path.startswith("/computeMetadata/")]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", [*(form.format("translated") for form in CLAUDES.values()), "gemini-2.5-translated"])
def test_a_caller_of_another_form_gets_what_a_cloud_says(place: Place, model: str, stream: bool) -> None:
    body = {"model": model, "messages": HELLO, "max_tokens": 99, "stream": stream}
    answer = place.serving.ask("/v1/chat/completions", body, place.key, HEADERS)
    assert answer.status == 200, answer.body
    if not stream:
        assert answer.json()["choices"][0]["message"]["content"] == "¡Hola!"
        assert answer.json()["usage"]["completion_tokens"] == 7
        return
    *told, done = answer.body.decode().strip().split("\n\n")
    assert done == "data: [DONE]"
    chunks = [json.loads(one.removeprefix("data: ")) for one in told]
    assert "".join(one["choices"][0]["delta"].get("content") or "" for one in chunks if one["choices"]) == "¡Hola!"


def test_a_caller_of_another_form_gets_a_clouds_error_in_its_own(place: Place) -> None:
    body = {"model": "anthropic.claude-wrong", "messages": HELLO, "max_tokens": 99}
    answer = place.serving.ask("/v1/chat/completions", body, place.key, HEADERS)
    assert answer.status == 400
    assert answer.json()["error"]["message"] == "max_tokens: Field required"
    assert answer.json()["error"]["type"] == "invalid_request_error"
