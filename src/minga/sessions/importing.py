"""Brings native sessions of the CLIs into the store: incremental, idempotent, in bounded memory, nothing dropped."""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from minga.domain.ids import AgentName, SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import ImagePart, Message, TextPart, Workspace
from minga.infrastructure.clock import Clock
from minga.sessions.codec import to_bytes
from minga.sessions.formats.format import About, Format, Head, NativeFile, Read, SetAside
from minga.sessions.formats.values import printed
from minga.sessions.import_batches import PIECES, in_pieces, next_batch, next_pieces
from minga.sessions.natives import Native, Natives, Ran, drop_pieces, keep_pieces, note
from minga.sessions.store import TITLE_LENGTH
from minga.sessions.telling import tell
from minga.sessions.transcripts import head_of, insert_messages, insert_session, set_head
from minga.storage.database import Database, Transaction
from minga.storage.instants import from_micros, to_micros

NAMESPACE = uuid.UUID("6c7b3b1e-58c1-5d0b-9f0e-0d2f6f0c9a51")
"""Of session ids: the same native session gets the same id on every device of a user."""

CLOSING_MICROS = 5_000_000
"""A CLI may write its last lines so long after Minga has its answer."""

STILL_S = 10
"""A file that has not changed for so long is at rest: a last line that is half there stays so."""

State = Literal["new", "changed", "known", "ours", "deleted"]

OnMessages = Callable[[SessionId, Sequence[Message]], Awaitable[None]]

OnUnlisted = Callable[[AgentName, str], None]


