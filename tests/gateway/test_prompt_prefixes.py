"""What a prompt cache needs: the next turn begins with the very bytes of the last one; markers if they are wanted."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from serving import Serving

ANSWER = b'{"type":"message","content":[],"usage":{"input_tokens":3,"output_tokens":4}}'
LONG = "A long rule of the house. " * 400
MARKER = {"type": "ephemeral"}
MODEL = "claude-sonnet-4-5"


@pytest.fixture
def bodies(serving: Serving) -> Iterator[list[bytes]]:
    """What the provider gets, byte for byte."""
    seen: list[bytes] = []

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(ANSWER)))
            self.end_headers()
            self.wfile.write(ANSWER)

        def log_message(self, *_: object) -> None: ...

    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    serving.provide(f"http://127.0.0.1:{upstream.server_port}")
    yield seen
    upstream.shutdown()
    upstream.server_close()


def test_the_next_turn_begins_with_the_bytes_of_the_last_one(serving: Serving, bodies: list[bytes]) -> None:
    first = b'{ "model":"claude-sonnet-4-5", "temperature":1.0e0,"messages":[ {"role":"user","content":"h\\u00f3la"}'
    more = b', {"role":"assistant","content":"s\xc3\xad"},{"role":"user","content":"y?"}'
    key = serving.key()
    with serving.running():
        for turn in (first + b"]}", first + more + b"]}"):
            assert serving.ask("/v1/messages", turn, key).status == 200
    assert bodies == [first + b"]}", first + more + b"]}"]


def test_a_key_that_wants_it_has_its_prompts_marked_and_is_told(serving: Serving, bodies: list[bytes]) -> None:
    serving.make_keys({"marks": {"marks_prompts": True}, "plain": {}})
    turns: list[dict[str, Any]] = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}]
    asked = {
        "model": MODEL,
        "max_tokens": 9,
        "system": LONG,
        "messages": [*turns, {"role": "user", "content": "three"}],
    }
    own = {**asked, "system": [{"type": "text", "text": LONG, "cache_control": MARKER}]}
    with serving.running():
        marked = serving.ask("/v1/messages", asked, serving.keys["marks"])
        others = [
            serving.ask("/v1/messages", body, serving.keys[key])
            for key, body in (("plain", asked), ("marks", own), ("marks", {**asked, "system": "short"}))
        ]
    assert marked.headers["x-minga-prompt-cache"] == "marked 3"
    sent = json.loads(bodies[0])
    assert sent["system"] == [{"type": "text", "text": LONG, "cache_control": MARKER}]
    assert [one["content"] for one in sent["messages"]] == [
        [{"type": "text", "text": "one", "cache_control": MARKER}],
        "two",
        [{"type": "text", "text": "three", "cache_control": MARKER}],
    ]
    assert all("x-minga-prompt-cache" not in answer.headers for answer in others)
    assert bodies[1:] == [json.dumps(body).encode() for body in (asked, own, {**asked, "system": "short"})]
