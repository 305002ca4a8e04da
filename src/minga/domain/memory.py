"""What is remembered, and where it is known from.

The messages of sessions, and the notes that people make, are the log: the only truth. Everything else here is derived
from it, and can be made anew. Two devices that have the same log derive the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType, Protocol

from minga.domain.digests import Digest
from minga.domain.errors import RuleTooLong, StoreError, UnreadableModel
from minga.domain.ids import AgentName, SessionId
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, Role

ItemId = NewType("ItemId", str)
"""Names a passage, note, rule or fact: a letter for what it is, and the beginning of a hash of where it stands."""

Language = Literal["es", "en", ""]
"""Of a text; empty where it is neither, or too short to tell."""

NOTE_SESSION = "note-"
"""Begins the id of a session that is a note: one message that a person told the memory itself. So a note has a key of
its own, is backed up, shared and synced like any session, and is forgotten by destroying its key."""

RULE_LENGTH = 600
"""Characters that a person may give a rule or a habit: every run is told them, and a habit has a fifth of the room."""


_REMOTE = re.compile(
    r"(?:[a-z][a-z+]*://)?(?:[^@/]*@)?(?P<host>[^/:@]+)(?::\d+(?=/))?[:/]/?(?P<path>[^/].*?)(?:\.git)?/*"
)


def project_of(remote: str, cwd: str) -> str:
    """The name of a project: host and path of its git remote, however that is written and whoever's login it holds;
    the working directory where there is none."""
    found = _REMOTE.fullmatch(remote)
    return f"{found['host'].lower()}/{found['path']}" if found else remote or cwd


def checked_rule(text: str) -> str:
    """Raises RuleTooLong."""
    if len(text) > RULE_LENGTH:
        raise RuleTooLong(length=len(text), limit=RULE_LENGTH)
    return text


class NoteKind(StrEnum):
    """What a note says. ``note``: something to know. ``correction``: what is true in the place of the item it is about.
    ``acceptance`` and ``rejection``: of a proposed standing rule or a habit. ``forgetting``: what was seen of a habit,
    and said of it, until then does not count. ``rule``: a standing rule, accepted with it."""

    NOTE = "note"
    CORRECTION = "correction"
    ACCEPTANCE = "acceptance"
    REJECTION = "rejection"
    FORGETTING = "forgetting"
    RULE = "rule"


Scope = Literal["project", "user"]
"""Where something holds: in one project, or wherever its user works."""


@dataclass(frozen=True, slots=True)
class Note:
    """``about``: the item that it corrects, accepts or rejects; else empty. ``valid_from``: since when it is true in
    the world, None: since it was said. ``subject``: of what its text is the value ("port of staging"), where it
    corrects a fact; else empty. ``by`` an agent: nobody's own word, so it proposes no rule and ends no value."""

    kind: NoteKind
    text: str
    scope: Scope = "project"
    about: ItemId = ItemId("")
    valid_from: datetime | None = None
    subject: str = ""
    by: Literal["person", "agent"] = "person"

    @property
    def told(self) -> str:
        """As it is read and found by."""
        return f"{self.subject}: {self.text}" if self.subject else self.text


@dataclass(frozen=True, slots=True)
class LogMessage:
    """A message of the log as it stands in the store. ``seq`` grows with every message that the store learns of.
    ``project`` is the git remote, or the working directory where there is none; ``note`` and ``digest``: what it says,
    if it is one."""

    seq: int
    session_id: SessionId
    message: Message
    agent: AgentName
    project: str
    cwd: str
    owner: UserName
    note: Note | None = None
    digest: Digest | None = None


@dataclass(frozen=True, slots=True)
class LogKey:
    seq: int
    session_id: SessionId
    message_id: str


