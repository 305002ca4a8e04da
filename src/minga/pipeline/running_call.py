"""A call of the gateway while it runs: what was tried, what was used, and the one entry that it leaves in the book."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from minga.domain.events import Usage
from minga.domain.model_calls import CacheUse, CallEntry, CallSeen, ModelCall, Tried, VirtualKey
from minga.infrastructure.clock import Clock
from minga.ledger.calls import CallBook
from minga.ledger.prices import PriceTable
from minga.policy.limits import Permit
from minga.providers.deployments import Deployment
from minga.providers.translation.calls import Translation
from minga.providers.translation.embeddings import EmbeddingTranslation

GONE = 499
"""The status that is booked where the caller went away."""

Source = Literal["provider", "estimate"]


@dataclass(frozen=True, slots=True)
class Books:
    """Where a call is written down. ``seen`` is told of each that has ended, and must not take long."""

    clock: Clock
    book: CallBook
    seen: Callable[[CallSeen], None]


@dataclass(slots=True)
class Running:
    """Booked once, whatever becomes of it. ``parts``: what other attempts used, by the model's name, and ``guessed``
    whether one of these is an estimate of what its provider will bill; ``continued``:
    another deployment went on with a stream that broke; ``translation``: that of the last attempt, None where the
    deployment speaks the caller's form."""

    books: Books
    prices: PriceTable
    key: VirtualKey
    call: ModelCall
    permit: Permit
    id: str
    began_s: float
    cache: CacheUse = ""
    deployment: Deployment | None = None
    first_s: float | None = None
    tried: list[Tried] = field(default_factory=list)
    parts: list[Usage] = field(default_factory=list)
    guessed: bool = False
    continued: bool = False
    translation: Translation | EmbeddingTranslation | None = None
    entry: CallEntry | None = None

    @property
    def model(self) -> str:
        return self.deployment.model if self.deployment else self.call.model

    def nothing(self) -> Usage:
        return Usage(self.model, 0, 0, 0, 0)

    def passed(self) -> None:
        """A byte has come."""
        if self.first_s is None:
            self.first_s = self.books.clock.monotonic()

    def note(self, deployment: Deployment, outcome: str, status: int, began_s: float) -> None:
        """An attempt has ended, or has begun to answer."""
        took_ms = round(1000 * (self.books.clock.monotonic() - began_s))
        self.tried.append(Tried(deployment.provider, deployment.account, outcome, status, began_s, took_ms))

    def _cost(self, used: Usage) -> int | None:
        """None where no price is known. What used nothing costs nothing."""
        return 0 if self.call.counts or not _tokens(used) else self.prices.cost_of_call_micro_usd(used.model, used)

    def book(self, used: Usage, source: Source, status: int) -> None:
        """Settle and book in one step, so that no budget is read in between."""
        if self.entry is not None:
            return
        call, key, deployment = self.call, self.key, self.deployment
        costs = [self._cost(one) for one in (*self.parts, used)]
        known = sum([one for one in costs if one is not None])
        cost = None if None in costs else known
        total = _sum([*self.parts, used]) if self.parts else used
        self.permit.settle(known, 0 if call.counts else _tokens(total), total.model)
        now_s = self.books.clock.monotonic()
        entry = self.entry = CallEntry(
            id=self.id,
            at=self.permit.began,
            key_id=key.id,
            user=key.user,
            team=key.team,
            project=key.project,
            provider=deployment.provider if deployment else "",
            wire=call.wire,
            usage=total,
            cost_micro_usd=cost,
            source="estimate" if self.guessed else source,
            status=status,
            first_ms=round(1000 * ((self.first_s or now_s) - self.began_s)),
            took_ms=round(1000 * (now_s - self.began_s)),
            run_id=key.run_id,
            agent=key.agent or call.agent,
            account=deployment.account if deployment else "",
            attempts=max(len(self.tried), 1),
            cache=self.cache,
        )
        self.books.book.add(entry, self.permit.booked)
        tried = tuple(self.tried)
        seen = CallSeen(entry, key.name, tried, call.trace, self.continued, call.client, call.stream)
        self.books.seen(seen if self.translation is None else _translated(seen, self.translation))


def _translated(seen: CallSeen, translation: Translation | EmbeddingTranslation) -> CallSeen:
    notes = (*translation.notes.told("lost"), *translation.notes.told("changed"))
    return replace(seen, translated_to=translation.call.wire, notes=notes)


def _tokens(used: Usage) -> int:
    return used.input_tokens + used.cached_input_tokens + used.cache_write_tokens + used.output_tokens


def _sum(parts: list[Usage]) -> Usage:
    """Under the model's name of the last one."""
    total = parts[-1]
    for one in parts[:-1]:
        total = replace(
            total,
            input_tokens=total.input_tokens + one.input_tokens,
            cached_input_tokens=total.cached_input_tokens + one.cached_input_tokens,
            cache_write_tokens=total.cache_write_tokens + one.cache_write_tokens,
            output_tokens=total.output_tokens + one.output_tokens,
            reasoning_tokens=total.reasoning_tokens + one.reasoning_tokens,
        )
    return total
