"""An agent with nothing but the standard library. The first word of the task says what to do.

``say`` answers, ``ask`` wants to run a command, ``bytes`` prints what is no text, ``flood`` never stops talking,
``torrent`` neither, as fast as it can and in one line; ``hang`` says one thing, starts a child and waits; ``crash``
says something everywhere and is killed by a signal; ``servers`` says which MCP servers it was given. It prints the
version of the variable FAKE_VERSION.
"""

import json
import os
import subprocess
import sys
import time


def send(message: dict) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def update(fields: dict) -> None:
    send({"method": "session/update", "params": {"sessionId": "s1", "update": fields}})


def say(text: str) -> None:
    update({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}})


def ask() -> bool:
    call = {"toolCallId": "t1", "title": "touch made.txt", "kind": "execute", "rawInput": {"command": "touch made.txt"}}
    update({"sessionUpdate": "tool_call", "status": "pending", **call})
    options = [{"optionId": kind, "kind": f"{kind}_once", "name": kind} for kind in ("allow", "reject")]
    send(
        {
            "id": 900,
            "method": "session/request_permission",
            "params": {"sessionId": "s1", "toolCall": call, "options": options},
        }
    )
    outcome = json.loads(sys.stdin.readline())["result"]["outcome"]
    allowed = outcome.get("optionId") == "allow"
    update({"sessionUpdate": "tool_call_update", "toolCallId": "t1", "status": "completed" if allowed else "failed"})
    return allowed


def work(task: str, servers: list) -> None:
    match task.split()[0]:
        case "ask":
            say("I did it." if ask() else "Then not.")
        case "bytes":
            sys.stdout.buffer.write(b"caf\xe9 \xff\xfe\n")
            sys.stdout.flush()
            say("señal ✓")
        case "flood":
            while True:
                say("more and more\n")
                time.sleep(0.001)
        case "torrent":
            while True:
                say("lorem ipsum dolor sit amet, consectetur adipiscing elit sed do eiusmod tempor incididunt. ")
        case "crash":
            say(f"half of {task}")
            sys.stderr.write(f"panic: {task}\n")
            sys.stderr.flush()
            os.abort()
        case "hang":
            child = subprocess.Popen(["sleep", "3600"])
            say(f"pids {os.getpid()} {child.pid} {task}\n")
            time.sleep(3600)
        case "servers":
            say(json.dumps(servers))
        case _:
            say(f"You said: {task}")


def main() -> None:
    if "--version" in sys.argv:
        print(os.environ.get("FAKE_VERSION", "1.0.0"))
        return
    servers: list = []
    while line := sys.stdin.readline():
        request = json.loads(line)
        match request.get("method"):
            case "initialize":
                result = {"protocolVersion": 1, "agentCapabilities": {}}
            case "session/new":
                servers = request["params"]["mcpServers"]
                result = {"sessionId": "s1"}
            case "session/prompt":
                work("".join(block["text"] for block in request["params"]["prompt"]), servers)
                result = {"stopReason": "end_turn"}
            case _:
                continue
        send({"id": request["id"], "result": result})


main()
