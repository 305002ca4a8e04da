"""`minga serve --workers`: one port, several processes, one store."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest
from metered_provider import Metered
from serving import Serving, asked, chat, said

from minga.testing import Drip, Script, ScriptedServer

CALLS = 200


def workers_of(serving: Serving, count: int = 2) -> list[psutil.Process]:
    """Once there are so many."""
    assert serving.process is not None
    end_s = time.monotonic() + 60
    while len(found := psutil.Process(serving.process.pid).children()) != count:
        assert time.monotonic() < end_s, found
        time.sleep(0.02)
    return found


def test_calls_side_by_side_in_two_workers_are_all_booked_once(serving: Serving, provider: ScriptedServer) -> None:
    key = serving.key(budget_micro_usd=50_000_000)
    with serving.running("--workers", "2"), ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda _: serving.ask("/v1/chat/completions", chat(), key).status, range(CALLS))
        assert list(answers) == [200] * CALLS
    assert len(provider.requests) == CALLS
    (booked,) = serving.costs("user")
    figures = [booked[name] for name in ("calls", "input_tokens", "cached_input_tokens", "output_tokens", "estimated")]
    assert figures == [CALLS, 60 * CALLS, 40 * CALLS, 10 * CALLS, 0], "what the provider told, each call once"


def test_callers_are_spread_over_the_workers(serving: Serving) -> None:
    with serving.running("--workers", "2"), ExitStack() as held:
        for _ in range(64):
            assert held.enter_context(serving.opened("/healthz", None, method="GET")).status == 200
        shares = [len(callers_of(worker)) for worker in workers_of(serving)]
        assert sum(shares) == 64
        assert min(shares) > 8, "by chance it is less once in thousands of millions"


def callers_of(worker: psutil.Process) -> list[object]:
    return [one for one in worker.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]


def test_two_workers_together_send_a_provider_no_more_than_one_may(serving: Serving) -> None:
    """12 calls a second and 120 at once are allowed: each worker on its own would send so many."""
    key = serving.key()
    serving.environment["MINGA_GATEWAY_WAIT_S"] = "60"
    metered = Metered(rate=12, burst=130)  # those of a second more: a call takes some time to get there
    with metered.serving() as url:
        serving.provide(url)
        with (serving.root / "config" / "providers" / "test.toml").open("a") as file:
            file.write("\n[limits]\nrequests_per_minute = 720\n")
        with serving.running("--workers", "2"), ThreadPoolExecutor(150) as pool:
            answers = pool.map(lambda _: serving.ask("/v1/chat/completions", chat(), key).status, range(150))
            assert list(answers) == [200] * 150
    assert metered.statuses == {200: 150}


def test_a_worker_that_dies_is_replaced_and_said(serving: Serving) -> None:
    key = serving.key()
    with serving.running("--workers", "2"):
        dead = workers_of(serving)[0]
        dead.kill()
        assert "signal 9" in said(serving, "minga: Worker 1 ended")
        for _ in range(8):
            assert serving.ask("/v1/chat/completions", chat(), key).status == 200
        assert dead not in workers_of(serving)
        assert serving.stop() == 0


def test_workers_end_when_their_supervisor_was_killed(serving: Serving) -> None:
    with serving.running("--workers", "2"):
        assert serving.process is not None
        workers = workers_of(serving)
        serving.process.kill()
        _, alive = psutil.wait_procs(workers, timeout=60)
        assert alive == []


def test_what_keeps_a_worker_from_starting_ends_all_with_its_exit_code(serving: Serving) -> None:
    (serving.root / "config" / "providers" / "bad.toml").write_text("name = ")
    with pytest.raises(AssertionError) as failed:
        serving.start("--workers", "3")
    assert "bad.toml" in str(failed.value)
    assert serving.process is not None
    assert serving.process.wait(60) == 2


@pytest.mark.parametrize("one", [signal.SIGTERM, signal.SIGINT])
def test_streams_end_whole_when_workers_are_told_to_stop(
    one: signal.Signals, serving: Serving, provider: ScriptedServer
) -> None:
    key = serving.key()
    provider.script = Script(default=[Drip(["one ", "two ", "three"], pause_s=0.2)])
    path, body = asked("anthropic", stream=True)
    with serving.running("--workers", "2"), serving.opened(path, body, key) as stream:
        head = stream.read(1)
        assert serving.process is not None
        serving.process.send_signal(one)
        whole = head + stream.read()
        assert b"three" in whole
        assert b"message_stop" in whole
        assert serving.process.wait(30) == 0
    assert serving.costs()[0]["output_tokens"] > 0
