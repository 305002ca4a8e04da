"""Virtual keys: made, shown once, kept as a hash, looked up, revoked."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from minga.domain.errors import KeyNameTaken, UnknownVirtualKey
from minga.domain.model_calls import KeyId, Refused, VirtualKey
from minga.identity.wanted import check
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.storage.database import Database, Transaction
from minga.storage.engine import Row
from minga.storage.instants import from_micros, to_micros

MIGRATIONS = Path(__file__).parent / "migrations"

PREFIX = "mk-"

HASHES = 256
"""Keys whose hash is remembered. A caller shows the same one each time."""

KNOWN_FOR = timedelta(seconds=1)
"""So late it is seen that another process has revoked a key."""

ASKED_FOR = timedelta(milliseconds=50)
"""So long whoever shows an unknown key waits until the store is asked again: a key works from the moment it is made,
and those who guess do not keep the store busy."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

FORGOTTEN_AFTER = timedelta(days=1)
"""So long after its end the key of a run stays in the store. What it cost stays for good, in the ledger."""

_END = "UPDATE virtual_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"

_END_SPENT = "UPDATE virtual_keys SET revoked_at = ?, budget_micro_usd = 0 WHERE id = ? AND revoked_at IS NULL"

_COLUMNS = (
    "id, name, user_name, team, project, models, created_at, expires_at, revoked_at, requests_per_minute,"
    " concurrent_max, budget_micro_usd, budget_window, scopes, tokens_per_minute, continues_streams, run_id,"
    " caches, marks_prompts"
)