@dataclass(frozen=True, slots=True)
class Discovered:
    """A native session on this machine. ``state``: ``new``, ``changed`` since it was brought in, ``known`` as it is, or
    ``ours``: made by a run of Minga's, which has recorded it already, or ``deleted`` from the store."""

    file: NativeFile
    state: State
    session_id: SessionId | None


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What one import did. ``set_aside`` counts pieces that could not be read; they are kept, sealed. ``session_id`` is
    empty where nothing stands in the file yet."""

    session_id: SessionId
    title: str
    messages: int
    set_aside: int
    size: int


@dataclass(slots=True)
class _Course:
    """How far one import has come. ``parents`` holds every message of the main conversation, ``asked`` those of the
    person; ``before_seam`` what Minga itself had written, as long as the seam has not been passed;
    ``is_waiting``: the CLI is writing the last line just now."""

    native: Native
    about: About
    created: bool
    title: str = ""
    messages: int = 0
    set_aside: int = 0
    is_waiting: bool = False
    head: str = ""
    last: str = ""
    parents: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    before_seam: set[str] = field(default_factory=set)
    passed_seam: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """The native bytes: pieces before number ``first`` are stored, ``rest`` are the last ones, ``sha256`` is of all."""

    first: int
    rest: Sequence[bytes]
    sha256: str


class Importer:
    """``formats`` makes the native format of each agent that has one."""

    def __init__(
        self, database: Database, vault: Vault, clock: Clock, formats: Mapping[AgentName, Callable[[], Format]]
    ) -> None:
        self._database = database
        self._vault = vault
        self._clock = clock
        self._formats = formats
        self._natives = Natives(database, clock, vault)

    async def discover(self, homes: Mapping[AgentName, Path], on_unlisted: OnUnlisted) -> list[Discovered]:
        """Find every native session below ``homes``, the youngest first. ``on_unlisted`` is told of a CLI whose
        sessions cannot all be listed, and why; the others are."""
        ours, known, deleted = await self._natives.ran(), await self._known(), await self._natives.deleted()
        found: list[Discovered] = []
        for agent in sorted(homes.keys() & self._formats.keys()):
            files, problem = await asyncio.to_thread(_list, self._formats[agent](), homes[agent])
            if problem:
                on_unlisted(agent, problem)
            for file in (one for one in files if one.size or (one.agent, one.native_id) in known):
                key = file.agent, file.native_id
                one = _discovered(file, known.get(key), ours.get(key))
                found.append(replace(one, state="deleted") if one.state == "new" and key in deleted else one)
        return sorted(found, key=lambda one: (-one.file.modified_ns, one.file.agent, one.file.native_id))

    async def bring_in(self, file: NativeFile, on_messages: OnMessages) -> BroughtIn:
        """Bring in one native session, or what is new of it. Killed at any moment, the next import completes it.

        ``on_messages`` gets messages before they are stored; it may get the same ones again. Raises OSError if the file
        cannot be read.
        """
        native = await self._natives.own(file.agent, file.native_id) or await self._ours(file)
        new = Native(file.agent, file.native_id, "", SessionId(""), "found", printed(str(file.path)), "", "")
        course = _Course(native or new, About(file.native_id), created=native is not None)
        course.passed_seam = not course.native.seam
        reading = self._formats[file.agent]().read(file)
        more = True
        while more:
            batch, more = await asyncio.to_thread(next_batch, reading)
            if not await asyncio.to_thread(self._leave_unfinished, course, file, batch) or course.created:
                await self._bring_batch(course, batch, on_messages)
        if not course.created:
            return BroughtIn(SessionId(""), "", 0, 0, file.size)
        await self._finish(course, file, await self._keep_bytes(course.native, file))
        return BroughtIn(course.native.session_id, course.title, course.messages, course.set_aside, file.size)

    def _leave_unfinished(self, course: _Course, file: NativeFile, batch: list[Read]) -> bool:
        """Take out of ``batch`` what the CLI is writing just now; return whether that leaves nothing to make a session
        of."""
        unfinished = [one for one in batch if isinstance(one, SetAside) and one.is_unfinished]
        if unfinished and abs(self._clock.now().timestamp() - file.path.stat().st_mtime) < STILL_S:
            course.is_waiting = True
            batch[:] = [one for one in batch if one not in unfinished]
        if any(isinstance(one, Message | SetAside) for one in batch):
            return False
        return course.is_waiting or not batch

    async def _ours(self, file: NativeFile) -> Native | None:
        """A session that a run of Minga's made, and in which the CLI went on later: all that is older than the run's
        end is told already."""
        ran = await self._natives.ran_in(file.agent, file.native_id)
        if ran is None:
            return None
        await self._database.write(lambda transaction: tell(transaction, self._vault, ran.session_id))
        until = from_micros((ran.ended_at or 0) + CLOSING_MICROS)
        seam = await asyncio.to_thread(_last_before, self._formats[file.agent](), file, until)
        anchor = await self._natives.last_message(ran.turn_id)
        return Native(
            agent=file.agent,
            native_id=file.native_id,
            home="",
            session_id=ran.session_id,
            origin="found",
            path=printed(str(file.path)),
            sha256="",
            through=ran.turn_id,
            seam=seam,
            anchor=anchor,
        )

    async def _known(self) -> dict[tuple[str, str], Native]:
        return {(one.agent, one.native_id): one for one in await self._natives.all() if not one.home}

    async def _bring_batch(self, course: _Course, batch: Sequence[Read], on_messages: OnMessages) -> None:
        messages: list[Message] = []
        aside: list[SetAside] = []
        for read in batch:
            match read:
                case About():
                    course.about = _merged(course.about, read)
                case Message():
                    messages.extend(_placed(course, read))
                case SetAside():
                    aside.append(read)
                case Head(message_id=head):
                    course.head = head
        if not course.native.session_id:
            course.native = replace(course.native, session_id=self._session_id(course))
        await on_messages(course.native.session_id, messages)
        fresh = await self._database.write(lambda transaction: self._store(transaction, course, messages, aside))
        course.created = True
        course.messages += len(fresh)
        course.set_aside += len(aside)

    def _session_id(self, course: _Course) -> SessionId:
        """A sub-agent's file belongs to the session that it worked for."""
        name = f"{self._vault.user}:{course.native.agent}:{course.about.parent or course.native.native_id}"
        return SessionId(str(uuid.uuid5(NAMESPACE, name)))

    def _store(
        self, transaction: Transaction, course: _Course, messages: Sequence[Message], aside: Sequence[SetAside]
    ) -> list[Message]:
        native, about = course.native, course.about
        course.title = course.title or about.title or _title(messages)
        if not course.created:
            known = transaction.execute("SELECT 1 FROM sessions WHERE id = ?", (native.session_id,))
            if not known:
                now = to_micros(about.started_at or self._clock.now())
                workspace = Workspace(about.cwd, about.remote, about.branch, about.commit)
                insert_session(transaction, self._vault, native.session_id, course.title, workspace, now)
        fresh = insert_messages(transaction, self._vault, native.session_id, messages)
        for one in aside:
            key = native.session_id, native.agent, native.native_id, one.place
            said = to_bytes(f"{one.reason}\n") + one.raw
            body = self._vault.seal(native.session_id, said, f"set_aside:{one.place}")
            transaction.execute("INSERT INTO set_aside VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", (*key, body))
        return fresh

    async def _keep_bytes(self, native: Native, file: NativeFile) -> _Kept:
        """Keep the native bytes as they are now, but for the last pieces."""
        digest = hashlib.sha256()
        raw = in_pieces(self._formats[file.agent]().raw(file))
        first = 0
        while True:
            bodies = await asyncio.to_thread(next_pieces, raw, digest.update)
            if len(bodies) < PIECES:
                return _Kept(first, bodies, digest.hexdigest())
            await self._keep_pieces(native, first, bodies)
            first += len(bodies)

    async def _keep_pieces(self, native: Native, first: int, bodies: Sequence[bytes]) -> None:
        await self._database.write(lambda transaction: keep_pieces(transaction, self._vault, native, first, bodies))

    async def _finish(self, course: _Course, file: NativeFile, kept: _Kept) -> None:
        """Let the session stand where its native file stands, unless it went on elsewhere; note the file as known."""
        head = course.head if course.head in course.parents else course.last
        line = _line(course.parents, head)
        through = next((one for one in line if one in course.asked), course.native.through)
        native = replace(
            course.native,
            path=printed(str(file.path)),
            size=file.size,
            modified_ns=0 if course.is_waiting else file.modified_ns,
            sha256=course.native.sha256 if course.native.origin == "written" else kept.sha256,
            cli_version=course.about.version or course.native.cli_version,
            through=through,
        )

        def work(transaction: Transaction) -> None:
            stands = head_of(transaction, native.session_id)
            if head and (not stands or stands in course.parents or stands in course.parents.values()):
                set_head(transaction, native.session_id, head, None)
            self._refine(transaction, course)
            keep_pieces(transaction, self._vault, native, kept.first, kept.rest)
            drop_pieces(transaction, native, kept.first + len(kept.rest))
            note(transaction, self._vault, native, to_micros(self._clock.now()))

        await self._database.write(work)

    def _refine(self, transaction: Transaction, course: _Course) -> None:
        """A title and a place that came late in the file, and how young the session is. The title of a file in which
        nothing can be read is its name."""
        session_id = course.native.session_id
        if not course.title and course.set_aside and not _has_messages(transaction, session_id):
            course.title = "/".join(Path(course.native.path).parts[-2:])[-TITLE_LENGTH:]
        if course.title:
            sealed = self._vault.seal(session_id, to_bytes(course.title), "sessions:title")
            transaction.execute("UPDATE sessions SET title = ? WHERE id = ?", (sealed, session_id))
        if course.about.cwd:
            transaction.execute("UPDATE sessions SET cwd = ? WHERE id = ? AND cwd = ''", (course.about.cwd, session_id))
        [(youngest,)] = transaction.execute("SELECT MAX(at) FROM messages WHERE session_id = ?", (session_id,))
        if youngest:
            transaction.execute("UPDATE sessions SET updated_at = ? WHERE id = ?", (youngest, session_id))


