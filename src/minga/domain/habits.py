"""What a user does again and again, as it is learned from what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from minga.domain.memory import ItemId
from minga.domain.secrecy import UserName

HabitKind = Literal["command", "fix", "preference", "remark"]
"""``command``: it is run often. ``fix``: it mended an error. ``preference``: a CLI that does a kind of task.
``remark``: what a person corrects in the work of agents."""

HabitState = Literal["learned", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Observed:
    """Something done once, with how it went. ``what`` as it would be told: the command without what differs each time,
    the name of a CLI, the thing that a remark is about. ``of``: what it belongs to (the kind of task that a CLI did,
    the error that a fix was tried on, what a remark says of the thing), else empty. ``passages`` are the evidence, in
    order."""

    kind: HabitKind
    what: str
    of: str
    ok: bool
    at: datetime
    user: UserName
    project: str
    passages: tuple[ItemId, ...]


@dataclass(frozen=True, slots=True)
class Habit:
    """A pattern of one user in one project. ``text`` is what it says, a person's words where they edited it. ``times``
    counts what was observed, and ``failed`` how often of these it ended badly; ``confidence`` from 0 to 1 weighs it by
    outcome and age. ``contradicted``: what speaks against it, of late, outweighs what speaks for it. ``evidence``:
    passages, the newest first."""

    id: ItemId
    kind: HabitKind
    what: str
    of: str
    text: str
    user: UserName
    project: str
    times: int
    failed: int
    confidence: float
    contradicted: bool
    first_seen: datetime
    last_seen: datetime
    state: HabitState
    evidence: tuple[ItemId, ...]
