"""Keeps the sessions of several devices in step through a place that sees only ciphertext."""

import asyncio
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from minga.domain.errors import BadAgeKey, NoSyncKey, OtherSyncKey, SessionBusy, SyncKeyInTheWay, SyncPlaceFailed
from minga.domain.ids import SessionId
from minga.infrastructure import age
from minga.infrastructure.files import place_new
from minga.infrastructure.ids import NewId
from minga.infrastructure.segments import Place, Segment, Taken
from minga.sessions.arriving import Arrivals, Incoming, SessionNews, parse
from minga.sessions.container import SEGMENT, NotWhole, Pieces, Record, TooNew, read, written
from minga.sessions.exchange import Exchange, Outgoing, Position

FIRST = "# made on this device"

NEWER = "a newer Minga wrote it; it is read after an update"


def key_file(profile: str) -> str:
    """The name of the file of the key. Profiles of one account have keys of their own: what one leaves at a place must
    not reach another. ``profile`` is empty for the account itself."""
    return f"sync-{quote(profile, safe='')}.key" if profile else "sync.key"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is: segments taken in of those that are new, messages sent so far."""

    taken: int
    new: int
    sent: int


OnProgress: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A segment that was not taken in, and why. The next sync tries it again."""

    segment: Segment
    reason: str


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did. ``sent`` counts messages that went out; ``missing`` are numbers that a log
    lacks: removed, or not arrived yet; ``withheld`` sessions that are here again though the group deleted them;
    ``again``: everything was sent anew, as what this device had left there is gone, or by wish."""

    device: str
    sent: int
    segments: int
    incoming: Incoming
    skipped: tuple[Skipped, ...] = ()
    missing: tuple[Segment, ...] = ()
    withheld: tuple[SessionId, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class SyncKey:
    """The one secret of a group of devices, in a file of this device that only its owner can read (0600)."""

    path: Path

    def make(self) -> tuple[str, str]:
        """Begin a group; return its secret key and the public one. Raises SyncKeyInTheWay."""
        secret, public = age.new_identity()
        self._write(secret, f"{public}\n{FIRST}")
        return secret, public

    def join(self, text: str) -> str:
        """Take over the key of a group; return the public one. Raises BadAgeKey, SyncKeyInTheWay."""
        keys = _identities(text, "what was given")
        public = str(keys.recipients().keys[0])
        self._write(str(keys.keys[0]), public)
        return public

    def is_first(self) -> bool:
        """Whether the key was made on this device. Raises NoSyncKey."""
        try:
            return FIRST in self.path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            raise NoSyncKey(path=str(self.path)) from None

    def read(self) -> age.Identities:
        """Raises NoSyncKey, BadAgeKey."""
        try:
            return _identities(self.path.read_text("utf-8"), str(self.path))
        except FileNotFoundError:
            raise NoSyncKey(path=str(self.path)) from None

    def token(self) -> str:
        """What the group says to a server to be known again: made from the secret key, and tells nothing of it."""
        secret = str(self.read().keys[0])
        return hashlib.sha256(b"minga sync token 1\n" + secret.encode()).hexdigest()

    def _write(self, secret: str, public: str) -> None:
        try:
            place_new(self.path, f"# minga sync key\n# public key: {public}\n{secret}\n".encode())
        except FileExistsError:
            raise SyncKeyInTheWay(path=str(self.path)) from None


def _identities(text: str, name: str) -> age.Identities:
    try:
        return age.identities(text)
    except age.BadKey as wrong:
        raise BadAgeKey(key=name, detail=str(wrong)) from wrong


@dataclass(frozen=True, slots=True)
class Syncing:
    exchange: Exchange
    arrivals: Arrivals
    new_id: NewId
    key: SyncKey

    async def run(
        self, place: Place, on_progress: OnProgress = lambda _: None, *, begin: bool = False, renew: bool = False
    ) -> Synced:
        """Take in what other devices left at ``place`` and leave there what they lack. Killed at any moment, the next
        run goes on: nothing is lost, and what comes twice changes nothing.

        Only the device that made the key marks a new place, and any that is told to ``begin``: a place that is empty
        may not have arrived yet. With ``renew`` the device writes its log anew, without what was deleted since, and
        removes the old one. Raises NoSyncKey, OtherSyncKey, SyncPlaceFailed, errors under `StoreError`.
        """
        course = _Course(self, place, _Seal(self.key.read()), on_progress)
        there = await place.segments()
        place_id = await course.enter(may_begin=begin or self.key.is_first(), is_used=bool(there))
        position = await self.exchange.begin(place_id)
        taken = await self.exchange.taken(position.place)
        new = [segment for segment in there if (segment.device, segment.number) not in taken]
        for count, segment in enumerate(new, 1):
            await course.take(position, segment)
            on_progress(Progress(count, len(new), 0))
        own = {number for device, number in taken if device == position.device}
        lost = own - {one.number for one in there if one.device == position.device}
        if lost or renew:
            position = await self.exchange.begin_anew(position)
        course.next_number = 1 + max((one.number for one in there if one.device == position.device), default=0)
        position = await course.send_all(position)
        if renew:
            former = await self.exchange.former_names(position)
            for segment in there:
                if segment.device in former:
                    await place.remove(segment)
        return Synced(
            device=position.device,
            sent=course.sent,
            segments=course.segments,
            incoming=course.incoming,
            skipped=tuple(course.skipped),
            missing=() if renew else tuple(_missing(there)),
            withheld=tuple(await self.exchange.withheld(position)),
            again=bool(lost) or renew,
        )


def _missing(there: Sequence[Segment]) -> list[Segment]:
    """Numbers that a log has skipped: removed, or not arrived yet."""
    last = {segment.device: segment.number for segment in sorted(there)}
    present = set(there)
    every = [Segment(device, number) for device, count in last.items() for number in range(1, count)]
    return [one for one in every if one not in present]


@dataclass(frozen=True, slots=True)
class _Seal:
    """Seals segments for the group and opens them."""

    keys: age.Identities

    def close(self, records: Sequence[Record]) -> bytes:
        sealed = io.BytesIO()
        age.encrypt(Pieces(written(SEGMENT, records)), sealed, self.keys.recipients())
        return sealed.getvalue()

    def open(self, sealed: bytes) -> list[Record]:
        """Raises age.WrongKey, age.Damaged, NotWhole, TooNew."""
        opened = io.BytesIO()
        age.decrypt(io.BytesIO(sealed), opened, self.keys)
        opened.seek(0)
        return list(read(SEGMENT, opened))


@dataclass(slots=True)
class _Course:
    """One run."""

    syncing: Syncing
    place: Place
    seal: _Seal
    on_progress: OnProgress
    incoming: Incoming = field(default_factory=Incoming)
    skipped: list[Skipped] = field(default_factory=list)
    next_number: int = 1
    sent: int = 0
    segments: int = 0

    async def enter(self, *, may_begin: bool, is_used: bool) -> str:
        """The id of the place, which its marker holds; a new place gets one. Raises OtherSyncKey, SyncPlaceFailed."""
        marker = await self.place.marker()
        if marker is None and is_used:
            raise SyncPlaceFailed(place=self.place.name, detail="its marker is missing: removed, or not arrived yet")
        if marker is None and not may_begin:
            detail = "nothing is there yet; wait until it has arrived, or begin a new place with --begin"
            raise SyncPlaceFailed(place=self.place.name, detail=detail)
        if marker is None:
            place_id = self.syncing.new_id()
            try:
                await self.place.mark(self.seal.close([Record("place", b"", {"id": place_id})]))
                return place_id
            except Taken:
                marker = await self.place.marker()
        try:
            [record] = self.seal.open(marker or b"")
            return str(record.names["id"])
        except age.WrongKey as wrong:
            raise OtherSyncKey(place=self.place.name) from wrong
        except (age.Damaged, NotWhole, ValueError, KeyError) as wrong:
            detail = "its marker is damaged, or has not arrived whole"
            raise SyncPlaceFailed(place=self.place.name, detail=detail) from wrong
        except TooNew as wrong:
            raise SyncPlaceFailed(place=self.place.name, detail=NEWER) from wrong

    async def take(self, position: Position, segment: Segment) -> None:
        """A segment that cannot be opened is skipped, with its reason; nothing of it is taken in."""
        sealed = await self.place.read(segment)
        try:
            news = await asyncio.to_thread(self._opened, position.place, segment, sealed)
        except age.WrongKey:
            self.skipped.append(Skipped(segment, "it was sealed with another key"))
        except (age.Damaged, NotWhole) as wrong:
            self.skipped.append(Skipped(segment, str(wrong)))
        except TooNew:
            self.skipped.append(Skipped(segment, NEWER))
        else:
            await self._merge(position, segment, news)

    async def _merge(self, position: Position, segment: Segment, news: Sequence[SessionNews]) -> None:
        key = segment.device, segment.number
        try:
            self.incoming = await self.syncing.arrivals.take(position.place, key, news, self.incoming)
        except SessionBusy as busy:  # it was deleted elsewhere, and is at work here
            self.skipped.append(Skipped(segment, busy.message))

    def _opened(self, place: str, segment: Segment, sealed: bytes) -> list[SessionNews]:
        records = self.seal.open(sealed)
        named = {"place": place, "device": segment.device, "number": segment.number}
        if not records or records[0].kind != "segment" or records[0].names != named:
            raise NotWhole("it is not what its name says: it was moved or put in the place of another")
        return parse(records[1:])

    async def send_all(self, position: Position) -> Position:
        for facts in await self.syncing.exchange.facts(position):
            position = await self._send(position, facts)
        while True:
            outgoing = await self.syncing.exchange.messages(position)
            if not outgoing.records:
                return await self.syncing.exchange.sent(position, 0, outgoing)
            position = await self._send(position, outgoing)
            self.sent += len(outgoing.records)
            self.on_progress(Progress(0, 0, self.sent))

    async def _send(self, position: Position, outgoing: Outgoing) -> Position:
        """A number that is taken by now (another store has this device's name: a copied disk) is left to it."""
        while True:
            segment = Segment(position.device, self.next_number)
            self.next_number += 1
            head = Record("segment", b"", {"place": position.place, "device": segment.device, "number": segment.number})
            sealed = await asyncio.to_thread(self.seal.close, (head, *outgoing.records))
            try:
                await self.place.add(segment, sealed)
            except Taken:
                continue
            self.segments += 1
            return await self.syncing.exchange.sent(position, segment.number, outgoing)
