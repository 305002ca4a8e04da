"""Resources: sessions, standing rules and receipts, as text that a person attaches."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from minga.domain.errors import MingaError
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.protocol import Json

RULES = "minga://rules"

KINDS = ("session", "receipt")
"""``minga://session/ID`` and so on."""


class NotThere(Exception):
    """No such resource is known."""


@dataclass(frozen=True, slots=True)
class Resources:
    place: Place

    async def listed(self) -> list[Json]:
        """Where the store cannot be read, the rules alone: Gemini CLI drops all tools of a server that answers this
        list with an error."""
        work = await self._work()
        try:
            sessions: list[Json] = await work.listed(self.place)
        except MingaError:
            sessions = []
        rules = {"uri": RULES, "name": "rules", "title": "Standing rules", "mimeType": "text/markdown"}
        return [rules, *sessions]

    def templates(self) -> list[Json]:
        titles = {"session": "A conversation as it went", "receipt": "What a session cost, turn by turn"}
        return [
            {"uriTemplate": f"minga://{kind}/{{id}}", "name": kind, "title": titles[kind], "mimeType": "text/markdown"}
            for kind in KINDS
        ]

    async def read(self, uri: str) -> Json:
        """Raises NotThere, MingaError."""
        work = await self._work()
        kind, _, name = uri.removeprefix("minga://").partition("/")
        known: dict[str, Callable[[Place, str], Awaitable[str]]] = {
            "rules": work.rules,
            "session": work.session,
            "receipt": work.receipt,
        }
        if not uri.startswith("minga://") or kind not in known or bool(name) != (kind in KINDS):
            raise NotThere
        return {"uri": uri, "mimeType": "text/markdown", "text": await known[kind](self.place, name)}

    async def _work(self) -> Any:
        """Imported at its first use, like the tools."""
        return await asyncio.to_thread(importlib.import_module, "minga.entrypoints.mcp.work.resources")
