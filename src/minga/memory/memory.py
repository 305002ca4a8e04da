"""What a user's memory holds, brought up to date whenever it is asked."""

import asyncio
import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from minga.domain.ids import SessionId
from minga.domain.memory import Counts, Encoder, ItemId, Log, LogMessage, Passage, Question, Recollection, Rule
from minga.memory.extraction.extract import extract
from minga.memory.file import MemoryFile
from minga.memory.following import Follower, OnProgress, Progress
from minga.memory.index import counting, meaning, noted, reading, writing
from minga.memory.index.writing import Digested
from minga.memory.passages import passages_of
from minga.memory.rules import rules
from minga.storage.database import Transaction

VERSION = 1
"""Of the derivation: raise it where the same log would give something else now."""

EMBEDDED_AT_ONCE = 16

MEANING_S = 2.0
"""For how long a question waits for vectors that are still to be made; the rest are made when there is time."""


class Memory:
    """``key``: of the digests by which passages are verified. ``encoder`` gives None where there is none: then only
    words are compared."""

    def __init__(
        self, file: MemoryFile, key: Callable[[], bytes], log: Log, encoder: Callable[[], Encoder | None]
    ) -> None:
        self._file = file
        self._key = key
        self._encoder = encoder
        self._follower = Follower(self._file, log, self._take_in, VERSION)

    def _take_in(self, transaction: Transaction, entries: Sequence[LogMessage]) -> None:
        key = self._key()
        for entry in entries:
            digested = [Digested(one, extract(one), entry.note) for one in passages_of(entry)]
            writing.add(transaction, entry, digested, key)

    async def catch_up(self, on_progress: OnProgress = lambda _: None) -> None:
        """Take in what the log has learned since. Raises StoreError."""
        await self._follower.catch_up(on_progress)

    async def rebuild(self, on_progress: OnProgress = lambda _: None) -> None:
        """Derive all of it anew from the log. Raises StoreError."""
        await self._follower.begin_anew()
        await self.catch_up(on_progress)
        await self.embed(on_progress)

    async def embed(self, on_progress: OnProgress = lambda _: None, seconds: float = float("inf")) -> int:
        """Make the vectors that are missing, the newest first, for so long; return how many are missing then."""
        encoder = await asyncio.to_thread(self._encoder)
        if encoder is None:
            return 0
        await self._file.write(partial(meaning.set_encoder, name=encoder.name))
        end, done = time.monotonic() + seconds, 0
        waiting = await self._file.read(meaning.waiting)
        total = waiting
        while waiting and time.monotonic() < end:
            some = await self._file.read(partial(meaning.next_texts, limit=EMBEDDED_AT_ONCE))
            rows = await asyncio.to_thread(encoder.passages, [text for _, text in some])
            made = [(number, row) for (number, _), row in zip(some, rows, strict=True)]
            await self._file.write(partial(meaning.add, made=made))
            done += len(some)
            waiting = max(0, total - done)
            on_progress(Progress("meaning", done, total))
        return waiting

    async def recall(self, question: Question, on_progress: OnProgress = lambda _: None) -> Recollection:
        """What answers ``question``, best first; brings the memory up to date first. Raises StoreError."""
        await self.catch_up(on_progress)
        encoder = await asyncio.to_thread(self._encoder)
        waiting = await self.embed(seconds=MEANING_S)
        vector = await asyncio.to_thread(encoder.query, question.words) if encoder else None
        recalling = importlib.import_module("minga.memory.recalling")  # brings a library for numbers with it
        found: Recollection = await self._file.read(
            partial(recalling.recall, question=question, vector=vector, waiting=waiting)
        )
        return found

    async def passages(self, prefix: str) -> list[Passage]:
        """The passages whose id begins so, at most five. Only what was taken in."""
        return await self._file.read(partial(reading.passages_like, prefix=prefix))

    async def note(self, session_id: SessionId) -> Passage:
        """The first passage of a note that was just made. Raises StoreError."""
        await self.catch_up()
        return (await self._file.read(partial(reading.of_session, session_id=session_id)))[0]

    async def around(self, item: ItemId, steps: int) -> list[Passage]:
        """The passages of its session about one, in order, itself among them."""
        return await self._file.read(partial(reading.around, item=item, steps=steps))

    async def rules(self, places: Sequence[str] | None = None) -> list[Rule]:
        """Standing rules: proposed, accepted and rejected ones."""

        def work(transaction: Transaction) -> list[Rule]:
            return rules(noted.proposals(transaction, places), noted.notes(transaction, places))

        return await self._file.read(work)

    async def counts(self) -> Counts:
        """How much there is of everything."""
        counted = await self._file.read(counting.count)
        return replace(counted, bytes=self._file.size())
