"""Providers fail, callers do not notice: the next deployment answers, and what a stream has said is gone on with."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from metered_provider import Metered
from serving import ASKED, Serving, asked, chat

from minga.providers.usage import CHARACTERS_A_TOKEN
from minga.testing import CallTool, CutStream, Drip, Fail, Garbage, Say, Script, ScriptedServer, Slow, Step, Tokens

WIRES = list(ASKED)
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
EACH_WIRE = pytest.mark.parametrize("wire", WIRES)


@pytest.fixture
def second(serving: Serving) -> Iterator[ScriptedServer]:
    """Another provider of the same models, for when the first fails."""
    with ScriptedServer(Script(default=Say("from the second"))) as server:
        serving.provide(server.url, name="test2")
        yield server


FAULTS: dict[str, list[Step]] = {
    "500": [Fail(500)],
    "429": [Fail(429, retry_after_s=60)],
    "529": [Fail(529)],
    "401": [Fail(401)],
    "dies before its first word": [CutStream()],
    "garbage": [Garbage()],
}


@BOTH
@EACH_WIRE
def test_whatever_happens_before_the_first_word_another_provider_answers_unseen(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer, wire: str, stream: bool
) -> None:
    key = serving.key()
    with serving.running():
        for name, steps in FAULTS.items():
            provider.script = Script(default=steps)
            path, body = asked(wire, stream=stream)
            answer = serving.ask(path, body, key)
            assert answer.status == 200, (name, answer.body)
            assert b"from the second" in answer.body, name
            assert b"error" not in answer.body.replace(b'"error": null', b"").replace(b'"error":null', b""), name
            assert answer.headers["x-minga-provider"] == "test2"
    [booked] = serving.costs()
    assert (booked["calls"], booked["failed"]) == (len(FAULTS), 0)


def test_a_provider_that_is_not_there_is_passed_over(serving: Serving, second: ScriptedServer) -> None:
    serving.provide("http://127.0.0.1:9")
    key = serving.key()
    with serving.running():
        answer = serving.ask("/v1/chat/completions", chat(), key)
        assert (answer.status, answer.headers["x-minga-attempts"]) == (200, "2")


def test_what_speaks_of_the_call_and_not_of_the_provider_is_not_tried_elsewhere(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer
) -> None:
    key = serving.key()
    provider.script = Script(default=Fail(400))
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat(), key).status == 400
    assert second.requests == ()


def test_where_all_fail_the_last_ones_words_reach_the_caller(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer
) -> None:
    key = serving.key()
    provider.script = Script(default=Fail(500, message="first"))
    second.script = Script(default=Fail(503, message="second"))
    with serving.running():
        answer = serving.ask("/v1/chat/completions", chat(), key)
    assert answer.status in (500, 503)
    assert answer.json()["error"]["message"] in ("first", "second")
    assert len(provider.requests) + len(second.requests) <= 4
    [booked] = serving.costs()
    assert (booked["calls"], booked["failed"], booked["cost_micro_usd"]) == (1, 1, 0)


def test_a_route_says_who_answers(serving: Serving, provider: ScriptedServer, second: ScriptedServer) -> None:
    (serving.root / "config" / "gateway.toml").write_text(
        '[[routes]]\nmodel = "quick"\nto = ["test2/gpt-5-mini"]\nthen = ["test/gpt-5.1"]\n'
    )
    key = serving.key()
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat("quick"), key).headers["x-minga-provider"] == "test2"
        assert second.requests[0].body["model"] == "gpt-5-mini"
        second.script = Script(default=Fail(500))
        assert serving.ask("/v1/chat/completions", chat("quick"), key).headers["x-minga-provider"] == "test"
        assert provider.requests[0].body["model"] == "gpt-5.1"


def test_another_account_answers_where_one_is_spent(serving: Serving, provider: ScriptedServer) -> None:
    serving.environment["TEST_PROVIDER_KEY_2"] = "the-second-key"
    key = serving.key()
    provider.script = Script(turns=[Fail(429, retry_after_s=60)], default=Say("ok"))
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat(), key).status == 200
    used = [received.headers["authorization"] for received in provider.requests]
    assert len(set(used)) == 2


def text_of(wire: str, stream: bytes) -> str:
    """What a caller's SDK puts together."""
    told = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith(b"data: {")]
    match wire:
        case "openai-chat":
            assert len({one["id"] for one in told}) == 1
            assert b"data: [DONE]" in stream
            return "".join(one["choices"][0]["delta"].get("content") or "" for one in told if one["choices"])
        case "anthropic":
            kinds = [one["type"] for one in told]
            starts = [one["index"] for one in told if one["type"] == "content_block_start"]
            assert starts == list(range(len(starts)))
            assert kinds.count("message_start") == kinds.count("message_stop") == 1
            assert starts == [one["index"] for one in told if one["type"] == "content_block_stop"]
            return "".join(one["delta"].get("text", "") for one in told if one["type"] == "content_block_delta")
        case "openai-responses":
            numbers = [one["sequence_number"] for one in told]
            assert numbers == sorted(set(numbers))
            [whole] = [one["response"] for one in told if one["type"] == "response.completed"]
            created = next(one["response"]["id"] for one in told if one["type"] == "response.created")
            assert whole["id"] == created
            items = {one["item"]["id"] for one in told if one["type"] == "response.output_item.added"}
            assert items == {one["item"]["id"] for one in told if one["type"] == "response.output_item.done"}
            assert items == {item["id"] for item in whole["output"]}
            text = "".join(one["delta"] for one in told if one["type"] == "response.output_text.delta")
            said = [part["text"] for item in whole["output"] for part in item.get("content", [])]
            assert "".join(said) == text
            return text
        case _:
            parts = [part for one in told for part in one["candidates"][0].get("content", {}).get("parts", [])]
            return "".join(part.get("text", "") for part in parts)


