"""A session as the records of a pack, and back: messages, native bytes, what could not be read, uncommitted changes."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from minga.domain.errors import BadInput, ReadOnlySession, SessionBusy, SessionOfAnother, UnknownSession
from minga.domain.ids import AgentName, NativeId, SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message, Workspace
from minga.infrastructure.clock import Clock
from minga.sessions.codec import to_json
from minga.sessions.container import NotWhole, Record
from minga.sessions.merging import advance, merge_messages, touch
from minga.sessions.natives import drop_pieces, keep_pieces, packed
from minga.sessions.notes import is_note
from minga.sessions.telling import tell
from minga.sessions.transcript_codec import decode_message
from minga.sessions.transcripts import insert_session, title_of
from minga.storage.database import Database, Transaction
from minga.storage.instants import from_micros, to_micros

BATCH = 64
"""Messages that are merged at once."""

DIFF_PIECE = 1024 * 1024

Result = TypeVar("Result")


class NativeNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """A native session whose bytes are in the pack. ``path`` and ``cli_version`` are those of the device it was on."""

    agent: str
    native_id: str
    path: str = ""
    cli_version: str = ""
    sha256: str = ""


class Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a pack says of itself first. ``diff``: the bytes of the patch against ``commit``, 0 without one."""

    session_id: str
    title: str
    head: str
    created_at: datetime
    made_at: datetime
    cwd: str
    remote: str = ""
    branch: str = ""
    commit: str = ""
    messages: int = 0
    natives: tuple[NativeNote, ...] = ()
    diff: int = 0


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What became of a pack. ``created``: the session was not here before. ``stands`` is its head now, which is not the
    pack's where it had gone on here: then it has another branch."""

    manifest: Manifest
    messages: int
    created: bool
    cwd: str
    stands: str