def _list(native: Format, home: Path) -> tuple[list[NativeFile], str]:
    """What could be found, and why that is not all."""
    found: list[NativeFile] = []
    try:
        found.extend(native.find(home))
    except OSError as wrong:
        return found, wrong.strerror or str(wrong)
    return found, ""


def _has_messages(transaction: Transaction, session_id: SessionId) -> bool:
    return bool(transaction.execute("SELECT 1 FROM messages WHERE session_id = ? LIMIT 1", (session_id,)))


def _discovered(file: NativeFile, native: Native | None, ours: Ran | None) -> Discovered:
    if native is None and ours is None:
        return Discovered(file, "new", None)
    if native is None and ours is not None:
        went_on = ours.ended_at is not None and file.modified_ns // 1000 > ours.ended_at + CLOSING_MICROS
        return Discovered(file, "changed" if went_on else "ours", ours.session_id)
    assert native is not None
    same = (native.size, native.modified_ns) == (file.size, file.modified_ns)
    return Discovered(file, "known" if same else "changed", native.session_id)


def _last_before(native: Format, file: NativeFile, until: datetime) -> str:
    """The last message of the main conversation that is not younger than ``until``."""
    last = ""
    for read in native.read(file):
        if isinstance(read, Message) and not read.chain and read.at is not None and read.at <= until:
            last = read.id
    return last


def _placed(course: _Course, message: Message) -> list[Message]:
    """The message as it stands in the session: what Minga had written itself is not new, and what follows it follows
    the message that it was written from."""
    if not course.passed_seam:
        course.before_seam.add(message.id)
        course.passed_seam = message.id == course.native.seam
        return []
    if message.parent in course.before_seam:
        message = replace(message, parent=course.native.anchor)
    if not message.chain:
        course.parents[message.id] = message.parent
        course.last = message.id
        if message.role == "user" and any(isinstance(part, TextPart | ImagePart) for part in message.parts):
            course.asked.add(message.id)
    return [message]


def _line(parents: Mapping[str, str], head: str) -> list[str]:
    """From ``head`` to the root."""
    line: dict[str, None] = {}
    while head in parents and head not in line:
        line[head] = None
        head = parents[head]
    return list(line)


def _merged(before: About, later: About) -> About:
    """Later values replace earlier ones, where they say something."""
    said = {name: value for name in About.__slots__ if (value := getattr(later, name))}
    return replace(before, **said)


def _title(messages: Sequence[Message]) -> str:
    for message in messages:
        if message.role == "user" and not message.chain:
            for part in message.parts:
                if isinstance(part, TextPart):
                    return " ".join(part.text.split())[:TITLE_LENGTH]
    return ""
