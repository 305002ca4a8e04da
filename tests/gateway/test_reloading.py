"""The configuration of a running gateway is read anew: all of it, or nothing."""

import signal
import time
from collections.abc import Callable

from serving import TOML, Serving, chat, said

from minga.testing import Drip, Say, Script, ScriptedServer


def until(found: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 60
    while not found():
        assert time.monotonic() < end_s
        time.sleep(0.02)


def test_a_new_provider_is_used_without_a_restart_and_running_calls_keep_theirs(
    serving: Serving, provider: ScriptedServer
) -> None:
    key = serving.key()
    provider.script = Script(default=[Drip(["one ", "two ", "three"], pause_s=0.3)])
    with ScriptedServer(Script(default=Say("from the new one"))) as other, serving.running():
        with serving.opened("/v1/chat/completions", chat(stream=True), key) as stream:
            head = stream.read(1)
            serving.provide(other.url)
            said(serving, "The configuration was read anew.")
            assert b"from the new one" in serving.ask("/v1/chat/completions", chat(), key).body
            assert b"three" in head + stream.read()
        assert (len(provider.requests), len(other.requests)) == (1, 1)


def test_a_bad_file_changes_nothing_and_is_told_until_it_is_mended(serving: Serving, provider: ScriptedServer) -> None:
    key = serving.key()
    bad = serving.root / "config" / "providers" / "bad.toml"
    with serving.running():
        bad.write_text("name = ")
        serving.provide("http://127.0.0.1:9")
        assert "bad.toml" in said(serving, "minga: What was there before stays in use:")
        assert serving.ask("/v1/chat/completions", chat(), key).status == 200
        ready = serving.ask("/readyz", None, method="GET")
        assert (ready.status, ready.json()["status"]) == (200, "ok")
        assert "from bad.toml is" in ready.json()["warnings"][0]
        assert str(serving.root) not in str(ready.json()), "whoever asks has no key"
        serving.provide(provider.url)
        bad.unlink()
        said(serving, "The configuration was read anew.")
        assert serving.ask("/readyz", None, method="GET").json() == {"status": "ok"}


def test_sighup_reaches_every_worker(serving: Serving) -> None:
    file = serving.root / "config" / "providers" / "test.toml"
    key = serving.key()

    def providers_that_answer() -> set[str]:
        asked = [serving.ask("/v1/chat/completions", chat(), key) for _ in range(16)]
        return {answer.headers["x-minga-provider"] for answer in asked}

    with ScriptedServer(Script(default=Say("ok"))) as other, serving.running("--workers", "2"):
        assert serving.process is not None
        file.write_text(TOML.format(name="other", url=other.url, auth="bearer"))
        serving.process.send_signal(signal.SIGHUP)
        until(lambda: providers_that_answer() == {"other"})
        assert serving.process.poll() is None


def test_a_gateway_without_a_provider_is_alive_and_not_ready(serving: Serving, provider: ScriptedServer) -> None:
    file = serving.root / "config" / "providers" / "test.toml"
    file.write_text(file.read_text().replace("TEST_PROVIDER_KEY", "NOT_SET"))
    with serving.running():
        assert serving.ask("/healthz", None, method="GET").status == 200
        ready = serving.ask("/readyz", None, method="GET")
        assert ready.status == 503
        assert ready.json() == {"status": "not ready", "reasons": ["no provider is set up"]}
        serving.provide(provider.url)
        until(lambda: serving.ask("/readyz", None, method="GET").status == 200)