class Packing:
    """Sessions out of the store and into it, as streams of records."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock

    async def prepare(self, session_id: SessionId) -> Workspace:
        """Tell what has ended of the session; return where it works. Raises UnknownSession, SessionBusy; BadInput for a
        note of the memory."""

        def work(transaction: Transaction) -> Workspace:
            if self._vault.access(session_id) is None:
                raise UnknownSession(session=session_id)
            if is_note(session_id):
                raise BadInput(detail=f"{session_id!r} is a note of the memory: minga memory export takes it along")
            if transaction.execute("SELECT 1 FROM turns WHERE session_id = ? AND state = 'running'", (session_id,)):
                raise SessionBusy(session=session_id)
            tell(transaction, self._vault, session_id)
            select = "SELECT cwd, remote, branch, commit_id FROM sessions WHERE id = ?"
            return Workspace(*transaction.execute(select, (session_id,))[0])

        return await self._database.write(work)

    async def pack(
        self, session_id: SessionId, place: Workspace, diff: bytes, deliver: Callable[[Iterator[Record]], Result]
    ) -> Result:
        """Give ``deliver`` all records, as they are at one moment. ``place`` says where the session stands in git, and
        ``diff`` is the patch from there. Raises UnknownSession, and what ``deliver`` raises."""
        return await self._database.read(
            lambda transaction: deliver(self._records(transaction, session_id, place, diff))
        )

    def _records(
        self, transaction: Transaction, session_id: SessionId, place: Workspace, diff: bytes
    ) -> Iterator[Record]:
        natives = self._natives(transaction, session_id)
        yield Record("manifest", to_json(self._manifest(transaction, session_id, place, natives, len(diff))))
        select = "SELECT seq, id FROM messages WHERE session_id = ? ORDER BY seq"
        for seq, message_id in transaction.execute(select, (session_id,)):
            [(body,)] = transaction.execute("SELECT body FROM messages WHERE seq = ?", (seq,))
            yield Record("message", self._vault.open(session_id, bytes(body), f"messages:{message_id}"))
        for note in natives:
            yield from self._pieces(transaction, session_id, note)
        yield from self._asides(transaction, session_id)
        for place_in_diff in range(0, len(diff), DIFF_PIECE):
            yield Record("diff", diff[place_in_diff : place_in_diff + DIFF_PIECE])

    def _manifest(
        self,
        transaction: Transaction,
        session_id: SessionId,
        place: Workspace,
        natives: Sequence[NativeNote],
        diff: int,
    ) -> Manifest:
        rows = transaction.execute("SELECT title, head, created_at FROM sessions WHERE id = ?", (session_id,))
        if not rows:
            raise UnknownSession(session=session_id)
        [(title, head, created_at)] = rows
        [(messages,)] = transaction.execute("SELECT COUNT(*) FROM messages WHERE session_id = ?", (session_id,))
        return Manifest(
            session_id=session_id,
            title=title_of(self._vault, session_id, title),
            head=head,
            created_at=from_micros(created_at),
            made_at=self._clock.now(),
            cwd=place.cwd,
            remote=place.remote,
            branch=place.branch,
            commit=place.commit,
            messages=messages,
            natives=tuple(natives),
            diff=diff,
        )

    def _natives(self, transaction: Transaction, session_id: SessionId) -> list[NativeNote]:
        rows = transaction.execute(
            "SELECT DISTINCT p.agent, p.native_id, n.path, n.cli_version, n.sha256 FROM native_pieces p"
            " LEFT JOIN natives n ON n.session_id = p.session_id AND n.agent = p.agent AND n.native_id = p.native_id"
            " AND n.home = '' AND n.owner = ? WHERE p.session_id = ? ORDER BY p.agent, p.native_id",
            (self._vault.user, session_id),
        )
        return [NativeNote(row[0], row[1], row[2] or "", row[3] or "", row[4] or "") for row in rows]

    def _pieces(self, transaction: Transaction, session_id: SessionId, note: NativeNote) -> Iterator[Record]:
        key = session_id, note.agent, note.native_id
        where = "WHERE session_id = ? AND agent = ? AND native_id = ?"
        numbers = transaction.execute(f"SELECT number FROM native_pieces {where} ORDER BY number", key)  # noqa: S608
        for (number,) in numbers:
            select = f"SELECT body FROM native_pieces {where} AND number = ?"  # noqa: S608 - constants
            [(body,)] = transaction.execute(select, (*key, number))
            opened = self._vault.open(session_id, bytes(body), f"native_pieces:{note.agent}:{note.native_id}:{number}")
            yield Record("native", opened, {"agent": note.agent, "native_id": note.native_id, "number": number})

    def _asides(self, transaction: Transaction, session_id: SessionId) -> Iterator[Record]:
        rows = transaction.execute(
            "SELECT agent, native_id, place, body FROM set_aside WHERE session_id = ? ORDER BY agent, native_id, place",
            (session_id,),
        )
        for agent, native_id, place, body in rows:
            opened = self._vault.open(session_id, bytes(body), f"set_aside:{place}")
            yield Record("aside", opened, {"agent": agent, "native_id": native_id, "place": place})

    async def unpack(self, records: Callable[[], Iterable[Record]], cwd: str) -> Unpacked:
        """Merge the session of a pack into the store, all of it at once or nothing. ``records`` begins the stream;
        ``cwd`` replaces the pack's working directory unless it is empty.

        Raises SessionOfAnother and ReadOnlySession where the session belongs to another user of this store, what
        ``records`` raises, and errors under `StoreError`.
        """
        return await self._database.write(
            lambda transaction: _Unpacking(transaction, self._vault, cwd).run(iter(records()))
        )


def manifest_of(record: Record | None) -> Manifest:
    """Raises NotWhole where that is no manifest, or one of what is no conversation: whoever makes a pack would tell the
    memory what its user tells it, or what a model did."""
    if record is None or record.kind != "manifest":
        raise NotWhole("it has no manifest")
    try:
        manifest = msgspec.json.decode(record.body, type=Manifest)
    except msgspec.DecodeError as wrong:
        raise NotWhole("its manifest cannot be read") from wrong
    if is_note(manifest.session_id):
        raise NotWhole("it holds a note of the memory, not a conversation; notes come with `minga memory import`")
    return manifest


def look_at(records: Iterable[Record]) -> tuple[Manifest, bytes]:
    """Go through a pack without taking anything in: is every record what it says? Return the manifest and the patch.

    Raises NotWhole.
    """
    stream = iter(records)
    manifest = manifest_of(next(stream, None))
    messages, diff = 0, []
    for record in stream:
        _check(record)
        messages += record.kind == "message"
        if record.kind == "diff":
            diff.append(record.body)
    if messages != manifest.messages or sum(map(len, diff)) != manifest.diff:
        raise NotWhole("it does not hold what its manifest says")
    return manifest, b"".join(diff)


def _check(record: Record) -> None:
    names: dict[str, dict[str, Any]] = {
        "message": {},
        "diff": {},
        "native": {"agent": str, "native_id": str, "number": int},
        "aside": {"agent": str, "native_id": str, "place": str},
    }
    wanted = names.get(record.kind)
    if wanted is None or not all(isinstance(record.names.get(name), kind) for name, kind in wanted.items()):
        raise NotWhole(f"a record of the kind {record.kind!r} has no place in it")
    if record.kind == "message":
        _message(record)


def _message(record: Record) -> Message:
    try:
        return decode_message(record.body)
    except msgspec.DecodeError as wrong:
        raise NotWhole("a message cannot be read") from wrong


@dataclass(slots=True)
class _Unpacking:
    """One pack on its way into the store, within one transaction."""

    transaction: Transaction
    vault: Vault
    cwd: str
    waiting: list[Message] = field(default_factory=list)
    merged: int = 0
    kept_here: dict[tuple[str, str], bool] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def run(self, records: Iterator[Record]) -> Unpacked:
        manifest = manifest_of(next(records, None))
        session_id = SessionId(manifest.session_id)
        self.transaction.hold(session_id)
        created, cwd = self._session(session_id, manifest)
        for record in records:
            match record.kind:
                case "message":
                    self.waiting.append(_message(record))
                    if len(self.waiting) >= BATCH:
                        self._merge(session_id)
                case "native":
                    self._native(session_id, record)
                case "aside":
                    self._aside(session_id, record)
                case _:
                    pass
        self._merge(session_id)
        for (agent, native_id), count in self.counts.items():
            drop_pieces(self.transaction, packed(AgentName(agent), NativeId(native_id), session_id), count)
        stands = advance(self.transaction, session_id, [manifest.head] if manifest.head else [])
        touch(self.transaction, session_id)
        return Unpacked(manifest, self.merged, created, cwd, stands)

    def _session(self, session_id: SessionId, manifest: Manifest) -> tuple[bool, str]:
        """Whether it is new, and its working directory here."""
        rows = self.transaction.execute("SELECT cwd FROM sessions WHERE id = ?", (session_id,))
        if not rows:
            cwd = self.cwd or manifest.cwd
            place = Workspace(cwd, manifest.remote, manifest.branch, manifest.commit)
            created_at = to_micros(manifest.created_at)
            insert_session(self.transaction, self.vault, session_id, manifest.title, place, created_at)
            return True, cwd
        access = self.vault.access(session_id)
        if access is None:
            raise SessionOfAnother(session=session_id)
        if access == "read":
            raise ReadOnlySession(session=session_id)
        if self.cwd:
            self.transaction.execute("UPDATE sessions SET cwd = ? WHERE id = ?", (self.cwd, session_id))
        return False, self.cwd or rows[0][0]

    def _merge(self, session_id: SessionId) -> None:
        self.merged += len(merge_messages(self.transaction, self.vault, session_id, self.waiting).changed)
        self.waiting.clear()

    def _native(self, session_id: SessionId, record: Record) -> None:
        """Native bytes are kept unless the CLI's own file is on this device: then what was read of it stays."""
        agent, native_id, number = (record.names[name] for name in ("agent", "native_id", "number"))
        key = agent, native_id
        if key not in self.kept_here:
            select = "SELECT 1 FROM natives WHERE session_id = ? AND agent = ? AND native_id = ? AND origin = 'found'"
            self.kept_here[key] = bool(self.transaction.execute(select, (session_id, *key)))
        if not self.kept_here[key]:
            native = packed(AgentName(agent), NativeId(native_id), session_id)
            keep_pieces(self.transaction, self.vault, native, number, [record.body])
            self.counts[key] = number + 1

    def _aside(self, session_id: SessionId, record: Record) -> None:
        agent, native_id, place = (record.names[name] for name in ("agent", "native_id", "place"))
        sealed = self.vault.seal(session_id, record.body, f"set_aside:{place}")
        self.transaction.execute(
            "INSERT INTO set_aside VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (session_id, agent, native_id, place, sealed),
        )
