"""Finds what was said and done in past sessions, whichever CLI it was in, in an index that keeps up with the store."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogKey
from minga.domain.secrecy import Vault
from minga.domain.sessions import Findings, Found, Wanted
from minga.sessions import index, index_source
from minga.sessions.feed import Feed
from minga.sessions.index import SessionFacts
from minga.sessions.notes import is_note
from minga.sessions.search_query import SCORE, fit, found_in, hits_of
from minga.sessions.search_words import terms_of
from minga.storage.database import Database, Transaction, migrations_in
from minga.storage.derived import Damaged, DerivedFile
from minga.storage.following import Follower, OnProgress

Costs = Callable[[Sequence[SessionId]], Awaitable[Mapping[SessionId, tuple[int, bool]]]]
"""For each session the sum of its known costs in micro-USD, and whether all are known."""


class _Conversations(Feed):
    """Notes are the memory's."""

    def readable(self) -> frozenset[SessionId]:
        return frozenset(one for one in super().readable() if not is_note(one))


class Search:
    """``path`` is the user's index; its folder is made when it is needed. ``key``: 32 bytes, the same until they are
    destroyed with a session; ``has_key``: whether there are any."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        path: Path,
        key: Callable[[], bytes],
        costs: Costs,
        has_key: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._vault = vault
        self._costs = costs
        migrations = migrations_in(index.MIGRATIONS, "index")
        self._index = DerivedFile(path, key, has_key, migrations, lambda engine: engine.add_score(SCORE, fit))
        self._follower = Follower(self._index, _Conversations(database, vault), index.TABLES, self._take_in)

    async def search(self, words: str, limit: int) -> list[Found]:
        """Find nothing but words; see `find`."""
        return list((await self.find(Wanted(words, limit=limit))).found)

    async def find(self, wanted: Wanted, on_progress: OnProgress = lambda _: None) -> Findings:
        """Bring the index up to date and return messages that hold every word, best first.

        Of the newest `search_query.RANKED` that do, those come first that hold the words most often for their length.
        Only messages of sessions that the user may read now. An index that is missing or damaged is made again. Raises
        StoreError.
        """
        await self.catch_up(on_progress)
        return await self._follower.mending(lambda: self._find(wanted), on_progress)

    async def has_agent(self, agent: AgentName) -> bool:
        """Whether the index, as it stands after a search, holds anything of an agent."""
        work = partial(index.has_agent, agent=agent)
        return await self._follower.mending(lambda: self._index.read(work))

    async def catch_up(self, on_progress: OnProgress = lambda _: None) -> None:
        """Take in what the store has learned since. Does little if that is nothing. Raises StoreError."""
        await self._follower.catch_up(on_progress)

    async def look(self, is_in: Callable[[str], bool]) -> tuple[int, list[tuple[str, str]]]:
        """Bring the index up to date and look at every document in it: how many there are, and session and message of
        those whose text fits. Raises StoreError."""
        await self.catch_up()
        work = partial(index.holding, is_in=is_in)
        return await self._follower.mending(lambda: self._index.read(work))

    async def forget(self, session_id: SessionId) -> None:
        """Take a session out of the index, so that nothing of it is left in the file; for sessions that are deleted."""
        if not self._index.exists():
            return
        try:
            await self._follower.forget([session_id])
        except Damaged:
            await self._follower.begin_anew("damaged")

    def key(self) -> bytes | None:
        """That of the index as it lies there; None where there is none."""
        return self._index.key()

    async def shred_sessions(self, session_ids: Sequence[SessionId], old_key: bytes | None) -> None:
        """Take out sessions that were deleted, and give the index a new key: ``old_key`` was destroyed with them, so
        that no copy of the index tells of them. Killed in the middle, or where another process has the index open, it
        is made again at its next use."""

        def take_out(transaction: Transaction) -> None:
            for session_id in session_ids:
                index.forget_session(transaction, session_id)

        await self._index.shred(take_out, old_key)

    async def close(self) -> None:
        await self._index.close()

    async def _find(self, wanted: Wanted) -> Findings:
        terms = terms_of(wanted.words)
        hits = await self._index.read(lambda transaction: hits_of(transaction, wanted, terms))
        found: list[Found] = []
        gone: set[SessionId] = set()
        place = 0
        while len(found) < wanted.limit and place < len(hits.numbers):
            some = hits.numbers[place : place + wanted.limit]
            place += wanted.limit
            details = await self._index.read(lambda transaction, some=some: found_in(transaction, some, terms))  # type: ignore[misc]
            for one in details:
                if self._vault.access(one.session_id) is None:
                    gone.add(one.session_id)
                else:
                    found.append(one)
        for session_id in gone:
            await self.forget(session_id)
        return Findings(tuple(found[: wanted.limit]), len(hits.numbers) if hits.is_cut else None)

    async def _take_in(self, keys: Sequence[LogKey]) -> None:
        entries = await self._database.read(lambda t: index_source.read_entries(t, self._vault, keys))
        session_ids = sorted({entry.session_id for entry in entries})
        places = await self._database.read(lambda t: index_source.places(t, session_ids))
        costs = await self._costs(session_ids) if session_ids else {}
        facts = {one: SessionFacts(*places[one], *costs.get(one, (0, True))) for one in session_ids if one in places}
        there = [entry for entry in entries if entry.session_id in facts]
        if there:
            await self._index.write(lambda t: index.add(t, there, facts))
