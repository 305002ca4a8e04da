"""Minga's server over HTTP with tools, prompts and resources that the conformance tool asks for by name, for uvicorn.

What the tool wants and Minga has not: images, sound, sampling, roots, completion, logging, subscriptions, sessions.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec

from mcp_peer import admit, counted, elsewhere, server
from minga.domain.errors import BadInput
from minga.entrypoints.mcp.consent import Consents
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.prompts import Prompt, Prompts
from minga.entrypoints.mcp.protocol import Json, Missing
from minga.entrypoints.mcp.resources import NotThere, Resources
from minga.entrypoints.mcp.server import Server
from minga.entrypoints.mcp.tool import Told, Tool
from minga.entrypoints.mcp.web import Web


class Nothing(msgspec.Struct, frozen=True):
    pass


class Text(msgspec.Struct, frozen=True):
    text: str


class Says(Tool):
    """Its ``work`` is what it says."""

    async def do(self, place: Place, asked: Any, told: Told) -> Text:
        if self.name == "test_error_handling":
            raise BadInput(detail="this tool intentionally returns an error for testing")
        if self.name == "test_tool_with_progress":
            for done in (0, 50, 100):
                await told(done, 100, f"{done} of 100")
                await asyncio.sleep(0.05)
        return Text(self.work)


async def _asks(asked: Any, place: Place) -> str:
    return "Please confirm"


async def _samples(asked: Any, place: Place) -> str:
    raise Missing("this tool needs a client that samples", {"sampling": {}})


CONSENTS = {
    "test_input_required_result_request_state": _asks,
    "test_input_required_result_tampered_state": _asks,
    "test_input_required_result_elicitation": _asks,
    "test_streaming_elicitation": _asks,
    "test_missing_capability": _samples,
}

TOOLS = [
    Says(name, name, "For the conformance tool.", Nothing, Text, "state-ok", consent=CONSENTS.get(name))
    for name in (
        "test_simple_text",
        "test_error_handling",
        "test_tool_with_progress",
        "test_logging_tool",
        *CONSENTS,
    )
]

PROMPTS = (
    Prompt("test_simple_prompt", "Simple", "Without arguments.", "This is a simple prompt for testing.", {}),
    Prompt(
        "test_prompt_with_arguments",
        "With arguments",
        "With two.",
        "Prompt with arguments: arg1='{arg1}', arg2='{arg2}'",
        {"arg1": ("First", True), "arg2": ("Second", True)},
    ),
)

STATIC = "test://static-text"


@dataclass(frozen=True, slots=True)
class Fixed(Resources):
    async def listed(self) -> list[Json]:
        return [{"uri": STATIC, "name": "static-text", "mimeType": "text/plain"}]

    def templates(self) -> list[Json]:
        return [{"uriTemplate": "test://template/{id}/data", "name": "template", "mimeType": "application/json"}]

    async def read(self, uri: str) -> Json:
        if uri == STATIC:
            return {"uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource."}
        if uri.startswith("test://template/"):
            number = uri.split("/")[3]
            return {"uri": uri, "mimeType": "application/json", "text": f'{{"id":"{number}","data":"data {number}"}}'}
        raise NotThere


def fixture() -> Server:
    place = server().place
    return Server(place, TOOLS, "1.2.3", Fixed(place), Prompts(place, PROMPTS), Consents(place))


class Open(Web):
    """Of a key that every request shows: the conformance tool shows none."""

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (b"authorization", b"Bearer good")]}
        return super().__call__(scope, receive, send)


app = Open(fixture, admit, counted, elsewhere)
