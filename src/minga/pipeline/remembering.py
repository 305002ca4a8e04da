"""What a run is told of earlier sessions, and what becomes memory while it works."""

import asyncio
import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from minga.domain.errors import BadInput, MingaError
from minga.domain.events import Notice, Remembered, Told
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, MemoryBrief, Piece, Question, Recollection, Rule, project_of
from minga.domain.rules import folded
from minga.domain.secrecy import UserName
from minga.domain.sessions import PastTurn, Turn
from minga.domain.task import Task
from minga.infrastructure.clock import Clock
from minga.infrastructure.uncommitted import standing
from minga.memory import moving
from minga.memory.memory import Memory, rules_brief
from minga.memory.moving import Move
from minga.pipeline.forgetting import PlaceLooked
from minga.pipeline.project_rules import for_runs
from minga.sessions.redaction import note_id_of

WAIT_S = 5.0
"""How long a run waits for what is remembered; one that has much to take in first begins without."""

LEARNED_AT_ONCE = 2
"""A run that ends waits for no more than these."""

QUESTION_LENGTH = 2000
"""Characters of a task that are looked for."""


@dataclass(frozen=True, slots=True)
class Remembering:
    """``tokens``: how many a run is told at most. Nothing that goes wrong here ends a run."""

    memory: Memory
    clock: Clock
    tokens: int

    async def begin(
        self, task: Task, turn: Turn, earlier: Sequence[PastTurn], read: Collection[str]
    ) -> tuple[MemoryBrief, list[Remembered | Notice]]:
        """What the agents of a turn are told before their task, and the events that say so. ``read``: rules that all of
        them know already, from files that they read by themselves."""
        given = _given(earlier)
        rules, notices = _of_project(task.cwd, given, read)
        asked = _Asked(self, given, rules, read, rules_brief(task.prompt[:QUESTION_LENGTH], self.tokens, rules))
        try:
            if task.remembers:
                async with asyncio.timeout(WAIT_S):
                    await asked.ask(task, turn)
        except TimeoutError:
            notices.append(
                Notice(
                    "the memory has much to take in, and is asked for accepted rules alone this time; go on with:"
                    " minga memory stats"
                )
            )
        except MingaError as wrong:
            alone = Notice(f"accepted rules alone are told this time: {wrong.message}")
            notices.append(alone if asked.brief.pieces else Notice(f"nothing is remembered this time: {wrong.message}"))
        brief = asked.brief
        if brief.pieces:
            told = tuple(map(_told, brief.pieces))
            return brief, [*notices, Remembered(told, brief.tokens, asked.by_meaning, brief.left_out)]
        nothing = self._nothing_fits(brief)
        return brief, [*notices, *([nothing] if nothing else [])]

    def _nothing_fits(self, brief: MemoryBrief) -> Notice | None:
        """Who sets 0 tokens wants to tell nothing."""
        if not (brief.left_out and self.tokens):
            return None
        return Notice(
            f"no accepted rule fits into {self.tokens} tokens (MINGA_MEMORY_TOKENS): {brief.left_out} left out"
        )

    async def learn(self) -> None:
        """Make vectors until cancelled or done."""
        with suppress(MingaError):
            await self.memory.embed(at_once=LEARNED_AT_ONCE)


@dataclass(slots=True)
class _Asked:
    """``brief`` is what is known so far: asked for longer than a run waits, or in vain, it has the accepted rules that
    were taken in before."""

    of: Remembering
    given: Collection[str]
    rules: Sequence[Rule]
    read: Collection[str]
    brief: MemoryBrief
    by_meaning: bool = False

    async def ask(self, task: Task, turn: Turn) -> None:
        """Rules first, from what was taken in before: they stand in each brief, however much there is to take in."""
        question = Question(
            words=task.prompt[:QUESTION_LENGTH],
            places=await places_of(task.cwd),
            asked_at=self.of.clock.now(),
            without=turn.session_id,
        )
        known = question, self.of.tokens, self.given, self.rules, self.read
        self.brief = await self.of.memory.told_rules(*known)
        self.brief, self.by_meaning = await self.of.memory.brief(*known)