class Log(Protocol):
    """What ``user`` may read of the store, as memory needs it."""

    @property
    def user(self) -> UserName: ...

    async def complete(self) -> None:
        """Bring turns that have ended into the log. Raises StoreError."""
        ...

    async def newest(self) -> int: ...

    async def keys(self, after: int, session_id: SessionId | None = None) -> list[LogKey]:
        """The next messages, of one session or of all, as many as one batch takes."""
        ...

    async def holds(self, key: LogKey) -> bool: ...

    async def read(self, keys: Sequence[LogKey]) -> list[LogMessage]:
        """In order; those whose session the user may not read are left out."""
        ...

    def readable(self) -> frozenset[SessionId]: ...

    def may_read(self, session_id: SessionId) -> bool: ...

    def generation(self) -> int:
        """Another number whenever rights to sessions that are there have changed."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Where something is known from. ``place`` counts the passages of a long message from 0."""

    session_id: SessionId
    message_id: str
    place: int
    at: datetime | None
    agent: AgentName
    role: Role


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the log that can be recalled: what was said in a message, or one part of it where it is long, with
    ``done``: what its tools were given and gave back. ``kind`` note: a person told it the memory itself. ``owner``: who
    said it, where it was shared."""

    id: ItemId
    kind: Literal["turn", "note"]
    text: str
    done: str
    source: Source
    project: str
    language: Language
    owner: UserName


class EntityKind(StrEnum):
    PERSON = "person"
    COMPANY = "company"
    PROJECT = "project"
    FILE = "file"
    MODULE = "module"
    TABLE = "table"
    LAW = "law"
    DOCUMENT = "document"
    COMMAND = "command"
    ERROR = "error"
    VERSION = "version"
    SERVICE = "service"
    DECISION = "decision"
    PREFERENCE = "preference"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Entity:
    """``name`` is canonical: the same thing has the same name, however it was written (a RUT without dots and with its
    dash, a path relative to its project, a norm as ``Ley 19983``)."""

    kind: EntityKind
    name: str


@dataclass(frozen=True, slots=True)
class Mention:
    """``start`` and ``end`` are the place in the passage's text."""

    entity: Entity
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact as one passage states it: ``subject`` ``predicate`` ``value``. ``valid_from`` and ``valid_to``: when it is
    true in the world, as far as the passage says; None: from when it was said, and until something newer. ``single``: a
    subject has one value of this predicate at a time, so a newer one ends it. ``confidence`` from 0 to 1."""

    subject: Entity
    predicate: str
    value: str
    start: int
    end: int
    confidence: float
    single: bool
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An instruction found in what a person said, that may be meant for always. It is no rule until it is accepted."""

    text: str
    scope: Scope
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """What one passage says, without a model."""

    mentions: tuple[Mention, ...] = ()
    statements: tuple[Statement, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement in the light of all others. ``recorded_from``: when it was learned; ``recorded_to``: when it was
    found to have been wrong (a correction), None while it stands. ``sources`` are the passages that state it, the first
    one first. ``single`` as its statements say; ``disputed``: another value is said to hold from the same
    instant on."""

    id: ItemId
    subject: Entity
    predicate: str
    value: str
    valid_from: datetime
    valid_to: datetime | None
    recorded_from: datetime
    recorded_to: datetime | None
    confidence: float
    project: str
    sources: tuple[ItemId, ...]
    single: bool = False
    disputed: bool = False


RuleState = Literal["proposed", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A standing rule: once accepted, every brief holds it. ``project`` is empty where it holds everywhere.
    ``section``: the heading under which it stands in the project's file, if any."""

    id: ItemId
    text: str
    project: str
    state: RuleState
    first_said: datetime | None
    sources: tuple[ItemId, ...]
    section: str = ""

    @property
    def told(self) -> str:
        """As one line that can be understood alone."""
        return f"{self.section}: {self.text}" if self.section else self.text


@dataclass(frozen=True, slots=True)
class Question:
    """``words`` as a person writes them. ``places``: the projects in which it is asked, each a git remote or a
    directory with all below it; None: all that the user may read. ``asked_at``: now. ``known_by``: only what was said
    until then. ``without``: a session that is known already, so that nothing of it comes back. ``is_read``: the best
    passages are read together with it before anything counts as known, where there is a `Reader`."""

    words: str
    places: tuple[str, ...] | None
    asked_at: datetime
    limit: int = 10
    since: datetime | None = None
    known_by: datetime | None = None
    without: SessionId | None = None
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Recalled:
    """``confidence``: how probable it is that the passage answers the question, from 0 to 1. ``reasons`` for a person.
    ``superseded_by``: a correction, or where a newer value of what it states is given, which holds since ``ended``.
    ``corrects``: the item that it takes the place of. ``again``: passages that were found, too, and left out, since
    they say it in nearly the same words."""

    passage: Passage
    score: float
    confidence: float
    reasons: tuple[str, ...]
    superseded_by: ItemId | None = None
    corrects: ItemId | None = None
    ended: datetime | None = None
    again: tuple[ItemId, ...] = ()


@dataclass(frozen=True, slots=True)
class Recollection:
    """What a question brought back, best first. ``is_known`` is false where nothing found is likely to answer it,
    ``is_sure`` where reading it leaves that open: then it may only come near.
    ``is_near`` where nothing found seems to have to do with it: less is wanted for that, and a run is told it.
    ``by_meaning`` is false where only words were compared, since there are no vectors; ``waiting``: passages that have
    no vector yet. ``behind``: why what was said lately may be missing, where it could not be taken in. ``unread``: why
    only words were compared or nothing was read, where there is a model that cannot be used."""

    recalled: tuple[Recalled, ...]
    is_known: bool
    by_meaning: bool
    waiting: int = 0
    behind: StoreError | None = None
    unread: UnreadableModel | None = None
    is_sure: bool = True
    is_near: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of a brief. ``tokens`` is what it takes there; ``level`` how much of it stands there. ``rule``: the text
    of a rule without its heading."""

    item: ItemId
    kind: Literal["rule", "fact", "passage", "habit", "digest"]
    text: str
    source: Source | None
    tokens: int
    level: Literal["whole", "short", "headline"] = "whole"
    reasons: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True)
class MemoryBrief:
    """What an agent is told before its task. ``text`` is empty where there is nothing to tell. The same pieces give the
    same text. ``left_out``: accepted rules for which there is no room."""

    text: str
    pieces: tuple[Piece, ...]
    tokens: int
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a memory holds. ``again``: passages that say what another one said before, in the same words. ``bytes``
    on disk; ``encoder`` made the vectors, empty where there are none. ``digests`` of a model with ``claims``;
    ``refused`` answers, and statements ``dropped`` since no words bore them out."""

    sessions: int
    messages: int
    passages: int
    again: int
    vectors: int
    entities: int
    statements: int
    notes: int
    encoder: str
    bytes: int
    digests: int = 0
    claims: int = 0
    refused: int = 0
    dropped: int = 0
