"""Whether what is derived is whole: looked at as it lies there, without mending anything."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from minga.domain.errors import UnreadableModel
from minga.domain.meaning import Encoder, Excerpt, Reader
from minga.domain.memory import ItemId, Log, LogKey
from minga.memory.evidence import Standing, standings, stored
from minga.memory.index import meaning, state
from minga.storage.database import Transaction
from minga.storage.derived import Damaged, DerivedFile

SAMPLE = 200
"""Passages that are compared with the log, spread over all."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """``is_whole`` false: the file cannot be used, and nothing else is known. ``through``: message up to which the log
    was taken in, of ``newest``. ``worded``: passages that full-text search has,
    or another one that says the same; ``astray``: vectors without a passage; ``misfit``: passages whose vector or
    tokens have a wrong length, where the model that made them is there.
    ``sampled`` passages were read from the log again, ``verified`` of them say the same. ``waiting`` have no vector.
    ``unread``: why the model for meaning cannot be used; ``unreadable``: why the one cannot that reads passages.
    """

    is_whole: bool
    through: int = 0
    newest: int = 0
    passages: int = 0
    worded: int = 0
    vectors: int = 0
    astray: int = 0
    misfit: int = 0
    sampled: int = 0
    verified: int = 0
    encoder: str = ""
    waiting: int = 0
    unread: str = ""
    unreadable: str = ""

    @property
    def is_begun(self) -> bool:
        """The file was made a moment ago, such as after a deletion that was cut off: nothing of the log is in it."""
        return self.is_whole and not (self.through or self.passages) and self.newest > 0

    @property
    def is_sound(self) -> bool:
        """Nothing has to be made anew. What is still to be taken in, or has no vector yet, is no harm."""
        is_derived = self.worded == self.passages and self.verified == self.sampled
        return self.is_whole and is_derived and not (self.astray or self.misfit or self.unread or self.unreadable)


async def checkup(file: DerivedFile, log: Log, encoder: Encoder | None, reader: Reader | None) -> Checkup:
    """Raises StoreError."""
    try:
        found = await file.read(partial(_tables, encoder=encoder))
        kept = await file.read(partial(_sample, limit=SAMPLE))
        key = await file.read(state.digest_key)
    except Damaged:
        return Checkup(is_whole=False)
    places = sorted({place for place, _ in kept.values()}, key=lambda one: one.seq)
    standing = standings(kept, await log.read(places), key)
    verified = sum(one is Standing.VERIFIED for one in standing.values())
    newest, name = await log.newest(), encoder.name if encoder else ""
    unread = await asyncio.to_thread(_unread, partial(encoder.question, "")) if encoder else ""
    read = partial(reader.answers, "", [Excerpt("")]) if reader and not unread else None
    unreadable = await asyncio.to_thread(_unread, read) if read else ""
    made = replace(found, newest=newest, sampled=len(kept), verified=verified)
    return replace(made, encoder=name, unread=unread, unreadable=unreadable)


def _unread(use: Callable[[], object]) -> str:
    """Why a model cannot be used, empty where it can."""
    try:
        use()
    except UnreadableModel as wrong:
        return str(wrong.values["detail"])
    return ""


def _tables(transaction: Transaction, encoder: Encoder | None) -> Checkup:
    [(state_of_file,)] = transaction.execute("PRAGMA quick_check(1)")
    counts = [
        transaction.execute(f"SELECT COUNT(*) FROM {what}")[0][0]  # noqa: S608 - constants
        for what in (
            "passages",
            "(SELECT id FROM words_docsize UNION ALL SELECT number FROM passages WHERE NOT leads)",
            "vectors",
            "vectors WHERE number NOT IN (SELECT number FROM passages)",
        )
    ]
    passages, worded, vectors, astray = counts
    return Checkup(
        is_whole=state_of_file == "ok",
        through=state.through(transaction),
        passages=passages,
        worded=worded,
        vectors=vectors,
        astray=astray,
        misfit=_misfit(transaction, encoder),
        waiting=meaning.waiting(transaction),
    )


def _misfit(transaction: Transaction, encoder: Encoder | None) -> int:
    """Vectors of another encoder are made anew anyway."""
    if encoder is None or meaning.of_encoder(transaction)[0] != encoder.name:
        return 0
    return len(meaning.wrong_lengths(transaction, encoder.dimensions))


def _sample(transaction: Transaction, limit: int) -> dict[ItemId, tuple[LogKey, bytes]]:
    rows = transaction.execute("SELECT id FROM passages ORDER BY id")
    step = max(1, len(rows) // limit)
    return stored(transaction, [ItemId(row[0]) for row in rows[::step]][:limit])
