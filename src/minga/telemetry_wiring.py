"""Settings -> what watches the gateway: metrics always, spans and log lines as they are asked for."""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal, TypeAlias

from minga.domain.errors import BadSetting, LogUnwritable
from minga.domain.model_calls import CallSeen
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.line_file import LineFile
from minga.infrastructure.otlp import Otlp, target_of
from minga.infrastructure.shares import Share
from minga.infrastructure.spans import Span, SpanSink
from minga.pipeline.configuration import Configuration
from minga.routing.balance import Balancer
from minga.settings import Settings
from minga.telemetry import call_log, conventions
from minga.telemetry.exposition import Family
from minga.telemetry.metrics import Metrics
from minga.telemetry.observers import Observers, Sink
from minga.telemetry.spans import Ended, SpanMaker, Spans

LogFormat: TypeAlias = Literal["json", "text", "none"]

SERVICE = "minga-gateway"

SPANS_DROPPED = Family("minga_spans_dropped_total", "Calls whose spans the collector did not take in time.", ())
QUEUE_DEPTH = Family("minga_queue_depth", "Calls that wait until a deployment may be called.", (), "gauge")
IN_FLIGHT = Family("minga_requests_in_flight", "Requests to model endpoints that are being answered.", (), "gauge")
DEPLOYMENTS = Family(
    "minga_deployments", "Deployments by their circuit breaker's state.", ("provider", "account", "state"), "gauge"
)
LINES_DROPPED = Family("minga_log_lines_dropped_total", "Lines of the log that could not be written in time.", ())


def observe(settings: Settings, log_format: LogFormat, log: Path | None, share: Path | None = None) -> Observers:
    """``log`` None: standard error. ``share``: a folder that all workers of a server have in common.

    Raises BadSetting, LogUnwritable.
    """
    names = conventions.load()
    metrics = Metrics(names, _nothing_known, Share(share) if share else None)
    told: list[Callable[[CallSeen], None]] = [metrics.seen]
    sinks: list[Sink] = []
    if log_format != "none":
        lines = _lines(log_format, log)
        metrics.add(LINES_DROPPED, lambda: {(): lines.dropped})
        told.append(lines.put)
        sinks.append(lines)
    if spans := _collector(settings.environment, SpanMaker(names).span_of):
        metrics.add(SPANS_DROPPED, lambda: {(): spans.dropped})
        told.append(Spans(SystemClock(), spans).seen)
        sinks.append(spans)
    return Observers(metrics, tuple(told), tuple(sinks))


def watch_deployments(metrics: Metrics, balancer: Balancer) -> None:
    """Show how the deployments are, and how many calls wait for one."""

    def states() -> dict[tuple[str, ...], float]:
        found: Counter[tuple[str, ...]] = Counter()
        for one in balancer.state():
            provider, account, _ = one.id.split(":", 2)
            found[provider, account, "resting" if one.cool_s > 0 else one.breaker] += 1
        return dict(found)

    metrics.add(QUEUE_DEPTH, lambda: {(): balancer.waiting})
    metrics.add(DEPLOYMENTS, states)


def count_in_flight(metrics: Metrics, count: Callable[[], int]) -> None:
    """Show how many requests are being answered."""
    metrics.add(IN_FLIGHT, lambda: {(): count()})


def name_models(metrics: Metrics, configuration: Callable[[], Configuration]) -> None:
    """Let models become labels: those of the price table, and those that a provider's file spells out, as they are in
    force when a call ends."""

    def known(model: str) -> str:
        now = configuration()
        if price := now.prices.find(model):
            return price.model
        return model if any(model in one.models for one, _ in now.deployments.set_up()) else ""

    metrics.known = known


def _nothing_known(model: str) -> str:
    """Before the gateway is wired, no call ends."""
    return ""


def _lines(form: call_log.Form, path: Path | None) -> LineFile[CallSeen]:
    try:
        return LineFile(path, partial(call_log.line, form))
    except OSError as wrong:
        raise LogUnwritable(path=str(path), detail=wrong.strerror or str(wrong)) from wrong


def _collector(environment: Mapping[str, str], span_of: Callable[[Ended], Span]) -> SpanSink[Ended] | None:
    """Where the standard variables name one. Raises BadSetting."""
    variables = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    named = next((name for name in variables if environment.get(name)), "")
    if environment.get("OTEL_TRACES_EXPORTER") == "otlp":
        named = named or "OTEL_TRACES_EXPORTER"
    is_off = environment.get("OTEL_TRACES_EXPORTER") == "none" or environment.get("OTEL_SDK_DISABLED") == "true"
    if not named or is_off:
        return None
    try:
        return Otlp(target_of(environment, SERVICE, version("minga")), SERVICE, version("minga"), span_of)
    except (ValueError, OSError) as wrong:
        raise BadSetting(name=named, source="the environment", detail=str(wrong)) from wrong