@EACH_WIRE
def test_a_stream_that_breaks_is_gone_on_with_where_the_key_says_so(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer, wire: str
) -> None:
    key = serving.key(continues_streams=True)
    provider.script = Script(default=[CutStream("half an answer")])
    second.script = Script(default=[Say(" and the rest"), Tokens(input=7, cached_input=0, output=5)])
    with serving.running():
        path, body = asked(wire, stream=True)
        answer = serving.ask(path, body, key)
    assert text_of(wire, answer.body) == "half an answer and the rest"
    marked = b": test broke off; test2 goes on" in answer.body
    assert marked == (wire != "gemini"), "Google's SDK understands no comments"
    [received] = second.requests
    assert "half an answer" in json.dumps(received.body)
    [booked] = serving.costs("provider")
    assert (booked["provider"], booked["failed"], booked["estimated"]) == ("test2", 0, 1)
    assert booked["output_tokens"] >= 5 + len("half an answer") // 4


@EACH_WIRE
def test_without_that_policy_or_in_the_middle_of_a_call_of_a_tool_it_ends_with_an_error(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer, wire: str
) -> None:
    plain, going_on = serving.key("plain"), serving.key("going-on", continues_streams=True)
    with serving.running():
        path, body = asked(wire, stream=True)
        provider.script = Script(default=[CutStream("half")])
        assert b"error" in serving.ask(path, body, plain).body.rsplit(b"data: ", 1)[-1]
        provider.script = Script(default=[Say("look: "), CallTool("f", {"a": 1}, unoffered=True), CutStream()])
        assert b"error" in serving.ask(path, body, going_on).body.rsplit(b"data: ", 1)[-1]
    assert second.requests == ()


@EACH_WIRE
def test_what_goes_on_with_a_call_of_a_tool_is_whole_too(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer, wire: str
) -> None:
    key = serving.key(continues_streams=True)
    provider.script = Script(default=[CutStream("let me look")])
    second.script = Script(default=[CallTool("f", {"a": 1}, unoffered=True)])
    with serving.running():
        path, body = asked(wire, stream=True)
        answer = serving.ask(path, body, key)
    assert text_of(wire, answer.body) == "let me look"
    assert b'"f"' in answer.body


