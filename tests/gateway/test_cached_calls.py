"""The response cache, as callers meet it: a process, real sockets, a provider that counts what it is asked."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from serving import ASKED, Answer, Serving, asked, chat

from minga.testing import CutStream, Drip, Fail, Say, Script, ScriptedServer, Slow
from warm import Warm

CACHED = {"x-minga-cache": "on"}

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])

CALLERS = [*(f"{wire} {stream}" for wire in ASKED for stream in (False, True)), "both", "first", "gone"]
CALLERS += [f"{what} {stream}" for what in ("at once", "failing") for stream in (False, True)]

KEYS: dict[str, dict[str, Any]] = {
    **{name: {"user": name, "caches": True} for name in CALLERS},
    "plain": {"user": "off"},
    "caching": {"user": "off", "caches": True},
    "red": {"team": "red", "caches": True},
    "blue": {"team": "blue", "caches": True},
    "may": {"team": "mixed", "caches": True},
    "may-not": {"team": "mixed", "caches": True, "models": ("claude-*",)},
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, warm: Warm, upstream: ScriptedServer) -> Iterator[Serving]:
    made = Serving(tmp_path_factory.mktemp("cached"), warm)
    made.provide(upstream.url)
    made.make_keys(KEYS)
    with made.running():
        yield made


@pytest.fixture(autouse=True)
def fresh(upstream: ScriptedServer) -> None:
    upstream.script = Script(default=Say("ok"))
    upstream.forget()


@BOTH
@pytest.mark.parametrize("wire", list(ASKED))
def test_an_equal_call_is_answered_from_memory_for_nothing(
    running: Serving, upstream: ScriptedServer, wire: str, stream: bool
) -> None:
    name = f"{wire} {stream}"
    key = running.keys[name]
    path, body = asked(wire, stream=stream)
    first = running.ask(path, body, key)
    again = running.ask(path, dict(reversed(body.items())), key)
    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert again.headers["content-type"] == first.headers["content-type"]
    assert (first.headers["x-minga-cache"], again.headers["x-minga-cache"]) == ("miss", "hit")
    assert (int(again.headers["age"]) >= 0, "age" in first.headers) == (True, False)
    assert again.headers["x-minga-call"] != first.headers["x-minga-call"]
    assert len(upstream.requests) == 1
    booked = _booked(running, name, 2)
    figures = [booked[one] for one in ("answered", "failed", "input_tokens", "cached_input_tokens", "output_tokens")]
    assert figures == [1, 0, 60, 40, 10], "tokens are those that the provider told, once"
    assert booked["saved_micro_usd"] == booked["cost_micro_usd"] > 0


def test_a_stream_is_no_answer_to_a_whole_call(running: Serving, upstream: ScriptedServer) -> None:
    key = running.keys["both"]
    streamed = running.ask("/v1/chat/completions", chat(stream=True), key)
    whole = running.ask("/v1/chat/completions", chat(), key)
    assert streamed.body.startswith(b"data:")
    assert whole.json()["choices"]
    assert len(upstream.requests) == 2


def test_it_is_off_unless_the_key_or_the_request_wants_it(running: Serving, upstream: ScriptedServer) -> None:
    plain, caching = running.keys["plain"], running.keys["caching"]
    for _ in range(2):
        answer = running.ask("/v1/chat/completions", chat(), plain)
        assert "x-minga-cache" not in answer.headers
    assert running.ask("/v1/chat/completions", chat(), plain, CACHED).headers["x-minga-cache"] == "miss"
    assert running.ask("/v1/chat/completions", chat(), caching).headers["x-minga-cache"] == "hit"
    for forbidden in ({"x-minga-cache": "off"}, {"cache-control": "no-store"}):
        assert "x-minga-cache" not in running.ask("/v1/chat/completions", chat(), caching, forbidden).headers
    assert len(upstream.requests) == 5
    assert all("x-minga-cache" not in received.headers for received in upstream.requests)
    wrong = running.ask("/v1/chat/completions", chat(), plain, {"x-minga-cache": "perhaps"})
    assert (wrong.status, wrong.json()["error"]["code"]) == (400, "malformed")


def test_another_team_is_told_nothing(running: Serving, upstream: ScriptedServer) -> None:
    keys = [running.keys[team] for team in ("red", "blue")]
    answers = [running.ask("/v1/chat/completions", chat(), key) for key in keys]
    assert [answer.headers["x-minga-cache"] for answer in answers] == ["miss", "miss"]
    assert len(upstream.requests) == 2


def test_a_key_that_may_not_use_the_model_gets_nothing_from_the_cache(running: Serving) -> None:
    may = running.keys["may"]
    may_not = running.keys["may-not"]
    assert running.ask("/v1/chat/completions", chat(), may).status == 200
    assert running.ask("/v1/chat/completions", chat(), may_not).status == 403


@BOTH
def test_equal_calls_at_once_are_one_call(running: Serving, upstream: ScriptedServer, stream: bool) -> None:
    upstream.script = Script(default=[Drip(["one ", "two ", "three"], pause_s=0.1)])
    name = f"at once {stream}"
    key = running.keys[name]
    path, body = asked("anthropic", stream=stream)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: running.ask(path, body, key), range(6)))
    assert len({answer.body for answer in answers}) == 1
    assert b"three" in answers[0].body
    assert sorted(answer.headers["x-minga-cache"] for answer in answers) == ["hit"] * 5 + ["miss"]
    assert len(upstream.requests) == 1
    booked = _booked(running, name, 6)
    assert (booked["answered"], booked["failed"], booked["output_tokens"]) == (5, 0, 10)
    assert booked["saved_micro_usd"] == 5 * booked["cost_micro_usd"]


def test_the_one_who_asked_first_may_go_away(running: Serving, upstream: ScriptedServer) -> None:
    upstream.script = Script(default=[Drip([f"{number} " for number in range(12)], pause_s=0.05)])
    key = running.keys["first"]
    path, body = asked("openai-responses", stream=True)
    with running.opened(path, body, key) as first:
        assert first.read(1)
        second: list[Answer] = []
        reader = threading.Thread(target=lambda: second.append(running.ask(path, body, key)))
        with running.opened(path, body, key) as third:
            reader.start()
            assert third.read(1), "it reads along"
            first.close()
            assert b"response.completed" in third.read()
        reader.join()
    assert b"response.completed" in second[0].body
    assert len(upstream.requests) == 1
    assert not upstream.requests[0].aborted
    assert running.ask(path, body, key).body == second[0].body


def test_when_all_have_gone_the_call_ends_and_nothing_is_kept(running: Serving, upstream: ScriptedServer) -> None:
    upstream.script = Script(default=[Drip(["word "] * 2000, pause_s=0.05)])
    key = running.keys["gone"]
    path, body = asked("openai-chat", stream=True)
    with running.opened(path, body, key) as first, running.opened(path, body, key) as second:
        assert first.read(1)
        assert second.read(1)
    _until(lambda: upstream.requests[0].finished)
    assert upstream.requests[0].aborted
    booked = _booked(running, "gone", 2)
    assert (booked["failed"], booked["answered"]) == (2, 1)
    assert booked["saved_micro_usd"] == 0
    upstream.script = Script(default=Say("whole"))
    assert b"whole" in running.ask(path, body, key).body


@BOTH
def test_a_failure_is_of_the_one_who_got_it_and_is_not_kept(
    running: Serving, upstream: ScriptedServer, stream: bool
) -> None:
    upstream.script = Script([[Slow(0.3), Fail(400)]], default=Say("better"))
    key = running.keys[f"failing {stream}"]
    path, body = asked("anthropic", stream=stream)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: running.ask(path, body, key), range(4)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 400]
    assert all(b"better" in answer.body for answer in answers if answer.status == 200)
    assert len(upstream.requests) == 2


def test_a_stream_that_another_deployment_went_on_with_is_not_kept(serving: Serving, provider: ScriptedServer) -> None:
    provider.script = Script(default=[CutStream("half an ans")])
    key = serving.key(caches=True, continues_streams=True)
    with ScriptedServer(Script(default=Say("wer"))) as second:
        serving.provide(second.url, name="test2")
        with serving.running():
            path, body = asked("openai-chat", stream=True)
            answers = [serving.ask(path, body, key) for _ in range(2)]
    assert all(b"goes on" in answer.body for answer in answers)
    assert [answer.headers["x-minga-cache"] for answer in answers] == ["miss", "miss"]


def _booked(running: Serving, user: str, calls: int) -> dict[str, int]:
    """The sums of a user, once so many calls are in the store."""
    found: list[dict[str, int]] = []

    def there() -> bool:
        found[:] = [one for one in running.costs("user") if one["user"] == user and one["calls"] == calls]
        return bool(found)

    _until(there)
    return found[0]


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@BOTH
def test_a_translated_answer_says_so_from_the_cache_too(tmp_path: Path, upstream: ScriptedServer, stream: bool) -> None:
    made = Serving(tmp_path)
    toml = f'name = "other"\ntitle = "Another"\nauth = "none"\n[wires]\nanthropic = "{upstream.url}/v1"\n'
    (made.root / "config" / "providers" / "other.toml").write_text(toml)
    made.make_keys({"caching": {"caches": True}})
    path, body = asked("openai-chat", stream=stream)
    asking = {**body, "model": "other/m", "logprobs": True}
    upstream.script, before = Script(default=Say("said once")), len(upstream.requests)
    with made.running():
        first, second = (made.ask(path, asking, made.keys["caching"], CACHED) for _ in range(2))
    assert (first.body, len(upstream.requests)) == (second.body, before + 1)
    assert second.headers["x-minga-cache"].startswith("hit")
    for name in ("x-minga-translated", "x-minga-lost", "content-type"):
        assert second.headers[name] == first.headers[name]
