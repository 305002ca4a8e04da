"""An OpenTelemetry collector's front door: takes OTLP over HTTP and decodes what it gets."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """``answers`` are the statuses of its first answers; 200 follows. ``requests`` in the order in which they came."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    requests: "queue.Queue[tuple[dict[str, str], ExportTraceServiceRequest]]" = field(default_factory=queue.Queue)

    def next_request(self) -> tuple[dict[str, str], ExportTraceServiceRequest]:
        return self.requests.get(timeout=60)


@contextmanager
def collecting(*answers: int) -> Iterator[Collector]:
    collector = Collector(answers=list(answers))

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = collector.answers.pop(0) if collector.answers else 200
            headers = {name.lower(): value for name, value in self.headers.items()} | {"path": self.path}
            collector.requests.put((headers, ExportTraceServiceRequest.FromString(body)))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def spans_of(request: ExportTraceServiceRequest) -> list[Span]:
    return [span for of in request.resource_spans for scope in of.scope_spans for span in scope.spans]


def attributes(pairs: "list[KeyValue]") -> dict[str, object]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in pairs}
