"""Spans to an OpenTelemetry collector: OTLP over HTTP, in protobuf (opentelemetry.io/docs/specs/otlp).

The SDK makes ids, samples and encodes, and reads ``OTEL_SERVICE_NAME``, ``OTEL_RESOURCE_ATTRIBUTES`` and
``OTEL_TRACES_SAMPLER`` itself. The sender is ours: the SDK's own brings another HTTP library along.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from minga.infrastructure.backlog import Backlog
from minga.infrastructure.spans import Span

Item = TypeVar("Item")

WAITING_MAX = 2048
"""Calls whose spans wait to be sent."""

GATHER_S = 1.0

LIMIT_S = 10.0

TRIES = 3

PAUSE_S = 1.0
"""Before the second try; twice as long before the third."""

_AGAIN = {429, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Target:
    """A collector. ``certificate``: a file of authorities to trust instead of the system's, or empty."""

    url: str
    headers: Mapping[str, str]
    limit_s: float
    certificate: str


def target_of(environment: Mapping[str, str]) -> Target:
    """As the standard variables say (opentelemetry.io/docs/specs/otel/protocol/exporter). Raises ValueError."""

    def said(name: str) -> str:
        return environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or environment.get(f"OTEL_EXPORTER_OTLP_{name}", "")

    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "http://localhost:4318"
    url = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or f"{base.rstrip('/')}/v1/traces"
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} does not begin with http:// or https://")
    if said("PROTOCOL") not in ("", "http/protobuf"):
        raise ValueError(f"the protocol {said('PROTOCOL')!r} is not spoken here, only http/protobuf")
    pairs = (one.partition("=") for one in said("HEADERS").split(",") if one.strip())
    headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
    limit = said("TIMEOUT")
    return Target(url, headers, float(limit) / 1000 if limit else LIMIT_S, said("CERTIFICATE"))


class Otlp(Generic[Item]):
    """A `SpanSink`: all of its work is done in a thread of its own, ``span_of`` too, which makes a span of an item.
    ``name`` and ``version`` say who tells."""

    def __init__(self, target: Target, name: str, version: str, span_of: Callable[[Item], Span]) -> None:
        self._target = target
        self._span_of = span_of
        self._trust = ssl.create_default_context(cafile=target.certificate or None)
        self._ended = _Ended()
        provider = TracerProvider(resource=_resource(name, version), shutdown_on_exit=False)
        provider.add_span_processor(self._ended)
        self._tracer = provider.get_tracer(name, version)
        self._parents = TraceContextTextMapPropagator()
        self._backlog: Backlog[Item] = Backlog(self._send, room=WAITING_MAX, gather_s=GATHER_S)

    @property
    def dropped(self) -> int:
        return self._backlog.dropped

    def put(self, item: Item) -> None:
        self._backlog.put(item)

    def close(self) -> None:
        self._backlog.close()

    def _send(self, items: list[Item]) -> None:
        """Raises OSError where the collector does not take them."""
        for span in map(self._span_of, items):
            self._add(span, self._parents.extract({"traceparent": span.parent}, Context()))
        if spans := self._ended.take():
            self._post(encode_spans(spans).SerializeToString())

    def _add(self, span: Span, parent: Context) -> None:
        made = self._tracer.start_span(span.name, parent, SpanKind.CLIENT, span.attributes, start_time=span.began_ns)
        for inner in span.inner:
            self._add(inner, set_span_in_context(made, Context()))
        if span.failed:
            made.set_status(Status(StatusCode.ERROR, span.failed))
        made.end(span.ended_ns)

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/x-protobuf", **self._target.headers}
        request = Request(self._target.url, body, headers, method="POST")  # noqa: S310 - `target_of` looks at the scheme
        for attempt in range(TRIES):
            try:
                with urlopen(request, timeout=self._target.limit_s, context=self._trust):  # noqa: S310
                    return
            except OSError as wrong:
                is_final = isinstance(wrong, HTTPError) and wrong.code not in _AGAIN
                if is_final or attempt == TRIES - 1 or self._backlog.closing.wait(PAUSE_S * (attempt + 1)):
                    raise


def _resource(name: str, version: str) -> Resource:
    """What the environment says of this service comes first."""
    said = Resource.create({"service.version": version})
    unnamed = str(said.attributes.get("service.name", "")).startswith("unknown_service")
    return said.merge(Resource({"service.name": name})) if unnamed else said


class _Ended(SpanProcessor):
    """Keeps what has ended, and was sampled, until it is taken."""

    def __init__(self) -> None:
        self._spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self._spans.append(span)

    def take(self) -> list[ReadableSpan]:
        taken, self._spans = self._spans, []
        return taken
