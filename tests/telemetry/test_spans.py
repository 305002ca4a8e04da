"""Spans, as a collector gets them."""

import hashlib
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Told
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from seen import AT, seen

from collector import attributes, collecting, spans_of
from minga.domain.model_calls import CallSeen, Tried
from minga.infrastructure.clock import FakeClock
from minga.infrastructure.otlp import WAITING_MAX, Otlp, target_of
from minga.infrastructure.otlp_encoding import Placed, request
from minga.infrastructure.spans import Span, Value
from minga.telemetry import conventions
from minga.telemetry.spans import Ended, SpanMaker, Spans

TRACE_ID, PARENT_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def sink(environment: dict[str, str]) -> Otlp[Ended]:
    return Otlp(target_of(environment, "minga-gateway", "9.9"), "minga", "9.9", SpanMaker(conventions.load()).span_of)


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
    assert (first.status.code, first.status.message) == (Status.STATUS_CODE_ERROR, "503")
    assert attributes(list(first.attributes))["minga.attempt.outcome"] == "overloaded"
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


@pytest.mark.parametrize(
    ("sampler", "ratio", "taken"),
    [
        ("", "", "p-"),
        ("parentbased_always_off", "", "p"),
        ("parentbased_traceidratio", "0", "p"),
        ("always_on", "", "pn-"),
        ("always_off", "", ""),
        ("traceidratio", "1.0", "pn-"),
    ],
)
def test_the_sampler_decides_as_its_name_says(sampler: str, ratio: str, taken: str) -> None:
    """Of calls whose parent was sampled (p), was not (n), and that have none (-)."""
    parents = {"p": f"00-{TRACE_ID}-{PARENT_ID}-01", "n": f"00-{TRACE_ID}-{PARENT_ID}-00", "-": ""}
    environment = {"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": ratio}
    with collecting() as collector:
        made = sink({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **environment})
        for name, parent in parents.items():
            made.put(Ended(seen(trace=parent, user=name), 0.7))
        made.close()
    got = [] if collector.requests.empty() else spans_of(collector.next_request()[1])
    users = [attributes(list(span.attributes)).get("minga.user") for span in got]
    assert "".join(str(user) for user in users if user) == taken
    assert made.dropped == 0


def test_a_ratio_takes_about_that_share_of_traces_and_always_the_same() -> None:
    sampler = target_of({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}, "", "").sampler
    ids = [hashlib.sha256(bytes([number, more])).digest()[:16] for number in range(64) for more in range(64)]
    taken = [sampler.takes(one, None) for one in ids]
    assert 0.22 < sum(taken) / len(taken) < 0.28
    assert taken == [sampler.takes(one, 0) for one in ids]


@given(
    st.dictionaries(
        st.text(min_size=1),
        st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False),
        max_size=5,
    ),
    st.text(),
    st.text(),
    st.integers(0, 2**63),
)
def test_what_is_written_is_what_the_official_classes_read(
    said: dict[str, Value], name: str, failed: str, began_ns: int
) -> None:
    span = Span(name, began_ns, began_ns + 1, said, failed)
    data = request({"service.name": "s"}, "scope", "1", [Placed(span, b"t" * 16, b"s" * 8, b"p" * 8)])
    read = ExportTraceServiceRequest.FromString(data)
    [told] = spans_of(read)
    assert (told.name, told.start_time_unix_nano, told.end_time_unix_nano) == (name, began_ns, began_ns + 1)
    assert (told.trace_id, told.span_id, told.parent_span_id) == (b"t" * 16, b"s" * 8, b"p" * 8)
    assert attributes(list(told.attributes)) == said
    assert told.status.message == failed
    assert read.resource_spans[0].scope_spans[0].scope.name == "scope"


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
        {"OTEL_TRACES_SAMPLER": "jaeger_remote"},
        {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7"},
    ],
    ids=["no-scheme", "grpc", "no-number", "sampler", "ratio"],
)
def test_what_cannot_be_done_is_refused_at_the_start(environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"begin|spoken|convert|known|between"):
        target_of(environment, "minga-gateway", "9.9")


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