class VirtualKeys:
    """The keys of one store. A key is 256 random bits, so its hash needs no salt and no slow function."""

    def __init__(self, database: Database, clock: Clock, new_id: NewId) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._known: dict[str, VirtualKey] = {}
        self._known_until = _LONG_AGO
        self._read_at = _LONG_AGO
        self._reading = asyncio.Lock()
        self._guessing = asyncio.Lock()

    async def make(self, wanted: VirtualKey, *, is_own: bool = False) -> tuple[str, VirtualKey]:
        """Make a key as ``wanted`` (whose id and time do not count); return it, this once, and what is kept of it.

        Raises KeyNameTaken, BadInput for what no key may be. ``is_own``: Minga made it up, for its own calls; such a
        key is not checked, nor is a run's.
        """
        if not (is_own or wanted.run_id):
            check(wanted, self._clock.now())
        text = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
        made = replace(wanted, id=KeyId(self._new_id()), created_at=self._clock.now())

        def work(transaction: Transaction) -> None:
            taken = "SELECT 1 FROM virtual_keys WHERE name = ? AND revoked_at IS NULL"
            if transaction.execute(taken, (made.name,)):
                raise KeyNameTaken(name=made.name)
            transaction.insert("virtual_keys", [(made.id, _hash(text), *_values(made))])

        await self._database.write(work)
        self._known_until = _LONG_AGO
        return text, made

    async def all(self) -> list[VirtualKey]:
        """Every key, the oldest first; of those of runs only the ones that lately ended."""
        return await self._read("1 = 1")

    async def revoke(self, name: str) -> VirtualKey:
        """End the key of this name, or whose id is this, for good. Raises UnknownVirtualKey."""
        live = [key for key in await self.all() if key.revoked_at is None]
        found = next((key for key in live if name in (key.name, key.id)), None)
        if found is None:
            raise UnknownVirtualKey(name=name)
        ended = replace(found, revoked_at=self._clock.now())
        at = _micros(ended.revoked_at)
        update = "UPDATE virtual_keys SET revoked_at = ? WHERE id = ?"
        await self._database.write(lambda transaction: transaction.execute(update, (at, found.id)))
        self._known_until = _LONG_AGO
        return ended

    async def prolong(self, key_id: KeyId, until: datetime) -> None:
        """Let a run's key be valid until then."""
        update, values = "UPDATE virtual_keys SET expires_at = ? WHERE id = ?", (to_micros(until), key_id)
        await self._database.write(lambda transaction: transaction.execute(update, values))
        self._known_until = _LONG_AGO

    async def end(self, key_id: KeyId) -> None:
        """End a run's key for good."""
        values = to_micros(self._clock.now()), key_id
        await self._database.write(lambda transaction: transaction.execute(_END, values))
        self._known_until = _LONG_AGO

    async def end_spent(self, key_id: KeyId) -> None:
        """End a run's key because its budget does not suffice. Nothing is left of that: so it can be told from a key
        that somebody revoked."""
        values = to_micros(self._clock.now()), key_id
        await self._database.write(lambda transaction: transaction.execute(_END_SPENT, values))
        self._known_until = _LONG_AGO

    async def of_run(self, run_id: str) -> VirtualKey | None:
        """The key that was made for a run, as long as it is remembered."""
        return next((key for key in await self._read("run_id <> ''") if key.run_id == run_id), None)

    async def end_runs(self, run_ids: Sequence[str]) -> None:
        """End the keys of these runs, and forget those of runs that ended a day ago. Writes only if there are any."""
        now = self._clock.now()
        keys = await self._read("run_id <> ''")
        live = [key.id for key in keys if key.run_id in run_ids and key.revoked_at is None]
        old = [key.id for key in keys if (_end_of(key) or now) < now - FORGOTTEN_AFTER]
        if not live and not old:
            return

        def work(transaction: Transaction) -> None:
            for key_id in live:
                transaction.execute(_END, (to_micros(now), key_id))
            for key_id in old:
                transaction.execute("DELETE FROM virtual_keys WHERE id = ?", (key_id,))

        await self._database.write(work)

    async def admit(self, text: str) -> VirtualKey:
        """The key that a caller shows. Raises Refused, which does not say why a key is wrong."""
        if not text:
            raise Refused("no-key", "a virtual key is needed: minga virtual-keys add NAME")
        now = self._clock.now()
        if now >= self._known_until:
            async with self._reading:  # once for all who come at the same time
                if now >= self._known_until:
                    await self._refresh(now)
        key = self._known.get(_hash(text))
        if key is None:
            await self._look_again(now)
            key = self._known.get(_hash(text))
        if key is None or key.revoked_at is not None:
            raise Refused("wrong-key", "this key is not valid")
        if key.expires_at is not None and now >= key.expires_at:
            raise Refused("expired-key", f"the key {key.name!r} expired on {key.expires_at:%Y-%m-%d %H:%M} UTC")
        return key

    async def _read(self, which: str) -> list[VirtualKey]:
        select = f"SELECT {_COLUMNS} FROM virtual_keys WHERE {which} ORDER BY created_at, id"  # noqa: S608 - constants
        rows = await self._database.read(lambda transaction: transaction.execute(select))
        return [_key(row) for row in rows]

    async def _refresh(self, now: datetime) -> None:
        select = f"SELECT sha256, {_COLUMNS} FROM virtual_keys WHERE revoked_at IS NULL"  # noqa: S608 - constants
        rows = await self._database.read(lambda transaction: transaction.execute(select))
        self._known = {row[0]: _key(row[1:]) for row in rows}
        self._known_until, self._read_at = now + KNOWN_FOR, now

    async def _look_again(self, asked_at: datetime) -> None:
        """Once for all who ask at the same time."""
        async with self._guessing:
            if self._read_at > asked_at:
                return
            await asyncio.sleep((self._read_at + ASKED_FOR - self._clock.now()).total_seconds())
            await self._refresh(self._clock.now())


@lru_cache(maxsize=HASHES)
def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _values(key: VirtualKey) -> tuple[str | int | None, ...]:
    return (
        key.name,
        key.user,
        key.team,
        key.project,
        " ".join(key.models),
        _micros(key.created_at),
        _micros(key.expires_at),
        _micros(key.revoked_at),
        key.requests_per_minute,
        key.concurrent_max,
        key.budget_micro_usd,
        key.budget_window,
        " ".join(key.scopes),
        key.tokens_per_minute,
        int(key.continues_streams),
        key.run_id,
        int(key.caches),
        int(key.marks_prompts),
    )


def _key(row: Row) -> VirtualKey:
    return VirtualKey(
        id=KeyId(row[0]),
        name=row[1],
        user=row[2],
        team=row[3],
        project=row[4],
        models=tuple(row[5].split()),
        created_at=from_micros(row[6]),
        expires_at=_instant(row[7]),
        revoked_at=_instant(row[8]),
        requests_per_minute=row[9],
        concurrent_max=row[10],
        budget_micro_usd=row[11],
        budget_window=row[12],
        scopes=tuple(row[13].split()),
        tokens_per_minute=row[14],
        continues_streams=bool(row[15]),
        run_id=row[16],
        caches=bool(row[17]),
        marks_prompts=bool(row[18]),
    )


def _end_of(key: VirtualKey) -> datetime | None:
    return min(filter(None, (key.revoked_at, key.expires_at)), default=None)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
