"""Stands between a CLI and its MCP server, and writes down what each says to the other, a line of JSON a message.

python mcp_tap.py RECORD COMMAND…
"""

import json
import subprocess
import sys
import threading
from typing import IO


def carry(side: str, source: IO[bytes], target: IO[bytes], record: IO[bytes]) -> None:
    for line in iter(source.readline, b""):
        with LOCK:
            record.write(json.dumps({"from": side, "says": json.loads(line)}).encode() + b"\n")
        target.write(line)
        target.flush()
    target.close()


LOCK = threading.Lock()

if __name__ == "__main__":
    server = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin
    assert server.stdout
    with open(sys.argv[1], "ab", buffering=0) as written:
        reader = threading.Thread(
            target=carry, args=("client", sys.stdin.buffer, server.stdin, written), daemon=True
        )
        reader.start()
        carry("server", server.stdout, sys.stdout.buffer, written)
    sys.exit(server.wait())
