"""Keeps a derived file up with the log: what came is taken in, what went is taken out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from minga.domain.ids import SessionId
from minga.domain.memory import Log, LogKey
from minga.storage.database import Transaction
from minga.storage.derived import Damaged, DerivedFile

Result = TypeVar("Result")

TRIES = 6
"""A file is made anew whenever something is forgotten; several processes may forget at once."""

Reason = Literal["new", "damaged", "behind"]


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` messages are taken in. ``reason``: why it takes so long; ``meaning``: vectors are made."""

    reason: Reason | Literal["meaning"]
    done: int
    total: int


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Known:
    """``last``: the message that was looked at last, its number 0 where none was. ``generation``: of the rights when
    they were last compared. ``is_current``: not made by a version that derived something else."""

    last: LogKey
    generation: int
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class Tables:
    """Of a derived file. ``between``: the messages that were taken in, of two numbers and what lies between them.
    ``set_last`` is given None where all is to be looked at again."""

    known: Callable[[Transaction], Known]
    between: Callable[[Transaction, int, int], Mapping[int, LogKey]]
    sessions: Callable[[Transaction], frozenset[SessionId]]
    set_last: Callable[[Transaction, LogKey | None], None]
    set_generation: Callable[[Transaction, int], None]
    forget_messages: Callable[[Transaction, Sequence[int]], None]
    forget_session: Callable[[Transaction, SessionId], None]


TakeIn = Callable[[Sequence[LogKey]], Awaitable[None]]


class Follower:
    """``take_in`` writes messages into the file; it must do nothing with those that are there already."""

    def __init__(self, file: DerivedFile, log: Log, tables: Tables, take_in: TakeIn) -> None:
        self._file = file
        self._log = log
        self._tables = tables
        self._take_in = take_in
        self._reason: Reason = "behind"

    async def catch_up(self, on_progress: OnProgress = lambda _: None) -> None:
        """Does little where nothing has happened. A file that is damaged, or that another process takes away, is made
        anew. Raises StoreError, and UnknownUser before there is a file."""
        self._log.generation()
        await self._log.complete()
        for left in reversed(range(TRIES)):
            try:
                await self._follow(on_progress)
                break
            except Damaged as damaged:
                if not left:
                    raise damaged.__cause__ or damaged from None
                await self.begin_anew("damaged")
        self._reason = "behind"

    async def ahead(self, is_wanted: Callable[[LogKey], bool]) -> None:
        """Take in what ``is_wanted`` of the new messages before all others. Does nothing with a file that is to be made
        anew or compared first. Raises Damaged, StoreError, and UnknownUser before there is a file."""
        self._log.generation()
        known = await self._file.read(self._tables.known)
        if not known.is_current or (known.last.seq and not await self._log.holds(known.last)):
            return
        through = known.last.seq
        while keys := await self._log.keys(through):
            through = keys[-1].seq
            for some in _in_a_row([key for key in keys if is_wanted(key)]):
                await self._take_in_batch(some)

    async def mending(self, use: Callable[[], Awaitable[Result]], on_progress: OnProgress = lambda _: None) -> Result:
        """What ``use`` of the file gives. A file that turns out to be damaged, in a page that only this use meets, or
        that another process has taken away, is made anew and used once more. Raises StoreError."""
        for _ in range(TRIES):
            try:
                return await use()
            except Damaged as damaged:
                cause = damaged.__cause__ or damaged
            await self.begin_anew("damaged")
            await self.catch_up(on_progress)
        raise cause

    async def begin_anew(self, reason: Reason = "new") -> None:
        await self._file.begin_anew()
        self._reason = reason

    async def forget(self, session_ids: Sequence[SessionId]) -> None:
        """So that nothing of them is left in the file. Raises Damaged, StoreError."""

        def work(transaction: Transaction) -> None:
            for session_id in session_ids:
                self._tables.forget_session(transaction, session_id)

        if session_ids:
            await self._file.write(work)
            await self._file.drop_log()

    async def _follow(self, on_progress: OnProgress) -> None:
        known = await self._file.read(self._tables.known)
        if not known.is_current:
            await self.begin_anew()
            known = await self._file.read(self._tables.known)
        if not known.last.seq:
            self._reason = "damaged" if self._reason == "damaged" else "new"
        elif not await self._log.holds(known.last):
            await self._compare()
            known = await self._file.read(self._tables.known)
        newest, through = await self._log.newest(), known.last.seq
        while newest > through and (keys := await self._log.keys(through)):
            await self._take_in_batch(keys)
            through = keys[-1].seq
            await self._set_last(keys[-1])
            on_progress(Progress(self._reason, through, max(newest, through)))
        generation = self._log.generation()
        if generation != known.generation:
            await self._settle(generation)

    async def _take_in_batch(self, keys: Sequence[LogKey]) -> None:
        there = await self._file.read(lambda t: self._tables.between(t, keys[0].seq, keys[-1].seq))
        await self._take_in([key for key in keys if there.get(key.seq) != key])

    async def _set_last(self, last: LogKey | None) -> None:
        await self._file.write(lambda t: self._tables.set_last(t, last))

    async def _settle(self, generation: int) -> None:
        """Rights have changed: sessions that may no longer be read go, those that may be read now come. All are looked
        at, which takes a moment; so only then."""
        readable = self._log.readable()
        known = await self._file.read(self._tables.sessions)
        await self.forget([one for one in sorted(known - readable) if not self._log.may_read(one)])
        for session_id in sorted(readable - known):
            through = 0
            while keys := await self._log.keys(through, session_id):
                await self._take_in_batch(keys)
                through = keys[-1].seq
        await self._file.write(lambda t: self._tables.set_generation(t, generation))

    async def _compare(self) -> None:
        """The log no longer holds the last message that was looked at: sessions were deleted or a backup restored, and
        numbers may have been given again. What it lacks is taken out; the rest is looked for from the start."""
        seq, more = 0, True
        while more:
            keys = await self._log.keys(seq)
            more = bool(keys)
            last = keys[-1].seq if keys else 1 << 62
            there = {key.seq: key for key in keys}

            def work(transaction: Transaction, first: int = seq + 1, last: int = last, there: Mapping = there) -> None:  # type: ignore[type-arg]
                known = self._tables.between(transaction, first, last)
                self._tables.forget_messages(transaction, [one for one, key in known.items() if there.get(one) != key])

            await self._file.write(work)
            seq = last
        await self._set_last(None)


def _in_a_row(keys: Sequence[LogKey]) -> list[list[LogKey]]:
    """Those whose numbers follow one another together: nothing lies between them that would be read with them."""
    found: list[list[LogKey]] = []
    for key in keys:
        if found and found[-1][-1].seq + 1 == key.seq:
            found[-1].append(key)
        else:
            found.append([key])
    return found