@dataclass
class Hanging:
    """A provider that answers every call with ``body``, until it is told to ``hang``."""

    body: bytes
    asked: list[str] = field(default_factory=list)
    hang: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def serving(self) -> Iterator[str]:
        class Answering(BaseHTTPRequestHandler):
            def do_POST(this) -> None:
                this.rfile.read(int(this.headers["Content-Length"]))
                self.asked.append(this.path)
                if self.hang.is_set():
                    self.over.wait(60)
                    return
                this.send_response(200)
                this.send_header("Content-Length", str(len(self.body)))
                this.end_headers()
                this.wfile.write(self.body)

            def log_message(this, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            self.over.set()
            server.shutdown()
            server.server_close()


def test_a_short_call_that_hangs_is_asked_elsewhere_too(serving: Serving, second: ScriptedServer) -> None:
    first = Hanging(b'{"input_tokens":7}')
    key = serving.key()
    body = {"model": "claude-sonnet-4-5", "messages": [{"role": "user", "content": "hola"}]}
    with first.serving() as url:
        serving.provide(url)
        with serving.running():
            for _ in range(20):
                answer = serving.ask("/v1/messages/count_tokens", body, key)
                assert answer.headers["x-minga-provider"] == "test"
            first.hang.set()
            answer = serving.ask("/v1/messages/count_tokens", body, key)
            assert (answer.status, answer.headers["x-minga-provider"]) == (200, "test2")
    assert len(first.asked) == 21, "both were asked"


def test_what_the_slower_of_two_providers_was_asked_is_booked_too(serving: Serving, second: ScriptedServer) -> None:
    vectors = {"data": [{"object": "embedding", "index": 0, "embedding": [1.0]}], "usage": {"prompt_tokens": 100}}
    first = Hanging(json.dumps(vectors).encode())
    key = serving.key()
    body = {"model": "gpt-5.1", "input": "a word or two " * 40}
    with first.serving() as url:
        serving.provide(url)
        with serving.running():
            for _ in range(20):
                assert serving.ask("/v1/embeddings", body, key).status == 200
            first.hang.set()
            answer = serving.ask("/v1/embeddings", body, key)
            assert (answer.status, answer.headers["x-minga-provider"]) == (200, "test2")
    told = json.loads(answer.body)["usage"]["prompt_tokens"]
    sent = len(json.dumps(body)) // CHARACTERS_A_TOKEN
    sums = {one["provider"]: one for one in serving.costs("provider")}
    assert (sums["test"]["input_tokens"], sums["test"]["estimated"]) == (2000, 0)
    assert abs(sums["test2"]["input_tokens"] - told - sent) <= 4, "what was told, and of the other what it was sent"
    assert sums["test2"]["estimated"] == 1


@EACH_WIRE
def test_a_caller_that_leaves_a_stream_starts_no_second_one(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer, wire: str
) -> None:
    key = serving.key(continues_streams=True)
    provider.script = Script(default=[Drip(["word "] * 2000, pause_s=0.02)])
    with serving.running():
        path, body = asked(wire, stream=True)
        with serving.opened(path, body, key) as response:
            assert response.read(1)
        serving.ask("/v1/chat/completions", chat("test2/gpt-5.1"), key)
    assert provider.requests[0].aborted
    assert len(second.requests) == 1, "only what was asked of it by name"
    assert serving.costs()[0]["calls"] == 2


@pytest.mark.parametrize("told", ["nan", "inf", "-1", "0", "soon"])
def test_an_odd_word_for_how_long_a_caller_waits_is_passed_over(serving: Serving, told: str) -> None:
    key = serving.key()
    with serving.running():
        for _ in range(2):
            assert serving.ask("/v1/chat/completions", chat(), key, {"x-request-timeout": told}).status == 200


def test_a_caller_without_patience_says_nothing_of_the_provider(serving: Serving, provider: ScriptedServer) -> None:
    key = serving.key()
    with serving.running():
        provider.script = Script(default=[Slow(600), Say("late")])
        for _ in range(4):
            impatient = serving.ask("/v1/chat/completions", chat(), key, {"x-request-timeout": "0.01"})
            assert impatient.status == 502
        provider.script = Script(default=Say("ok"))
        assert serving.ask("/v1/chat/completions", chat(), key).status == 200, "no breaker has opened"
    [booked] = serving.costs()
    assert (booked["failed"], booked["estimated"]) == (4, 4)
    assert booked["input_tokens"] > 60


def test_an_attempt_that_told_its_input_and_failed_is_booked_once(
    serving: Serving, provider: ScriptedServer, second: ScriptedServer
) -> None:
    key = serving.key()
    provider.script = Script(default=[CutStream()])
    second.script = Script(default=[Say("ok"), Tokens(input=7, cached_input=0, output=5)])
    with serving.running():
        path, body = asked("anthropic", stream=True)
        assert b"ok" in serving.ask(path, body, key).body
    [booked] = serving.costs()
    assert booked["calls"] == 1
    assert booked["input_tokens"] in (7, 67), "with what the first told at its beginning, if it came so far"


def test_a_refusal_by_rate_is_waited_out_and_uses_up_no_try(serving: Serving, provider: ScriptedServer) -> None:
    with (serving.root / "config" / "providers" / "test.toml").open("a") as file:
        file.write("\n[limits]\nrequests_per_minute = 6000\n")
    key = serving.key()
    limited = Fail(429, retry_after_s=0)
    provider.script = Script(turns=[limited] * 6 + [Fail(500)] + [limited] * 2, default=Say("ok"))
    with serving.running():
        answer = serving.ask("/v1/chat/completions", chat(), key)
        assert (answer.status, answer.headers["x-minga-attempts"]) == (200, "10")
        provider.script = Script(default=limited)
        assert serving.ask("/v1/chat/completions", chat(), key).status == 429, "it does not ask for ever"


def test_callers_at_once_get_no_refusal_where_headers_tell_the_rate(serving: Serving) -> None:
    key = serving.key()
    serving.environment["MINGA_GATEWAY_WAIT_S"] = "60"
    metered = Metered(rate=20, burst=20, tells=True)
    with metered.serving() as url:
        serving.provide(url)
        with serving.running(), ThreadPoolExecutor(24) as pool:
            answers = list(pool.map(lambda _: serving.ask("/v1/chat/completions", chat(), key).status, range(48)))
    assert answers == [200] * 48
