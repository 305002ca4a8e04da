"""Calls of a model in Minga's own name: through the gateway, with a key that has a budget a day and that nobody else
can show, and booked like every other call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import msgspec

from minga.domain.errors import KeyNameTaken, ModelRefused
from minga.domain.model_calls import KeyId, ModelCall, Reason, Refused, VirtualKey
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.clock import Clock
from minga.pipeline.model_call import Reply

PATIENCE_S = 300
"""For one answer."""

DETAIL_LENGTH = 200

_FINAL = frozenset[Reason](("budget", "unreachable", "unknown-model", "forbidden-model", "stopping"))
"""Why the gateway refuses whatever is asked."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and what it cost; None where no price is known."""

    text: str
    cost_micro_usd: int | None
    tokens: int


Ask = Callable[[str, str, int], Awaitable[Told]]
"""`OwnCalls.ask`: of what stands above all, what is asked, and how many tokens the answer may have."""


class _Block(msgspec.Struct, frozen=True):
    type: str = ""
    text: str = ""


class _Message(msgspec.Struct, frozen=True):
    content: tuple[_Block, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnCalls:
    """``name`` is that of the caller in the ledger; with ``user``, whose calls they are, that of the key. ``answer`` is
    the gateway's. ``model`` as the gateway knows it; it may speak any wire, since the gateway translates.
    ``budget_micro_usd`` for each day (UTC)."""

    name: str
    keys: VirtualKeys
    answer: Callable[[ModelCall, VirtualKey], Awaitable[Reply]]
    clock: Clock
    user: str
    model: str
    budget_micro_usd: int

    async def ask(self, system: str, text: str, answer_max: int) -> Told:
        """Raises ModelRefused where the budget is spent, or no model answers; StoreError."""
        said = [{"role": "user", "content": text}]
        body = {"model": self.model, "max_tokens": answer_max, "system": system, "messages": said}
        call = ModelCall(
            wire="anthropic",
            method="POST",
            path="messages",
            query="",
            model=self.model,
            stream=False,
            counts=False,
            answer_max=answer_max,
            headers=(("content-type", "application/json"), ("x-request-timeout", str(PATIENCE_S))),
            body=msgspec.json.encode(body),
            agent=self.name,
        )
        try:
            reply = await self.answer(call, await self._key())
        except Refused as refused:
            final = refused.reason in _FINAL
            raise ModelRefused(model=self.model, detail=refused.message, is_final=final) from refused
        answered = reply.body or b""
        if reply.status != 200:
            shown = answered.decode("utf-8", "replace")[:DETAIL_LENGTH]
            raise ModelRefused(model=self.model, detail=f"status {reply.status}: {shown}")
        booked = reply.booked
        usage = booked.usage if booked else None
        tokens = usage.input_tokens + usage.cached_input_tokens + usage.output_tokens if usage else 0
        return Told(_text(answered), booked.cost_micro_usd if booked else None, tokens)

    async def _key(self) -> VirtualKey:
        """The user's that is there, with today's budget; else a new one. Its text is thrown away: only Minga calls."""
        wanted = self._wanted()
        for _ in range(2):
            live = [one for one in await self.keys.all() if not one.revoked_at]
            known = next((one for one in live if (one.name, one.user) == (wanted.name, wanted.user)), None)
            if known is not None:
                return replace(known, budget_micro_usd=self.budget_micro_usd, budget_window="day")
            try:
                await self.keys.make(wanted, is_own=True)
            except KeyNameTaken:  # another process was faster
                continue
        raise ModelRefused(model=self.model, detail=f"there is no key {wanted.name!r}")

    def _wanted(self) -> VirtualKey:
        return VirtualKey(
            id=KeyId(""),
            name=f"{self.name}:{self.user}",
            user=self.user,
            team="",
            project="",
            models=(),
            created_at=self.clock.now(),
            expires_at=None,
            revoked_at=None,
            requests_per_minute=None,
            concurrent_max=None,
            budget_micro_usd=self.budget_micro_usd,
            budget_window="day",
        )


def _text(answered: bytes) -> str:
    """Empty where there is none: whoever asked sees that."""
    try:
        message = msgspec.json.decode(answered, type=_Message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return "".join(block.text for block in message.content if block.type == "text")
