"""Metrics: what Prometheus reads of one worker and of several."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from seen import ENTRY, seen

from minga.domain.model_calls import Refused, Tried
from minga.infrastructure.shares import Share
from minga.telemetry import conventions
from minga.telemetry.exposition import Family
from minga.telemetry.metrics import MODELS_MAX, Metrics
from minga.telemetry.observers import Observers

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def spelt(model: str) -> str:
    return model if model.startswith(("gpt-", "claude-")) else ""


def made(share: Share | None = None, known: Callable[[str], str] = spelt) -> Metrics:
    return Metrics(conventions.load(), known, share)


def read(text: str) -> Values:
    """As Prometheus' own parser reads it; no series may stand there twice."""
    found: Values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name, frozenset(sample.labels.items())
            assert name not in found
            found[name] = sample.value
    return found


def value(values: Values, name: str, **labels: str) -> float:
    return values.get((name, frozenset(labels.items())), 0)


def test_calls_tokens_and_cost_are_counted_by_kind() -> None:
    metrics = made()
    metrics.seen(seen())
    metrics.seen(seen())
    metrics.seen(seen(status=502, cost_micro_usd=None, source="estimate"))
    metrics.seen(seen(status=499))
    told = read(metrics.text())
    kind = {"wire": "openai-chat", "provider": "openai", "model": "gpt-5.1"}
    assert [value(told, "minga_requests_total", **kind, status=one) for one in ("2xx", "5xx", "gone")] == [2, 1, 1]
    of = {"provider": "openai", "model": "gpt-5.1"}
    tokens = [value(told, "minga_tokens_total", **of, kind=one) for one in ("input", "cached_input", "output")]
    assert tokens == [240, 160, 40]
    assert value(told, "minga_cost_usd_total", **of) == pytest.approx(540 / 1e6)
    assert value(told, "minga_unpriced_calls_total", **of) == 1
    assert value(told, "minga_estimated_calls_total", **of) == 1


def test_distributions_have_the_names_and_the_bounds_of_the_conventions() -> None:
    metrics = made()
    metrics.seen(seen(provider="google", wire="gemini", stream=True))
    metrics.seen(seen(provider="google", wire="gemini", took_ms=80, first_ms=80))
    told = read(metrics.text())
    named = {
        "gen_ai_operation_name": "generate_content",
        "gen_ai_provider_name": "gcp.gemini",
        "gen_ai_request_model": "gpt-5.1",
    }
    duration = "gen_ai_client_operation_duration_seconds"
    assert value(told, f"{duration}_bucket", **named, le="0.04") == 0
    assert value(told, f"{duration}_bucket", **named, le="0.08") == 1, "an upper bound is inclusive"
    assert value(told, f"{duration}_bucket", **named, le="1.28") == 2
    assert value(told, f"{duration}_bucket", **named, le="+Inf") == value(told, f"{duration}_count", **named) == 2
    assert value(told, f"{duration}_sum", **named) == pytest.approx(0.78)
    first = "gen_ai_client_operation_time_to_first_chunk_seconds"
    assert value(told, f"{first}_count", **named) == 1, "a call that is no stream has no first chunk"
    usage = "gen_ai_client_token_usage"
    assert value(told, f"{usage}_sum", **named, gen_ai_token_type="input") == 200, "cached tokens are input there"
    assert value(told, f"{usage}_bucket", **named, gen_ai_token_type="output", le="16") == 2


def test_two_wires_with_one_operation_are_one_distribution() -> None:
    metrics = made()
    metrics.seen(seen(wire="openai-chat"))
    metrics.seen(seen(wire="openai-responses"))
    [count] = [
        n for (name, _), n in read(metrics.text()).items() if name == "gen_ai_client_operation_duration_seconds_count"
    ]
    assert count == 2


