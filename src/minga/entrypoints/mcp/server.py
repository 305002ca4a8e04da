"""One request of a client -> its result. Knows the methods, not how they travel."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import msgspec

from minga.domain.errors import BadInput, MingaError
from minga.domain.model_calls import VirtualKey
from minga.domain.saying import Say
from minga.entrypoints.mcp.consent import Consents, failed
from minga.entrypoints.mcp.pages import page
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.prompts import Prompts
from minga.entrypoints.mcp.protocol import (
    HANDSHAKES,
    MODERN,
    RESOURCE_NOT_FOUND,
    SERVER_KEY,
    Client,
    Json,
    client_that_begins,
)
from minga.entrypoints.mcp.resources import NotThere, Resources
from minga.entrypoints.mcp.tool import DATA, Tool
from minga.infrastructure.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, Refused

INSTRUCTIONS = (
    "Minga remembers this person's sessions of every AI CLI, checks Chilean tax documents (DTE), RUTs, legal deadlines"
    " and answers, and can ask other agents. Search the memory before you ask the person what was decided earlier;"
    f" check a DTE or a RUT with the tools, not by reasoning. {DATA}"
)

LIST_TTL_MS = 300_000
"""How long a client may keep a list: tools and prompts change with the program only, resources with each session."""


class Caller(Protocol):
    """Who waits for a result, and how it is reached meanwhile."""

    @property
    def client(self) -> Client: ...

    @property
    def room(self) -> AbstractAsyncContextManager[Any]:
        """For one tool at work, and not for a person who is asked."""
        ...

    async def told(self, done: float, total: float | None, says: str) -> None:
        """Hear how far the call is."""
        ...

    async def accepts(self, question: str) -> bool | None:
        """What its user says to ``question``; None where it must call again with the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """``tools`` are those that this client is offered."""

    place: Place
    tools: Sequence[Tool]
    version: str
    resources: Resources
    prompts: Prompts
    consents: Consents
    _listed: list[Json] = field(default_factory=list)

    def asked_by(self, key: VirtualKey) -> "Server":
        """The same, for one request of ``key``."""
        return replace(self, place=replace(self.place, key=key))

    def begin(self, params: Json) -> tuple[Client, Json]:
        """``initialize``: who the client is, and what it is answered. Raises Refused."""
        client = client_that_begins(params, self.place.say)
        return client, {
            "protocolVersion": client.version,
            "capabilities": _CAPABILITIES,
            "serverInfo": self._info(),
            "instructions": INSTRUCTIONS,
        }

    async def answer(self, method: str, params: Json, caller: Caller) -> Json:
        """The result of any other request, as the caller's version writes it. Raises Refused."""
        work = self._methods().get(method)
        if work is None or method in (_EARLIER if caller.client.is_modern else _MODERN):
            raise Refused(METHOD_NOT_FOUND, self.place.say("Method not found: {method}", method=method))
        try:
            result = await work(params, caller)
        except MingaError as wrong:
            code = INVALID_PARAMS if isinstance(wrong, BadInput) else INTERNAL_ERROR
            raise Refused(code, told(self.place.say, wrong)) from wrong
        if not caller.client.is_modern:
            return result
        kept = {"ttlMs": LIST_TTL_MS, "cacheScope": "private"} if method in _KEPT else {}
        return {"resultType": "complete", **kept, "_meta": {SERVER_KEY: self._info()}, **result}

    def _methods(self) -> Mapping[str, Callable[[Json, Caller], Awaitable[Json]]]:
        return {
            "ping": _nothing,
            "server/discover": self._discover,
            "tools/list": self._list_tools,
            "tools/call": self._call,
            "resources/list": self._list_resources,
            "resources/templates/list": self._list_templates,
            "resources/read": self._read,
            "prompts/list": self._list_prompts,
            "prompts/get": self._prompt,
        }

    def _info(self) -> Json:
        return {"name": "minga", "title": "Minga", "version": self.version}

    async def _discover(self, params: Json, caller: Caller) -> Json:
        versions = [MODERN, *HANDSHAKES]
        return {"supportedVersions": versions, "capabilities": _CAPABILITIES, "instructions": INSTRUCTIONS}

    async def _list_tools(self, params: Json, caller: Caller) -> Json:
        if not self._listed:
            self._listed.extend(tool.listed() for tool in self.tools)
        shown, cursor = page(self._listed, params.get("cursor"), size=100, of="tools")
        return {"tools": shown, **cursor}

    async def _list_resources(self, params: Json, caller: Caller) -> Json:
        shown, cursor = page(await self.resources.listed(), params.get("cursor"), size=50, of="resources")
        return {"resources": shown, **cursor}

    async def _list_templates(self, params: Json, caller: Caller) -> Json:
        return {"resourceTemplates": self.resources.templates()}

    async def _read(self, params: Json, caller: Caller) -> Json:
        uri = self._text(params, "uri")
        try:
            return {"contents": [await self.resources.read(uri)]}
        except MingaError as wrong:
            said = told(self.place.say, wrong)
        except NotThere:
            said = self.place.say("Resource not found")
        code = INVALID_PARAMS if caller.client.is_modern else RESOURCE_NOT_FOUND
        raise Refused(code, said, {"uri": uri})

    async def _list_prompts(self, params: Json, caller: Caller) -> Json:
        return {"prompts": await self.prompts.listed()}

    async def _prompt(self, params: Json, caller: Caller) -> Json:
        return await self.prompts.get(self._text(params, "name"), params.get("arguments") or {})

    async def _call(self, params: Json, caller: Caller) -> Json:
        say, name = self.place.say, self._text(params, "name")
        tool = next((one for one in self.tools if one.name == name), None)
        if tool is None:
            raise Refused(INVALID_PARAMS, say("Unknown tool: {name!r}; tools/list names those there are", name=name))
        try:
            asked = tool.read(params.get("arguments"), say)
        except Refused as wrong:
            return failed(wrong.message)
        try:
            accepted = await self.consents.ask(tool, asked, params, caller)
            if not isinstance(accepted, bool):
                return accepted
            async with caller.room:
                given = await tool.do(self.place, asked, _Told(caller, accepted))
        except MingaError as wrong:
            return failed(told(say, wrong))
        content = msgspec.to_builtins(given)
        return {
            "content": [{"type": "text", "text": msgspec.json.encode(content).decode()}],
            "structuredContent": content,
        }

    def _text(self, params: Json, name: str) -> str:
        value = params.get(name)
        if not isinstance(value, str) or not value:
            raise Refused(INVALID_PARAMS, self.place.say("{name!r} must be a string", name=name))
        return value


@dataclass(frozen=True, slots=True)
class _Told:
    caller: Caller
    accepted: bool

    async def __call__(self, done: float, total: float | None, says: str) -> None:
        await self.caller.told(done, total, says)


def told(say: Say, wrong: MingaError) -> str:
    """The error and its remedy; that of a plain BadInput is about the command line."""
    message, remedy = say.error(wrong)
    return message if type(wrong) is BadInput else f"{message} {remedy}".strip()


_MODERN = frozenset({"server/discover"})

_EARLIER = frozenset({"ping"})
"""Methods of one era only."""

_CAPABILITIES: Json = {"tools": {}, "resources": {}, "prompts": {}}

_KEPT = frozenset(
    {"server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"}
)


async def _nothing(params: Json, caller: Caller) -> Json:
    return {}
