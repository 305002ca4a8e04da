"""How the conversation so far reaches the next agent: in its own session, written for it natively, as a brief."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from minga.agents.roster import Examined
from minga.domain.events import AttemptStarted, FileChange
from minga.domain.ids import NativeId
from minga.domain.sessions import NativeTrail, PastTurn, Turn
from minga.domain.task import Task
from minga.pipeline.migration import Migrated, Migrator
from minga.sessions.brief import COMES_BACK, TAKES_OVER, brief, with_task
from minga.sessions.history import History
from minga.sessions.own_turns import messages_of
from minga.sessions.store import Sessions

WORK_BEGAN = """\
The last request above was begun, and is not finished. What was done for it so far is done: look at the present state of
the files before you change anything. Go on with this request:

"""


@dataclass(frozen=True, slots=True)
class Carried:
    """``resume``: the agent's own session to go on with. ``record``: what it must be told besides, or empty.
    ``migrated``: how that session was written for it, if it was; ``began``: the present turn is partly done in it."""

    resume: NativeId | None
    record: str
    migrated: Migrated | None = None
    began: bool = False
    notice: str = ""

    def prompt(self, task: str) -> str:
        return WORK_BEGAN + task if self.began else with_task(self.record, task)


async def write_natively(
    migrator: Migrator, history: History, examined: Examined, task: Task, present: PastTurn
) -> Carried | None:
    """Write the conversation so far as a native session of ``examined``; None where there is nothing to write.

    Raises MigrationFailed.
    """
    session_id = present.turn.session_id
    lineage = (await history.transcript(session_id)).lineage()
    done = messages_of(present, lineage[-1].id if lineage else "")
    began = len(done) > 1
    whole = [*lineage, *done] if began else lineage
    if not whole:
        return None
    migrated = await migrator.migrate(session_id, whole, examined, task, verify=False)
    lost = f"{examined.agent} does not get: {', '.join(migrated.lost)}" if migrated.lost else ""
    return Carried(migrated.native_id, "", migrated, began, lost)


async def carry(
    sessions: Sessions, turn: Turn, examined: Examined, past: Sequence[PastTurn], *, fresh: bool, warm: bool
) -> Carried:
    """Choose how ``examined`` learns of ``past``, whose last turn is the present one.

    It resumes its own session where it has one (not if ``fresh``) and is told in a brief what others did since; a
    ``warm`` process has its session open already. The built-in agent gets the task alone: it remembers nothing.
    """
    if examined.facts is None:
        return Carried(None, "")
    trail = None if fresh else await sessions.native_trail(turn.session_id, examined.agent, examined.home)
    seen = None if trail is None else _place(past, trail)
    later = list(past) if trail is None or seen is None else _unseen(past, trail, seen, turn)
    unknown = [one for one in later if _tells_something(one, turn)]
    files = dict.fromkeys(
        recorded.event.path for one in unknown for recorded in one.events if isinstance(recorded.event, FileChange)
    )
    resume = None if trail is None or seen is None or warm else trail.native_id
    head = TAKES_OVER if seen is None or past[seen].turn.id == turn.id else COMES_BACK
    return Carried(resume, brief(unknown, tuple(files), head=head) if unknown else "")


def _place(past: Sequence[PastTurn], trail: NativeTrail) -> int | None:
    """Where in ``past`` the native session ends; None if it ends on another branch, and so is no use here."""
    return next((place for place, one in enumerate(past) if one.turn.id == trail.through), None)


def _unseen(past: Sequence[PastTurn], trail: NativeTrail, seen: int, present: Turn) -> list[PastTurn]:
    """What of ``past`` the native session, which ends with turn ``seen``, does not hold: all of the later turns, and in
    its own last turn what other agents did after it. A second try within the ``present`` turn is told all of it: what
    the first try changed must not be done twice, and the CLI may not have kept it."""
    if past[seen].turn.id == present.id:
        return list(past[seen:])
    own = {
        recorded.attempt_id
        for recorded in past[seen].events
        if isinstance(recorded.event, AttemptStarted) and recorded.event.agent == trail.agent
    }
    last = max((recorded.seq for recorded in past[seen].events if recorded.attempt_id in own), default=0)
    rest = tuple(recorded for recorded in past[seen].events if recorded.seq > last)
    told = last and any(recorded.attempt_id for recorded in rest)
    return [*([replace(past[seen], events=rest)] if told else []), *past[seen + 1 :]]


def _tells_something(past: PastTurn, present: Turn) -> bool:
    """An earlier turn does; the present one only if an agent has already worked in it."""
    return past.turn.id != present.id or any(recorded.attempt_id for recorded in past.events)