def test_attempts_after_a_failed_one_are_retries_or_fallbacks() -> None:
    failed, other = Tried("openai", "", "overloaded", 503, 0.0, 9), Tried("azure", "", "ok", 200, 1.0, 9)
    metrics = made()
    metrics.seen(seen(failed, failed, other, other, continued=True))
    told = read(metrics.text())
    assert value(told, "minga_retries_total", provider="openai") == 1
    assert value(told, "minga_fallbacks_total", provider="openai", next="azure") == 1
    assert value(told, "minga_retries_total", provider="azure") == 0, "a continuation is no retry"
    assert value(told, "minga_continuations_total", provider="openai") == 1


def test_what_the_gateway_refused_is_counted_by_its_reason() -> None:
    metrics = made()
    metrics.refused(Refused("budget", "spent"))
    assert value(read(metrics.text()), "minga_refused_total", reason="budget") == 1


def test_callers_cannot_make_labels_without_end() -> None:
    metrics = made()
    for number in range(MODELS_MAX + 50):
        metrics.seen(seen(usage=replace(ENTRY.usage, model=f"gpt-{number}")))
    metrics.seen(seen(usage=replace(ENTRY.usage, model='made up "by a caller"\n')))
    told = read(metrics.text())
    models = {dict(labels)["model"] for name, labels in told if name == "minga_requests_total"}
    assert len(models) == MODELS_MAX + 1
    kind = {"wire": "openai-chat", "provider": "openai", "status": "2xx"}
    assert value(told, "minga_requests_total", **kind, model="other") == 51


def test_a_label_with_odd_characters_is_read_back_as_it_was() -> None:
    odd = 'a "b" \\ c\nd'
    metrics = made(known=lambda model: model)
    metrics.seen(seen(usage=replace(ENTRY.usage, model=odd)))
    assert value(read(metrics.text()), "minga_cost_usd_total", provider="openai", model=odd) > 0


def test_workers_are_summed_whichever_is_asked_and_nothing_goes_back(tmp_path: Path) -> None:
    one, other = made(Share(tmp_path)), made(Share(tmp_path))
    kind = {"wire": "openai-chat", "provider": "openai", "model": "gpt-5.1", "status": "2xx"}
    one.seen(seen())
    other.seen(seen())
    assert value(read(one.text()), "minga_requests_total", **kind) == 1, "the other has not published yet"
    other.publish()
    one.seen(seen())
    asked = [value(read(worker.text()), "minga_requests_total", **kind) for worker in (one, other, one)]
    assert asked == [3, 3, 3]


def test_what_a_dead_worker_counted_stays_and_its_gauges_go(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from minga.infrastructure.shares import Share
from minga.telemetry.exposition import Family
from test_metrics import made, seen
worker = made(Share(Path({str(tmp_path)!r})))
worker.seen(seen())
worker.add(Family("minga_open", "Open.", (), "gauge"), lambda: {{(): 7}})
worker.add(Family("minga_lost_total", "Lost.", ()), lambda: {{(): 4}})
worker.publish()
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
    metrics = made(Share(tmp_path))
    metrics.add(Family("minga_open", "Open.", (), "gauge"), lambda: {(): 2})
    metrics.add(Family("minga_lost_total", "Lost.", ()), lambda: {(): 1})
    told = read(metrics.text())
    assert value(told, "minga_open") == 2
    assert value(told, "minga_lost_total") == 5
    assert sum(number for (name, _), number in told.items() if name == "minga_requests_total") == 1


def test_a_worker_publishes_by_itself(tmp_path: Path) -> None:
    worker, asked = Observers(made(Share(tmp_path)), (), ()), made(Share(tmp_path))
    worker.metrics.seen(seen())

    async def run() -> None:
        publishing = asyncio.create_task(worker.publish())
        async with asyncio.timeout(60):
            while "minga_requests_total{" not in asked.text():  # noqa: ASYNC110 - what happens is a file
                await asyncio.sleep(0.05)
        publishing.cancel()

    asyncio.run(run())
