"""Which of a provider's headers reach a caller."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from serving import Serving, chat

TOLD = {"x-request-id": "req_1", "openai-organization": "acme-1", "openai-project": "proj_1", "set-cookie": "a=b"}
TOLD |= {"anthropic-organization-id": "acme-2"}


def test_whose_account_the_gateway_uses_is_not_told_to_its_callers(serving: Serving) -> None:
    class Telling(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            for name, value in (TOLD | {"Content-Length": "2"}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    first = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    threading.Thread(target=first.serve_forever, daemon=True).start()
    serving.provide(f"http://127.0.0.1:{first.server_port}")
    key = serving.key()
    try:
        with serving.running():
            answer = serving.ask("/v1/chat/completions", chat(), key)
    finally:
        first.shutdown()
        first.server_close()
    assert answer.status == 200
    assert TOLD.keys() & answer.headers.keys() == {"x-request-id"}
