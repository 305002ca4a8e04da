"""Spans, as a collector gets them."""

import socket

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Told
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from seen import AT, seen

from collector import attributes, collecting, spans_of
from minga.domain.model_calls import CallSeen, Tried
from minga.infrastructure.clock import FakeClock
from minga.infrastructure.otlp import WAITING_MAX, Otlp, target_of
from minga.telemetry import conventions
from minga.telemetry.spans import Ended, SpanMaker, Spans

TRACE_ID, PARENT_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def sink(environment: dict[str, str]) -> Otlp[Ended]:
    return Otlp(target_of(environment), "minga-gateway", "9.9", SpanMaker(conventions.load()).span_of)


def tell(url: str, *calls: CallSeen, now_s: float = 0.7) -> Otlp[Ended]:
    """Tell a collector of calls that ended at ``now_s`` of their clock, and end."""
    made = sink({"OTEL_EXPORTER_OTLP_ENDPOINT": url})
    clock = FakeClock(AT)
    clock.advance(now_s)
    for call in calls:
        Spans(clock, made).seen(call)
    made.close()
    return made


def test_a_call_is_a_span_with_its_attempts_within_it() -> None:
    failed = Tried("openai", "", "overloaded", 503, 0.1, 100)
    with collecting() as collector:
        tell(collector.url, seen(failed, Tried("openai", "2", "ok", 200, 0.3, 400), stream=True))
        headers, request = collector.next_request()
    assert (headers["path"], headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
    first, second, call = sorted(
        spans_of(request), key=lambda span: (span.parent_span_id == b"", span.start_time_unix_nano)
    )
    assert call.name == "chat gpt-5.1"
    assert call.kind == Told.SPAN_KIND_CLIENT
    began = int(AT.timestamp() * 1e9)
    assert (call.start_time_unix_nano, call.end_time_unix_nano) == (began, began + 700_000_000)
    said = attributes(list(call.attributes))
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.provider.name"] == "openai"
    assert said["gen_ai.request.model"] == "gpt-5.1"
    assert said["gen_ai.usage.input_tokens"] == 100, "with the cached ones, as the conventions want it"
    assert said["gen_ai.usage.cache_read.input_tokens"] == 40
    assert said["gen_ai.response.time_to_first_chunk"] == pytest.approx(0.03)
    assert said["minga.cost_micro_usd"] == 180
    assert [one.parent_span_id for one in (first, second)] == [call.span_id] * 2
    assert (first.start_time_unix_nano - began, first.end_time_unix_nano - began) == (100_000_000, 200_000_000)
    assert (first.status.code, first.status.message) == (Status.STATUS_CODE_ERROR, "overloaded")
    assert second.status.code == Status.STATUS_CODE_UNSET


def test_every_attribute_has_a_name_of_the_pinned_file() -> None:
    names = set(conventions.load().attributes.values())
    made = SpanMaker(conventions.load()).span_of(Ended(seen(status=502, stream=True), 0.7))
    assert set(made.attributes) <= names
    assert {name for span in made.inner for name in span.attributes} <= names


def test_a_span_belongs_to_the_trace_that_the_caller_names() -> None:
    with collecting() as collector:
        tell(collector.url, seen(trace=f"00-{TRACE_ID}-{PARENT_ID}-01"), seen(trace="no traceparent"))
        _, request = collector.next_request()
    roots = [span for span in spans_of(request) if span.name.startswith("chat")]
    assert (roots[0].trace_id.hex(), roots[0].parent_span_id.hex()) == (TRACE_ID, PARENT_ID)
    assert roots[1].trace_id.hex() != TRACE_ID
    assert roots[1].parent_span_id == b""


def test_what_the_caller_does_not_sample_is_not_sent() -> None:
    with collecting() as collector:
        tell(collector.url, seen(trace=f"00-{TRACE_ID}-{PARENT_ID}-00"), seen())
        _, request = collector.next_request()
    assert TRACE_ID not in {span.trace_id.hex() for span in spans_of(request)}


def test_the_standard_variables_say_where_to_and_with_what() -> None:
    with collecting() as collector:
        made = sink(
            {
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector.url}/own/path",
                "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=a%20b,authorization=Bearer%20t",
            }
        )
        made.put(Ended(seen(), 0.7))
        made.close()
        headers, request = collector.next_request()
    assert (headers["path"], headers["x-tenant"], headers["authorization"]) == ("/own/path", "a b", "Bearer t")
    resource = attributes(list(request.resource_spans[0].resource.attributes))
    assert (resource["service.name"], resource["service.version"]) == ("minga-gateway", "9.9")


@pytest.mark.parametrize(
    "environment",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"},
    ],
    ids=["no-scheme", "grpc", "no-number"],
)
def test_what_cannot_be_done_is_refused_at_the_start(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"begin|spoken|convert"):
        target_of(environment)


def test_a_collector_that_is_busy_is_asked_again() -> None:
    with collecting(503) as collector:
        made = sink({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
        made.put(Ended(seen(), 0.7))
        first, second = collector.next_request()[1], collector.next_request()[1]
        made.close()
    assert first == second
    assert made.dropped == 0


def test_a_dead_collector_costs_spans_and_never_time() -> None:
    """It takes connections and never answers; what waits is bounded, and the rest is counted."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        made = sink({"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"})
        ended = Ended(seen(), 0.7)
        for _ in range(WAITING_MAX + 1500):
            made.put(ended)
        assert 0 < made.dropped <= 1500


def test_spans_that_nobody_took_are_counted() -> None:
    assert tell("http://127.0.0.1:9", seen(), seen()).dropped == 2
