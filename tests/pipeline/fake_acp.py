"""A small agent CLI for tests: speaks the Agent Client Protocol on standard input and output, standard library only.

    fake_acp.py SCRIPT.json [--version]

SCRIPT.json: {"log": FILE, "prompts": [[STEP, ...], ...], "knows": true}. The n-th prompt that this agent ever got (all
processes counted, by the log) plays the n-th list of steps, later ones the last. A step is a list: its name and its
arguments, see `STEPS`. Every prompt and every opening of a session is a line in the log.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class Rejected(Exception):
    """Answers the prompt with a JSON-RPC error: code and message."""


class Agent:
    def __init__(self, script: Json) -> None:
        self.script = script
        self.log = Path(script["log"])
        self.session = ""
        self.usage: Json | None = None
        self.calls = 0
        self.requests = 1000
        self.stop = "end_turn"

    # -- the wire

    def send(self, message: Json) -> None:
        sys.stdout.buffer.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        sys.stdout.buffer.flush()

    def receive(self) -> Json:
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        message: Json = json.loads(line)
        return message

    def tell(self, update_kind: str, **update: Any) -> None:
        params = {"sessionId": self.session, "update": {"sessionUpdate": update_kind, **update}}
        self.send({"method": "session/update", "params": params})

    def note(self, **entry: Any) -> None:
        with self.log.open("a") as file:
            file.write(json.dumps({**entry, "pid": os.getpid()}) + "\n")

    def logged(self, kind: str) -> list[Json]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["kind"] == kind]

    # -- the protocol

    def serve(self) -> None:
        while True:
            message = self.receive()
            if "id" not in message or "method" not in message:
                continue
            try:
                result = self.answer(message["method"], message.get("params") or {})
                self.send({"id": message["id"], "result": result})
            except Rejected as rejected:
                code, text = rejected.args
                self.send({"id": message["id"], "error": {"code": code, "message": text}})

    def answer(self, method: str, params: Json) -> Json:
        match method:
            case "initialize":
                for step in self.script.get("start", []):
                    self.play(step)
                return {"protocolVersion": 1, "agentCapabilities": {"loadSession": True}}
            case "session/new":
                self.session = f"native-{len(self.logged('new')) + 1}-{self.log.stem}"
                self.note(kind="new", session=self.session)
                return {"sessionId": self.session, "models": {"currentModelId": self.script.get("model", "gpt-5")}}
            case "session/load":
                self.session = params["sessionId"]
                if not self.script.get("knows", True):
                    raise Rejected(-32602, f"no session {self.session}")
                self.note(kind="load", session=self.session)
                return {"models": {"currentModelId": self.script.get("model", "gpt-5")}}
            case "session/prompt":
                return self.prompt("".join(block.get("text", "") for block in params["prompt"]))
            case _:
                raise Rejected(-32601, method)

    def prompt(self, text: str) -> Json:
        prompts = self.script["prompts"]
        steps = prompts[min(len(self.logged("prompt")), len(prompts) - 1)]
        self.note(kind="prompt", session=self.session, text=text)
        self.usage, self.stop = {"inputTokens": 100, "outputTokens": 10, "totalTokens": 110}, "end_turn"
        for step in steps:
            self.play(step)
        return {"stopReason": self.stop, **({"usage": self.usage} if self.usage else {})}

    def play(self, step: list[Any]) -> None:
        STEPS[step[0]](self, *step[1:])

    # -- the steps

    def say(self, text: str) -> None:
        self.tell("agent_message_chunk", content={"type": "text", "text": text})

    def stream(self, count: int, pause_s: float) -> None:
        for number in range(count):
            self.say(f"piece {number} ")
            time.sleep(pause_s)

    def edit(self, path: str, content: str) -> None:
        self.calls += 1
        call = f"call-{self.calls}"
        old = Path(path).read_text() if Path(path).exists() else None
        diff = {"type": "diff", "path": str(Path(path).absolute()), "oldText": old, "newText": content}
        self.tell("tool_call", toolCallId=call, title=f"edit {path}", kind="edit", status="in_progress")
        Path(path).write_text(content)
        self.tell("tool_call_update", toolCallId=call, status="completed", content=[diff])

    def write_unsaid(self, path: str, content: str) -> None:
        Path(path).write_text(content)

    def shell(self, command: str) -> None:
        subprocess.run(["/bin/sh", "-c", command], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def begin_tool(self, command: str) -> None:
        self.calls += 1
        self.tell(
            "tool_call",
            toolCallId=f"call-{self.calls}",
            title=command,
            kind="execute",
            status="in_progress",
            rawInput={"command": command},
        )

    def ask(self, kind: str, command: str) -> None:
        self.calls += 1
        self.requests += 1
        options = [{"optionId": name, "kind": name, "name": name} for name in ("allow_once", "reject_once")]
        call = {"toolCallId": f"call-{self.calls}", "title": command, "kind": kind, "rawInput": {"command": command}}
        params = {"sessionId": self.session, "toolCall": call, "options": options}
        self.send({"id": self.requests, "method": "session/request_permission", "params": params})
        while True:
            reply = self.receive()
            if reply.get("id") == self.requests and "method" not in reply:
                break
        chosen = reply["result"]["outcome"].get("optionId", "cancelled")
        self.note(kind="answer", chosen=chosen)
        self.say(f"you said {chosen}. ")

    def use(self, given: int, answered: int) -> None:
        self.usage = {"inputTokens": given, "outputTokens": answered, "totalTokens": given + answered}

    def use_now(self, given: int, answered: int) -> None:
        usage = {"inputTokens": given, "outputTokens": answered, "totalTokens": given + answered}
        content = {"type": "text", "text": "."}
        self.tell("agent_message_chunk", content=content, _meta={"usage": usage})

    def end(self, reason: str) -> None:
        self.stop = reason

    def use_nothing(self) -> None:
        self.usage = None

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def reject(self, code: int, message: str) -> None:
        raise Rejected(code, message)

    def exit(self, code: int, message: str = "") -> None:
        print(message, file=sys.stderr, flush=True)
        os._exit(code)

    def close_output(self) -> None:
        os.close(1)
        time.sleep(60)

    def kill_self(self) -> None:
        os.kill(os.getpid(), 9)

    def raw(self, text: str) -> None:
        sys.stdout.buffer.write(text.encode("latin-1"))
        sys.stdout.buffer.flush()

    def flood(self, what: str, megabytes: int) -> None:
        """``lines`` of text updates, ``garbage`` lines, one ``line`` without end, or ``errors`` on standard error."""
        update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "x" * 2000}}
        message = {
            "jsonrpc": "2.0",
            "method": "session/update",
            "params": {"sessionId": self.session, "update": update},
        }
        piece = {
            "lines": (json.dumps(message).encode() + b"\n") * 400,
            "garbage": b"warning: not a message %s\n" % (b"x" * 1000) * 1000,
            "line": b"x" * 1_000_000,
            "errors": b"error\n" * 160_000,
        }[what]
        out = sys.stderr.buffer if what == "errors" else sys.stdout.buffer
        for _ in range(megabytes * 1_000_000 // len(piece) + 1):
            out.write(piece)
        out.flush()

    def spawn(self, how: str) -> None:
        """An MCP-like grandchild with an empty environment: in its own process ``group``, its own ``session``, or
        started by a parent that is gone (``orphan``)."""
        nap = ["/bin/sleep", "300"]
        if how == "orphan":
            nap = ["/bin/sh", "-c", "/bin/sleep 300 >/dev/null 2>&1 & echo $!"]
            done = subprocess.run(nap, env={}, stdout=subprocess.PIPE, text=True, check=True)
            self.note(kind="child", child=int(done.stdout))
            return
        child = subprocess.Popen(
            nap,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0 if how == "group" else None,
            start_new_session=how == "session",
        )
        self.note(kind="child", child=child.pid)


STEPS: dict[str, Callable[..., None]] = {
    step.__name__: step
    for step in (
        *(Agent.say, Agent.stream, Agent.raw, Agent.flood, Agent.sleep),
        *(Agent.edit, Agent.write_unsaid, Agent.shell, Agent.begin_tool, Agent.ask, Agent.spawn),
        *(Agent.use, Agent.use_now, Agent.use_nothing, Agent.end, Agent.reject),
        *(Agent.exit, Agent.close_output, Agent.kill_self),
    )
}

if __name__ == "__main__":
    if "--version" in sys.argv:
        print("1.0.0")
    else:
        Agent(json.loads(Path(sys.argv[1]).read_text())).serve()
