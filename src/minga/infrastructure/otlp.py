"""Spans to an OpenTelemetry collector: OTLP over HTTP, in protobuf (opentelemetry.io/docs/specs/otlp)."""

import re
import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

from minga.infrastructure.backlog import Backlog
from minga.infrastructure.otlp_encoding import Placed, request
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

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
"""www.w3.org/TR/trace-context: trace, parent, flags."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """``ratio`` of the traces, decided by their ids; ``asks_parent``: as the caller's span was, where there is one."""

    ratio: float
    asks_parent: bool

    def takes(self, trace_id: bytes, parent_flags: int | None) -> bool:
        if self.asks_parent and parent_flags is not None:
            return bool(parent_flags & 1)
        return int.from_bytes(trace_id[8:]) < self.ratio * (1 << 64)


@dataclass(frozen=True, slots=True)
class Target:
    """A collector. ``certificate``: a file of authorities to trust instead of the system's, or empty. ``resource``:
    who it is that tells."""

    url: str
    headers: Mapping[str, str]
    limit_s: float
    certificate: str
    resource: Mapping[str, str]
    sampler: Sampler


def target_of(environment: Mapping[str, str], service: str, version: str) -> Target:
    """As the standard variables say (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables).

    Raises ValueError.
    """

    def said(name: str) -> str:
        return environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or environment.get(f"OTEL_EXPORTER_OTLP_{name}", "")

    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or "http://localhost:4318"
    url = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or f"{base.rstrip('/')}/v1/traces"
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} does not begin with http:// or https://")
    if said("PROTOCOL") not in ("", "http/protobuf"):
        raise ValueError(f"the protocol {said('PROTOCOL')!r} is not spoken here, only http/protobuf")
    limit = said("TIMEOUT")
    named = {"service.name": name} if (name := environment.get("OTEL_SERVICE_NAME")) else {}
    resource = {
        "service.name": service,
        "service.version": version,
        **_pairs(environment.get("OTEL_RESOURCE_ATTRIBUTES", "")),
        **named,
    }
    limit_s = float(limit) / 1000 if limit else LIMIT_S
    return Target(url, _pairs(said("HEADERS")), limit_s, said("CERTIFICATE"), resource, _sampler(environment))


def _pairs(text: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in text.split(",") if one.strip())
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _sampler(environment: Mapping[str, str]) -> Sampler:
    said = environment.get("OTEL_TRACES_SAMPLER") or "parentbased_always_on"
    kind = said.removeprefix("parentbased_")
    if kind not in ("always_on", "always_off", "traceidratio"):
        raise ValueError(f"the sampler {said!r} is not known here")
    given = environment.get("OTEL_TRACES_SAMPLER_ARG") or "1"
    ratio = float(given) if kind == "traceidratio" else float(kind == "always_on")
    if not 0 <= ratio <= 1:
        raise ValueError(f"the sampler's ratio {given!r} is not between 0 and 1")
    return Sampler(ratio, kind != said)


class Otlp(Generic[Item]):
    """A `SpanSink`: all of its work is done in a thread of its own, ``span_of`` too, which makes a span of an item.
    ``name`` and ``version`` say what instrumentation tells."""

    def __init__(self, target: Target, name: str, version: str, span_of: Callable[[Item], Span]) -> None:
        self._target = target
        self._name = name
        self._version = version
        self._span_of = span_of
        self._trust = ssl.create_default_context(cafile=target.certificate or None)
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
        spans = [placed for item in items for placed in self._placed(self._span_of(item))]
        if spans:
            self._post(request(self._target.resource, self._name, self._version, spans))

    def _placed(self, span: Span) -> Iterator[Placed]:
        """The span and those within it, in the caller's trace or one of its own; none if it is not sampled."""
        found = _TRACEPARENT.fullmatch(span.parent)
        trace_id = bytes.fromhex(found[1]) if found else secrets.token_bytes(16)
        if self._target.sampler.takes(trace_id, int(found[3], 16) if found else None):
            yield from _below(span, trace_id, bytes.fromhex(found[2]) if found else b"")

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/x-protobuf", **self._target.headers}
        asked = Request(self._target.url, body, headers, method="POST")  # noqa: S310 - `target_of` looks at the scheme
        for attempt in range(TRIES):
            try:
                with urlopen(asked, timeout=self._target.limit_s, context=self._trust):  # noqa: S310
                    return
            except OSError as wrong:
                is_final = isinstance(wrong, HTTPError) and wrong.code not in _AGAIN
                if is_final or attempt == TRIES - 1 or self._backlog.closing.wait(PAUSE_S * (attempt + 1)):
                    raise


def _below(span: Span, trace_id: bytes, parent_id: bytes) -> Iterator[Placed]:
    span_id = secrets.token_bytes(8)
    yield Placed(span, trace_id, span_id, parent_id)
    for inner in span.inner:
        yield from _below(inner, trace_id, span_id)
