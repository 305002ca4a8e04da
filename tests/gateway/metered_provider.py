"""A provider that takes so many calls a second, and refuses what is more."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "model": "gpt-5.1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
    }
).encode()


@dataclass
class Metered:
    """A bucket of ``burst`` calls, refilled with ``rate`` a second. ``tells``: of it, in the headers of its answers."""

    rate: float
    burst: float
    tells: bool = False
    statuses: Counter[int] = field(default_factory=Counter)
    _left: float = -1.0
    _at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> int:
        """The status of a call that comes now."""
        with self._lock:
            now = time.monotonic()
            self._left = self.burst if self._left < 0 else min(self.burst, self._left + (now - self._at) * self.rate)
            self._at = now
            status = 200 if self._left >= 1 else 429
            self._left -= status == 200
            self.statuses[status] += 1
            return status

    def _told(self) -> dict[str, str]:
        with self._lock:
            reset_s = (self.burst - self._left) / self.rate
            return {"limit": f"{self.burst:.0f}", "remaining": f"{int(self._left)}", "reset": f"{reset_s:.3f}s"}

    @contextmanager
    def serving(self) -> Iterator[str]:
        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(this) -> None:
                this.rfile.read(int(this.headers["Content-Length"]))
                status = self.take()
                body = ANSWER if status == 200 else b'{"error":{"message":"too many"}}'
                this.send_response(status)
                this.send_header("Content-Type", "application/json")
                this.send_header("Content-Length", str(len(body)))
                for name, value in self._told().items() if self.tells else ():
                    this.send_header(f"x-ratelimit-{name}-requests", value)
                this.end_headers()
                this.wfile.write(body)

            def log_message(this, *_: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