def _of_project(
    cwd: Path, given: Collection[str], read: Collection[str]
) -> tuple[list[Rule], list[Remembered | Notice]]:
    """The rules of the project's file, and why they are not told."""
    try:
        return [one for one in for_runs(cwd) if one.id not in given and folded(one.text) not in read], []
    except BadInput as wrong:
        return [], [Notice(f"the rules of the project are not told: {wrong.message}")]


def _given(earlier: Sequence[PastTurn]) -> set[str]:
    """What was told in these turns."""
    told = (event.event for one in earlier for event in one.events if isinstance(event.event, Remembered))
    return {piece.item for event in told for piece in event.pieces}


def unread(brief: MemoryBrief, read: Collection[str]) -> str:
    """The text for an agent that has ``read`` these rules by itself."""
    if not (read and any(piece.kind == "rule" for piece in brief.pieces)):
        return brief.text
    without_rules = importlib.import_module("minga.memory.briefs.brief").without_rules
    text: str = without_rules(brief, lambda rule: folded(rule) in read)
    return text


def unquoted(event: Remembered | Notice) -> Remembered | Notice:
    """As it is stored: with what was told by name, not by its words."""
    if isinstance(event, Notice):
        return event
    return replace(event, pieces=tuple(replace(piece, text="") for piece in event.pieces))


async def places_of(cwd: Path) -> tuple[str, ...]:
    """The names of the project at ``cwd``: the directory, and its repository's root and remote."""
    root, remote = await place_of(cwd)
    return tuple(dict.fromkeys(filter(None, (str(cwd), root, project_of(remote, "")))))


async def place_of(cwd: Path) -> tuple[str, str]:
    """Directory and git remote of what is noted at ``cwd``: a repository counts as a whole."""
    found = await standing(cwd)
    return (str(found.root), found.remote) if found else (str(_root(cwd)), "")


def _root(cwd: Path) -> Path:
    """Of a repository that has no commit yet; else the directory itself."""
    return next((folder for folder in (cwd, *cwd.parents) if (folder / ".git").exists()), cwd)


async def recall_at(memory: Memory, clock: Clock, words: str, cwd: Path) -> Recollection:
    """What the project at ``cwd`` remembers of a question, read with it, and shortened to what it asks for. Raises
    StoreError."""
    found = await memory.recall(Question(words, await places_of(cwd), clock.now(), is_read=True))
    shorten = importlib.import_module("minga.memory.briefs.shorten").shorten
    short = [replace(one.passage, text=shorten(one.passage.text, "short", words)) for one in found.recalled]
    recalled = [replace(one, passage=passage) for one, passage in zip(found.recalled, short, strict=True)]
    return replace(found, recalled=tuple(recalled))


async def looked_in(memory: Memory, are_in: Callable[[str], bool]) -> PlaceLooked:
    """For `Forgetting.proof`: passages, graph and rules; of a passage that is gone, the vector is gone too."""
    looked, found = await memory.look(are_in)
    return PlaceLooked("memory", looked, 0, tuple(found))


async def notes_moved(
    memory: Memory, user: UserName, session_id: SessionId, copy_id: SessionId, gone: Collection[str]
) -> Mapping[SessionId, ItemId]:
    """As `forgetting.Targets`."""
    await memory.catch_up()
    move = Move(session_id, copy_id, gone, partial(note_id_of, copy_id=copy_id))
    return await memory.read(partial(moving.notes_moved, move=move, user=user))


def _told(piece: Piece) -> Told:
    source = piece.source
    return Told(
        item=piece.item,
        kind=piece.kind,
        text=piece.text,
        session_id=source.session_id if source else None,
        at=source.at if source else None,
        agent=source.agent if source else AgentName(""),
        reasons=piece.reasons,
    )
