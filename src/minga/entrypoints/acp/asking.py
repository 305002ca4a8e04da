"""Puts permission requests to the person in the editor."""

import asyncio
from contextlib import suppress

from minga.domain.events import PermissionRequested, ToolKind
from minga.domain.saying import Say
from minga.entrypoints.acp.peer import Peer
from minga.entrypoints.acp.updates import KINDS, Calls
from minga.entrypoints.acp.wire import PermissionAnswer, read, text
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import Refused, RpcError

SHOWN_WITHIN_S = 2.0


class ClientAsker:
    """Fits `agents.permissions.Asker`. A question comes after the events that led to it: whoever shows them says so
    with `shown`. What a person always allows is allowed for all tools of that kind, as long as the session is open;
    of a server (MCP) for that one tool. What has no kind, such as an edit elsewhere, is asked about each time."""

    def __init__(self, peer: Peer, session_id: str, calls: Calls, say: Say) -> None:
        self._peer = peer
        self._session_id = session_id
        self._calls = calls
        self._say = say
        self._always: set[tuple[ToolKind, str]] = set()
        self._shown: dict[str, asyncio.Event] = {}

    def shown(self, request: PermissionRequested) -> None:
        self._shown.setdefault(request.request_id, asyncio.Event()).set()

    def forget(self) -> None:
        """The turn has ended: what was shown of it is asked no more."""
        self._shown.clear()

    async def ask(self, request: PermissionRequested) -> bool:
        """A client that cannot ask, or answers something else, has not allowed it. Raises EOFError if it is gone."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_WITHIN_S):
                await self._shown.setdefault(request.request_id, asyncio.Event()).wait()
        alike = self._alike(request)
        if (request.kind, alike) in self._always:
            return True
        try:
            given = await self._peer.ask("session/request_permission", self._question(request, alike))
            chosen = read(given, PermissionAnswer, "session/request_permission").outcome.option_id
        except (RpcError, Refused):
            return False
        if chosen == "always" and alike:
            self._always.add((request.kind, alike))
            return True
        return chosen == "allow"

    def _alike(self, request: PermissionRequested) -> str:
        """What else an answer for always would allow; empty where it can only be given once."""
        if request.kind is ToolKind.MCP:
            return self._calls.tool(request.call_id)
        return "" if request.kind is ToolKind.OTHER else self._say(request.kind.value)

    def _question(self, request: PermissionRequested, alike: str) -> Json:
        say = self._say
        call: Json = {
            "toolCallId": self._calls.name(request.call_id) or request.request_id,
            "title": request.title or request.detail,
            "kind": KINDS[request.kind],
        }
        if request.detail and request.detail != request.title:
            call["content"] = [{"type": "content", "content": text(request.detail)}]
        always = {
            "optionId": "always",
            "name": say("Always allow in this session: {kind}", kind=alike),
            "kind": "allow_always",
        }
        return {
            "sessionId": self._session_id,
            "toolCall": call,
            "options": [
                {"optionId": "allow", "name": say("Allow"), "kind": "allow_once"},
                *([always] if alike else []),
                {"optionId": "reject", "name": say("Refuse"), "kind": "reject_once"},
            ],
        }
