"""What an operator sees of a running gateway: metrics, traces, a log; and what none of them ever holds."""

import json
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving import ASKED, PROVIDER_KEY, Serving, asked, chat

from collector import attributes, collecting, spans_of
from minga.testing import Drip, Fail, Say, Script, ScriptedServer
from warm import Warm

SECRET = "el-secreto-de-la-pregunta"
ANSWER = "el-secreto-de-la-respuesta"
TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def metrics(serving: Serving, admin: str) -> dict[str, float]:
    """Sums of all series of a name."""
    answer = serving.ask("/metrics", None, admin, method="GET")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def refused(serving: Serving, *options: str, code: int) -> str:
    done = serving.done("serve", "--port", "0", *options)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "  → " in done.stderr
    return done.stderr


def test_every_call_is_counted_traced_and_logged_without_a_word_of_it(tmp_path: Path, warm: Warm) -> None:
    log = tmp_path / "calls.log"
    with ScriptedServer(Script(default=Say(ANSWER))) as provider, collecting() as collector:
        serving = Serving(tmp_path, warm)
        serving.provide(provider.url)
        serving.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        key, admin = serving.key("laptop"), serving.key("admin", scopes=("admin",))
        headers = {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01", "x-api-key": key}
        with serving.running("--log", str(log)):
            for wire in ASKED:
                for stream in (False, True):
                    path, body = asked(wire, stream=stream)
                    secret = json.loads(json.dumps(body).replace("hola", SECRET))
                    assert serving.ask(path, secret, headers=headers).status == 200
            told = serving.ask("/metrics", None, admin, method="GET").body
            counted = metrics(serving, admin)
        requests = []
        while not collector.requests.empty():
            requests.append(collector.requests.get()[1])
    calls = 2 * len(ASKED)
    assert counted["minga_requests_total"] == counted["gen_ai_client_operation_duration_seconds_count"] == calls
    assert counted["minga_tokens_total"] == calls * 110
    roots = [span for one in requests for span in spans_of(one) if span.name.startswith(("chat", "generate_content"))]
    assert len(roots) == calls
    assert {(span.trace_id.hex(), span.parent_span_id.hex()) for span in roots} == {(TRACE_ID, SPAN_ID)}
    assert {attributes(list(span.attributes))["minga.key.name"] for span in roots} == {"laptop"}
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["wire"], line["status"], line["client"]) for line in lines] == [
        (wire, 200, "127.0.0.1") for wire in ASKED for _ in range(2)
    ]
    everything = told + log.read_bytes() + b"".join(one.SerializeToString() for one in requests)
    for planted in (SECRET, ANSWER, key, admin, PROVIDER_KEY):
        assert planted.encode() not in everything


def test_a_refusal_is_counted_and_an_answer_on_its_way_is_seen(tmp_path: Path, warm: Warm) -> None:
    with ScriptedServer(Script(default=[Drip(["word "] * 10_000, pause_s=0.05)])) as provider:
        serving = Serving(tmp_path, warm)
        serving.provide(provider.url)
        key, admin = serving.key(models=("gpt-5*",)), serving.key("admin", scopes=("admin",))
        with serving.running():
            assert serving.ask("/v1/chat/completions", chat("gpt-4o"), key).status == 403
            assert metrics(serving, admin)["minga_requests_in_flight"] == 0
            with serving.opened("/v1/chat/completions", chat(stream=True), key) as answer:
                answer.read(1)
                counted = metrics(serving, admin)
    assert (counted["minga_refused_total"], counted["minga_requests_in_flight"]) == (1, 1)


def test_a_deployment_that_failed_is_seen_everywhere(
    serving: Serving, provider: ScriptedServer, tmp_path: Path
) -> None:
    provider.script = Script(default=[Fail(429, retry_after_s=60)])
    key, admin = serving.key(), serving.key("admin", scopes=("admin",))
    log = tmp_path / "calls.log"
    with ScriptedServer(Script(default=Say("ok"))) as second, collecting() as collector:
        serving.provide(second.url, name="test2")
        serving.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
        with serving.running("--log", str(log)):
            assert serving.ask("/v1/chat/completions", chat(), key).status == 200
            counted = serving.ask("/metrics", None, admin, method="GET").body.decode()
            told = serving.ask("/api/v1/providers", None, admin, method="GET").json()["providers"]
        _, request = collector.next_request()
    assert 'minga_fallbacks_total{provider="test",next="test2"} 1' in counted
    account = "TEST_PROVIDER_KEY"
    assert f'minga_deployments{{provider="test",account="{account}",state="resting"}} 1' in counted
    assert f'minga_deployments{{provider="test2",account="{account}",state="closed"}} 1' in counted
    assert "minga_queue_depth{} 0" in counted
    assert [(one["name"], one["health"]) for one in told] == [("test", "resting"), ("test2", "ready")]
    inner = [span for span in spans_of(request) if span.parent_span_id]
    assert [span.name for span in inner] == ["attempt test", "attempt test2"]
    assert attributes(list(inner[0].attributes))["minga.attempt.outcome"] == "rate-limited"
    [line] = map(json.loads, log.read_text().splitlines())
    assert [(one["provider"], one["status"]) for one in line["tried"]] == [("test", 429), ("test2", 200)]


def test_a_dead_collector_and_a_reader_that_has_stopped_hold_up_nobody(serving: Serving) -> None:
    """The lines go to standard error, a pipe that nobody reads until the end."""
    serving.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9"
    key = serving.key("x" * 150)
    with serving.running():
        answers = [serving.ask("/v1/chat/completions", chat(), key).status for _ in range(150)]
        assert serving.stop() == 0
    assert set(answers) == {200}


@pytest.mark.parametrize(
    ("options", "begin"),
    [((), '{"at":'), (("--log-format", "text"), "20"), (("--log-format", "none"), "")],
    ids=["json", "text", "none"],
)
def test_the_log_has_the_form_that_is_asked_for(serving: Serving, options: tuple[str, ...], begin: str) -> None:
    key = serving.key()
    with serving.running(*options):
        assert serving.ask("/v1/chat/completions", chat(), key).status == 200
        assert serving.process is not None
        serving.process.terminate()
        _, errors = serving.process.communicate(timeout=60)
    lines = errors.splitlines()
    assert lines[0].startswith("Providers: ")
    assert [line.startswith(begin) for line in lines[1:]] == ([True] if begin else [])


def test_a_log_that_cannot_be_written_is_said_before_anything_is_served(serving: Serving) -> None:
    assert "no/such/calls.log" in refused(serving, "--log", "no/such/calls.log", code=3)


def test_traces_that_cannot_be_sent_are_said_before_anything_is_served(serving: Serving) -> None:
    serving.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = "collector:4318"
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in refused(serving, code=2)
    serving.environment["OTEL_TRACES_EXPORTER"] = "none"
    with serving.running():
        pass


def test_whichever_worker_is_asked_tells_of_all(serving: Serving) -> None:
    key, admin = serving.key(), serving.key("admin", scopes=("admin",))
    with serving.running("--workers", "2"):
        for _ in range(20):
            assert serving.ask("/v1/chat/completions", chat(), key).status == 200
        limit = time.monotonic() + 60
        told = [0.0] * 6
        while set(told) != {20.0} and time.monotonic() < limit:
            told = [metrics(serving, admin)["minga_requests_total"] for _ in told]
    assert set(told) == {20.0}
