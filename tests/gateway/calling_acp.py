"""An agent with nothing but the standard library that asks a model over OpenAI Chat, where CALLER_URL says.

``call`` asks once and answers with where it asked and what came; ``call twice`` asks twice. ``hang`` asks, says its
pid, and waits. ``insist`` asks again as long as the answer is 429, and then does not tell why it was refused; all
others fail with the refusal's own words, or for want of a connection. Without CALLER_URL it answers
``by its own login``.
"""

import json
import os
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit


def send(message: dict) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}}
    send({"method": "session/update", "params": {"sessionId": "s1", "update": update}})


def ask() -> tuple[int, str]:
    """The status and the answer, or the refusal's words."""
    assert "TEST_PROVIDER_KEY" not in os.environ, "only the gateway may spend it"
    parts = urlsplit(os.environ["CALLER_URL"])
    connection = HTTPConnection(parts.hostname, parts.port, timeout=60)
    model = os.environ.get("CALLER_MODEL") or "gpt-5.1"
    body = {"model": model, "messages": [{"role": "user", "content": "hola"}]}
    connection.request(
        "POST",
        "/v1/chat/completions",
        json.dumps(body),
        {"Authorization": f"Bearer {os.environ['CALLER_KEY']}", "Content-Type": "application/json"},
    )
    response = connection.getresponse()
    told = json.loads(response.read())
    text = told["choices"][0]["message"]["content"] if response.status == 200 else told["error"]["message"]
    return response.status, text


def work(task: str) -> str:
    """Returns why it fails, or nothing."""
    url = os.environ.get("CALLER_URL")
    if not url:
        say("by its own login")
        return ""
    try:
        status, text = ask()
    except OSError as wrong:
        return f"no connection: {wrong}"
    while task.startswith("insist") and status == 429:
        status, _ = ask()
        text = "something went wrong"
    if status != 200:
        return f"{status} {text}"
    if "twice" in task:
        ask()
    say(f"{url} {text} {os.getpid()}\n")
    if task.startswith("hang"):
        time.sleep(3600)
    return ""


def main() -> None:
    if "--version" in sys.argv:
        print("1.0.0")
        return
    while line := sys.stdin.readline():
        request = json.loads(line)
        match request.get("method"):
            case "initialize":
                result = {"protocolVersion": 1, "agentCapabilities": {}}
            case "session/new":
                result = {"sessionId": "s1"}
            case "session/load":
                result = {}
            case "session/prompt":
                if wrong := work("".join(block["text"] for block in request["params"]["prompt"])):
                    send({"id": request["id"], "error": {"code": -32603, "message": wrong}})
                    continue
                result = {"stopReason": "end_turn"}
            case _:
                continue
        send({"id": request["id"], "result": result})


main()
