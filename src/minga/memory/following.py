"""Keeps what is derived up with the log: what came is taken in, what went is taken out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from minga.domain.memory import Log, LogKey, LogMessage
from minga.memory.index import state
from minga.storage.database import Transaction
from minga.storage.derived import Damaged, DerivedFile

TakeIn = Callable[[Transaction, Sequence[LogMessage]], None]


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` messages are taken in. ``reason``: why it takes so long; ``meaning``: vectors are made."""

    reason: Literal["new", "damaged", "behind", "meaning"]
    done: int
    total: int


OnProgress = Callable[[Progress], None]


class Follower:
    """``take_in`` must do nothing with messages that are there already. ``version`` is that of the derivation: a file
    of another one is made anew."""

    def __init__(self, file: DerivedFile, log: Log, take_in: TakeIn, version: int) -> None:
        self._file = file
        self._log = log
        self._take_in = take_in
        self._version = version
        self._reason: Literal["new", "damaged", "behind"] = "behind"

    async def catch_up(self, on_progress: OnProgress = lambda _: None) -> None:
        """Does little where nothing has happened. A file that is damaged is made anew. Raises StoreError."""
        await self._log.complete()
        try:
            await self._follow(on_progress)
        except Damaged:
            await self.begin_anew("damaged")
            await self._follow(on_progress)
        self._reason = "behind"

    async def begin_anew(self, reason: Literal["new", "damaged", "behind"] = "new") -> None:
        await self._file.begin_anew()
        self._reason = reason

    async def _follow(self, on_progress: OnProgress) -> None:
        known = await self._file.read(state.read)
        if known.through and known.version != self._version:
            await self.begin_anew()
            known = await self._file.read(state.read)
        if not known.through:
            self._reason = "damaged" if self._reason == "damaged" else "new"
            await self._file.write(lambda transaction: state.set_version(transaction, self._version))
        if known.through and not await self._log.holds(known.last):
            await self._compare()
            known = await self._file.read(state.read)
        newest, through = await self._log.newest(), known.through
        while newest > through and (keys := await self._log.keys(through)):
            await self._take_in_batch(keys)
            through = keys[-1].seq
            await self._file.write(lambda transaction, last=keys[-1]: state.set_through(transaction, last))  # type: ignore[misc]
            on_progress(Progress(self._reason, through, max(newest, through)))
        generation = self._log.generation()
        if generation != known.generation:
            await self._settle(generation)

    async def _take_in_batch(self, keys: Sequence[LogKey]) -> None:
        there = await self._file.read(lambda transaction: state.between(transaction, keys[0].seq, keys[-1].seq))
        new = [key for key in keys if there.get(key.seq) != key]
        if entries := await self._log.read(new):
            await self._file.write(lambda transaction: self._take_in(transaction, entries))

    async def _settle(self, generation: int) -> None:
        """Rights have changed: sessions that may no longer be read go, those that may be read now come."""
        readable = self._log.readable()
        known = await self._file.read(state.sessions)
        for session_id in known - readable:
            if not self._log.may_read(session_id):
                await self._file.write(lambda transaction, one=session_id: state.forget_session(transaction, one))  # type: ignore[misc]
        for session_id in sorted(readable - known):
            through = 0
            while keys := await self._log.keys(through, session_id):
                await self._take_in_batch(keys)
                through = keys[-1].seq
        await self._file.write(lambda transaction: state.set_generation(transaction, generation))

    async def _compare(self) -> None:
        """The log no longer holds the last message that was looked at: sessions were deleted or a backup restored, and
        numbers may have been given again. What it lacks is taken out; the rest is looked for from the start."""
        seq, more = 0, True
        while more:
            keys = await self._log.keys(seq)
            more = bool(keys)
            last = keys[-1].seq if keys else 1 << 62
            there = {key.seq: key for key in keys}

            await self._file.write(partial(state.forget_others, first=seq + 1, last=last, there=there))
            seq = last
        await self._file.write(state.set_start)
