"""Whether a person accepts what a tool is about to change: asked through the client, once, for just that call."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from minga.domain.saying import Say
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.protocol import Client, Json, Missing
from minga.entrypoints.mcp.tool import Tool
from minga.infrastructure.jsonrpc import INVALID_PARAMS, Refused

CONSENT = "confirm"
"""Names the one question of a call, where the client must call again with its answer."""

VALID_S = 600
"""For an answer that comes with another call."""

TAKEN_MAX = 10_000
"""Answers that are remembered as taken; older ones are too old by then."""


class Asks(Protocol):
    @property
    def client(self) -> Client: ...

    async def accepts(self, question: str) -> bool | None:
        """What its user says to ``question``; None where it must call again with the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Consents:
    """``seal`` proves that an answer is that to our own question; the same in all workers."""

    place: Place
    seal: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    _taken: set[str] = field(default_factory=set)

    async def ask(self, tool: Tool, asked: Any, params: Json, caller: Asks) -> Json | bool:
        """Where it may be done, whether a person was asked and accepted it; else the result that asks for it, or says
        that it was refused. Raises Refused, and MingaError where there is nothing to ask about. A client that is
        trusted to ask may answer by itself, as a run of Minga's does by its policy."""
        say, by_client = self.place.say, self.place.settings.text("mcp_consent") == "client"
        question = await tool.consent(asked, self.place) if tool.consent else None
        if question is None:
            return False
        if not caller.client.can_ask:
            return False if by_client else _cannot(say, question, caller.client)
        answers = params.get("inputResponses")
        if isinstance(answers, dict) and CONSENT in answers:
            self._take(str(params.get("requestState", "")), tool, asked)
            given = answers[CONSENT]
            accepted: bool | None = isinstance(given, dict) and given.get("action") == "accept"
        else:
            accepted = await caller.accepts(question)
        if accepted is None:
            return self._question(question, tool, asked)
        return not by_client if accepted else failed(say("The person did not accept; nothing was done."))

    def _question(self, question: str, tool: Tool, asked: Any) -> Json:
        until = int(self.place.now().timestamp()) + VALID_S
        state = self._sealed(tool, asked, f"{until}.{os.urandom(8).hex()}")
        asks = {"method": "elicitation/create", "params": elicitation(question)}
        return {"resultType": "input_required", "inputRequests": {CONSENT: asks}, "requestState": state}

    def _sealed(self, tool: Tool, asked: Any, head: str) -> str:
        """Binds an answer to what was asked, until when, and to one question."""
        said = msgspec.json.encode([tool.name, asked, head])
        return f"{head}.{hmac.new(self.seal, said, hashlib.sha256).hexdigest()}"

    def _take(self, shown: str, tool: Tool, asked: Any) -> None:
        """Raises Refused for an answer to another question, one that is too old, and one that this process has taken
        before."""
        head = shown.rpartition(".")[0]
        is_ours = hmac.compare_digest(shown.encode(), self._sealed(tool, asked, head).encode())
        if not is_ours or int(head.partition(".")[0]) < self.place.now().timestamp() or shown in self._taken:
            raise Refused(INVALID_PARAMS, self.place.say("The answer belongs to another call; nothing was done."))
        if len(self._taken) >= TAKEN_MAX:
            self._taken.clear()
        self._taken.add(shown)


def elicitation(question: str) -> Json:
    """A question that is accepted or declined, and asks for no more."""
    return {"mode": "form", "message": question, "requestedSchema": {"type": "object", "properties": {}}}


def failed(says: str) -> Json:
    """The model reads it, and can do better."""
    return {"content": [{"type": "text", "text": says}], "isError": True}


def _cannot(say: Say, question: str, client: Client) -> Json:
    says = say(
        "A person must accept this first: {question} This client cannot put the question. Do it in a terminal"
        " with minga, or set mcp_consent = client where the client asks before each tool itself.",
        question=question,
    )
    if client.is_modern:
        raise Missing(says, {"elicitation": {"form": {}}})
    return failed(says)
