"""Stands between a CLI and its MCP server, and writes down what each says to the other, a line of JSON a message.

python mcp_tap.py RECORD TOOL COMMAND…

It starts the server after `LATE_S`: on a busy machine servers are late, and the CLI must wait for their tools. In the
text of what TOOL gives it puts `MARK`, so that the text can be told from the structured content of the same.
"""

import json
import subprocess
import sys
import threading
import time
from typing import IO, Any

MARK = "{ "
"""For the first ``{``: the same JSON, otherwise written."""


LATE_S = 2.0


class Tap:
    def __init__(self, record: IO[bytes], tool: str) -> None:
        self._record = record
        self._tool = tool
        self._marked: set[Any] = set()
        self._lock = threading.Lock()

    def carry(self, side: str, source: IO[bytes], target: IO[bytes]) -> None:
        """Until ``source`` ends; then ``target`` is closed."""
        for line in iter(source.readline, b""):
            message = json.loads(line)
            with self._lock:
                self._record.write(json.dumps({"by": side, "says": message}).encode() + b"\n")
            if message.get("method") == "tools/call" and message["params"]["name"] == self._tool:
                self._marked.add(message["id"])
            if side == "server" and message.get("id") in self._marked:
                content = message["result"]["content"][0]
                content["text"] = content["text"].replace("{", MARK, 1)
            target.write(json.dumps(message).encode() + b"\n")
            target.flush()
        target.close()


if __name__ == "__main__":
    time.sleep(LATE_S)
    server = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin
    assert server.stdout
    with open(sys.argv[1], "ab", buffering=0) as written:
        tap = Tap(written, sys.argv[2])
        asking = ("client", sys.stdin.buffer, server.stdin)
        threading.Thread(target=tap.carry, args=asking, daemon=True).start()
        tap.carry("server", server.stdout, sys.stdout.buffer)
    sys.exit(server.wait())
