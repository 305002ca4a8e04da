"""`minga mcp` as a CLI starts it, with the official SDK's client, and with clients that nobody wishes for."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import ElicitRequestParams, ElicitResult

from mcp import Client
from mcp_peer import server, talking
from minga.entrypoints.mcp.protocol import HANDSHAKES, MODERN
from minga.infrastructure.standard_streams import LINE_BYTES_MAX
from minga.settings import read


def environment(root: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "HOME": str(root),
        "LANG": "C.UTF-8",
        "MINGA_HOME": str(root / "home"),
        "MINGA_CONFIG": str(root / "config"),
        "MINGA_MEMORY": "words",
    }


class Asked:
    """What the SDK's client was asked on behalf of its user; it accepts."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        self.questions.append(params.message)
        return ElicitResult(action="accept", content={})


@pytest.mark.parametrize(("mode", "version"), [("auto", MODERN), ("legacy", HANDSHAKES[0])], ids=["newest", "earlier"])
def test_the_official_client_understands_all_that_it_is_sent(
    mode: Literal["auto", "legacy"], version: str, tmp_path: Path
) -> None:
    asked = Asked()
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "minga", "mcp"], env=environment(tmp_path), cwd=tmp_path
    )

    async def run() -> None:
        heard: list[tuple[float, str | None]] = []

        async def progress(done: float, total: float | None, says: str | None) -> None:
            heard.append((done, says))

        async with Client(stdio_client(command), mode=mode, elicitation_callback=asked) as client:
            assert client.protocol_version == version
            assert client.server_info.name == "minga"
            tools = (await client.list_tools()).tools
            assert len(tools) >= 17
            checked = await client.call_tool("rut_check", {"rut": "76.192.083-9"})
            assert checked.structured_content == {"valid": True, "rut": "76.192.083-9", "digit": "9"}
            saved = (await client.call_tool("memory_save", {"text": "The staging port is 5433."})).structured_content
            assert saved is not None
            await client.call_tool("memory_correct", {"item": saved["item"], "text": "It is 6000."})
            assert [one.split()[0] for one in asked.questions] == ["Correct"]
            answer = await client.call_tool(
                "agent_ask", {"task": "validate RUT 12.345.678-5", "agents": ["builtin"]}, progress_callback=progress
            )
            assert answer.is_error is False
            assert heard[0] == (1, "builtin works")
            assert (await client.call_tool("dte_explain", {"rule": "nothing"})).is_error is True
            uri = str((await client.list_resources()).resources[-1].uri)
            assert "12.345.678-5" in (await client.read_resource(uri)).contents[0].text
            assert [one.name for one in (await client.list_resource_templates()).resource_templates] == [
                "session",
                "receipt",
            ]
            prompts = (await client.list_prompts()).prompts
            assert (await client.get_prompt(prompts[0].name, {})).messages[0].role == "user"

    asyncio.run(run())


class Started:
    """`minga mcp`, spoken to line by line."""

    def __init__(self, root: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "minga", "mcp"],
            cwd=root,
            env=environment(root),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, number: int, method: str, **params: Any) -> None:
        self.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")

    def save(self, number: int, text: str) -> None:
        self.send(number, "tools/call", name="memory_save", arguments={"text": text})

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def end(self) -> tuple[int, bytes]:
        """The client closes its end."""
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


def notes(root: Path) -> set[str]:
    async def run() -> set[str]:
        found: set[str] = set()
        cursor = ""
        async with talking(server(read(environment(root)), root)) as peer:
            while True:
                answer = await peer.tool("memory_search", question="service port", limit=50, cursor=cursor)
                found |= {one["text"] for one in answer["structuredContent"]["passages"]}
                if not (cursor := answer["structuredContent"].get("next_cursor", "")):
                    return found

    return asyncio.run(run())


def test_two_servers_share_a_store_and_one_that_is_killed_while_it_writes_loses_nothing_it_confirmed(
    tmp_path: Path,
) -> None:
    killed, other = Started(tmp_path), Started(tmp_path)
    try:
        for number in range(15):
            killed.save(number, f"The port of service a{number} is {7000 + number}.")
            other.save(number, f"The port of service b{number} is {8000 + number}.")
        confirmed = {killed.read()["id"] for _ in range(5)}
        killed.process.kill()
        answers = [other.read() for _ in range(15)]
        assert all(not one.get("result", {"isError": True}).get("isError") for one in answers), answers
        assert other.end() == (0, b"")
    finally:
        for one in (killed, other):
            one.process.kill()
            one.process.communicate(timeout=60)
    found = notes(tmp_path)
    assert {f"The port of service a{number} is {7000 + number}." for number in confirmed} <= found
    assert {f"The port of service b{number} is {8000 + number}." for number in range(15)} <= found


def test_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    started = Started(tmp_path)
    try:
        started.send(1, "ping")
        assert started.read()["result"] == {}
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(60) == 0
    finally:
        started.process.kill()
        assert started.process.communicate(timeout=60) == (b"", b"")


def test_a_line_of_a_hundred_megabytes_is_refused_without_being_kept(tmp_path: Path) -> None:
    started = Started(tmp_path)
    try:
        piece = b"x" * 1_000_000
        for _ in range(100):
            started.write(piece)
        started.write(b"\n")
        refused = started.read()
        assert (refused["id"], refused["error"]["code"]) == (None, -32600)
        started.send(1, "ping")
        assert started.read()["result"] == {}
        with open(f"/proc/{started.process.pid}/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
        assert peak * 1024 < LINE_BYTES_MAX * 5
        assert started.end() == (0, b"")
    finally:
        started.process.kill()
        started.process.communicate(timeout=60)


def test_what_libraries_print_does_not_end_the_conversation(tmp_path: Path) -> None:
    """Standard output belongs to the messages, also for programs that the server starts."""
    script = (
        "import asyncio, os, subprocess, sys\n"
        "from minga.infrastructure.standard_streams import standard_streams\n"
        "async def run():\n"
        "    async with standard_streams() as streams:\n"
        "        print('stray', flush=True); os.write(1, b'stray too\\n'); subprocess.run(['echo', 'a child'])\n"
        "        assert sys.stdin.read() == ''\n"
        "        await streams.write(await streams.read_line() + b'!\\n')\n"
        "asyncio.run(run())\nprint('after')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=b"message\nmore", capture_output=True, timeout=60)
    assert done.stdout == b"message!\nafter\n"
    assert done.stderr == b"stray\nstray too\na child\n"
