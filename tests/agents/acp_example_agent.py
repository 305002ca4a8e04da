"""An agent built on the public ACP library, as anybody's would be. What it does is the first word of the prompt.

The environment variable EXAMPLE_TROUBLE makes it misbehave at the start: ``mute`` never answers, ``login`` wants one.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import acp
from acp.helpers import (
    plan_entry,
    start_tool_call,
    text_block,
    tool_content,
    tool_diff_content,
    update_agent_message_text,
    update_agent_thought_text,
    update_plan,
    update_tool_call,
)
from acp.schema import (
    AgentCapabilities,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    PermissionOption,
    PromptCapabilities,
    PromptResponse,
    Usage,
)

KNOWN = "example-session"
OPTIONS = [
    PermissionOption(option_id="always", kind="allow_always", name="Always"),
    PermissionOption(option_id="yes", kind="allow_once", name="Yes"),
    PermissionOption(option_id="no", kind="reject_once", name="No"),
]


class Example(acp.Agent):
    client: Any

    def on_connect(self, conn: Any) -> None:
        self.client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:
        if os.environ.get("EXAMPLE_TROUBLE") == "mute":
            await asyncio.sleep(3600)
        return InitializeResponse(
            protocol_version=1,
            agent_capabilities=AgentCapabilities(load_session=True, prompt_capabilities=PromptCapabilities(image=True)),
        )

    async def new_session(self, cwd: str, mcp_servers: Any = (), **_: Any) -> NewSessionResponse:
        self.servers = mcp_servers or ()
        if os.environ.get("EXAMPLE_TROUBLE") == "login":
            raise acp.RequestError.auth_required()
        return NewSessionResponse(session_id=KNOWN)

    async def load_session(self, cwd: str, session_id: str, **_: Any) -> LoadSessionResponse:
        if session_id != KNOWN:
            raise acp.RequestError.resource_not_found(session_id)
        await self.client.session_update(KNOWN, update_agent_message_text("what was said before"))
        return LoadSessionResponse()

    async def cancel(self, session_id: str, **_: Any) -> None:
        return None

    async def prompt(self, session_id: str, prompt: list[Any], **_: Any) -> PromptResponse:
        self.blocks = prompt
        words = prompt[0].text.split()
        return await getattr(self, f"on_{words[0]}")(words[1:])

    async def say(self, text: str) -> None:
        await self.client.session_update(KNOWN, update_agent_message_text(text))

    async def on_write(self, words: list[str]) -> PromptResponse:
        """Think, plan, ask, write the file, answer."""
        target = Path.cwd() / words[0]
        await self.client.session_update(KNOWN, update_agent_thought_text("hm"))
        await self.client.session_update(KNOWN, update_plan([plan_entry("write it", status="in_progress")]))
        call = start_tool_call("w1", "Write a file", kind="edit", status="pending", raw_input={"path": str(target)})
        await self.say("I write. ")
        await self.client.session_update(KNOWN, call)
        answer = await self.client.request_permission(
            KNOWN, update_tool_call("w1", title="Write a file", kind="edit"), OPTIONS
        )
        if getattr(answer.outcome, "option_id", "") != "yes":
            await self.say("then not")
            return PromptResponse(stop_reason="end_turn")
        target.write_text("new\n")
        content = [tool_diff_content(str(target), "new\n"), tool_content(text_block("wrote it"))]
        await self.client.session_update(KNOWN, update_tool_call("w1", status="completed", content=content))
        await self.say("written")
        usage = Usage(total_tokens=30, input_tokens=20, output_tokens=10)
        return PromptResponse(stop_reason="end_turn", usage=usage)

    async def on_repeat(self, words: list[str]) -> PromptResponse:
        """Say what was given, also with the session."""
        for block in self.blocks:
            await self.say(block.text if block.type == "text" else f"\n{block.mime_type} {len(block.data)}")
        for server in self.servers:
            variables = " ".join(f"{one.name}={one.value}" for one in server.env)
            await self.say(f"\n{server.name} {server.command} {' '.join(server.args)} {variables}")
        return PromptResponse(stop_reason="end_turn")

    async def on_vendor(self, words: list[str]) -> PromptResponse:
        """Ask the client things that it does not offer; each must be answered."""
        refused = 0
        for ask in (
            lambda: self.client.ext_method("example/extra", {}),
            lambda: self.client.read_text_file(path="/etc/hostname", session_id=KNOWN),
        ):
            try:
                await ask()
            except acp.RequestError:
                refused += 1
        await self.say(f"refused {refused}")
        return PromptResponse(stop_reason="end_turn")

    async def on_error(self, words: list[str]) -> PromptResponse:
        raise acp.RequestError(int(words[0]), " ".join(words[1:]))

    async def on_silence(self, words: list[str]) -> PromptResponse:
        await asyncio.sleep(3600)
        raise AssertionError

    async def on_nothing(self, words: list[str]) -> PromptResponse:
        return PromptResponse(stop_reason="end_turn")

    async def on_crash(self, words: list[str]) -> PromptResponse:
        await self.say("half of ")
        sys.stderr.write("out of memory\n")
        sys.stderr.flush()
        os._exit(3)

    async def on_You(self, words: list[str]) -> PromptResponse:
        await self.say("I go on.")
        return PromptResponse(stop_reason="end_turn")

    async def on_garbage(self, words: list[str]) -> PromptResponse:
        os.write(1, b"warning: this is no JSON\n\xff\xfe\n[1, 2]\n")
        await self.say("fine")
        return PromptResponse(stop_reason="end_turn")


if __name__ == "__main__":
    asyncio.run(acp.run_agent(Example()))
