"""Speaks just enough of app-server to break its protocol on purpose; the real binary does not.

The first argument is a JSON list of the messages that follow the start of a turn; replies to its own requests are
appended to the file named by the second.
"""

import json
import sys
from pathlib import Path
from typing import Any

messages: list[dict[str, Any]] = json.loads(sys.argv[1])
replies = Path(sys.argv[2])
THREAD = {"thread": {"id": "thread-1"}, "model": "fake"}
RESULTS = {"thread/start": THREAD, "thread/resume": THREAD, "turn/start": {"turn": {"id": "turn-1"}}}


def send(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def take() -> dict[str, Any]:
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return dict(json.loads(line))


while True:
    asked = take()
    if "id" not in asked or "method" not in asked:
        continue
    send({"id": asked["id"], "result": RESULTS.get(asked["method"], {})})
    if asked["method"] != "turn/start":
        continue
    for message in messages:
        send(message)
        if "id" in message:
            with replies.open("a") as file:
                file.write(json.dumps(take()) + "\n")
