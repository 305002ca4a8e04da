"""What passages show to have been done: commands with their outcome, fixes that were tried, by which CLI, and what a
person said of it then."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby

from minga.domain.habits import Habit, HabitKind, Observed
from minga.domain.memory import Passage
from minga.memory.extraction import things
from minga.memory.extraction.masking import masked
from minga.memory.extraction.poison import suspicious
from minga.memory.habits.commands import CACHED, LENGTH_MAX, VARIES
from minga.memory.habits.done import FAILED, Edited, Ran, called, changes, done
from minga.memory.habits.remarks import remarks
from minga.memory.habits.tasks import task

BETWEEN_MAX = 20
"""Commands after a failure, among which that which mended it is looked for."""

ASKED_MAX = 2
"""Of what a person says first: what is asked later is not what the session was for."""

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*|'[^']{0,120}'|\"[^\"]{0,120}\"|/[\w./-]+")
_EPOCH = datetime.min.replace(tzinfo=UTC)


def observed(passages: Iterable[Passage]) -> Iterator[Observed]:
    """The order in which they are given does not matter. Passages without a time show nothing."""
    ordered = sorted((one for one in set(passages) if one.kind == "turn" and one.source.at), key=_place)
    for _, group in groupby(ordered, key=lambda one: (one.source.session_id, one.owner)):
        yield from _of_session(list(group))


def _place(passage: Passage) -> tuple[str, str, datetime, str, int]:
    source = passage.source
    return source.session_id, passage.owner, source.at or _EPOCH, source.message_id, source.place


def _of_session(passages: list[Passage]) -> Iterator[Observed]:
    steps = list(done(passages))
    ran = [one for one in steps if isinstance(one, Ran)]
    for one in ran:
        if not one.command.only_reads:
            yield from _safe("command", one.command.told, "", one.passage, ok=one.ok)
    for place, step in enumerate(steps):
        if isinstance(step, Ran) and not step.ok and not step.command.only_reads:
            yield from _mended(step, steps[place + 1 : place + 1 + BETWEEN_MAX])
    first = [one for one in passages if one.source.role == "user" and one.text][:ASKED_MAX]
    asked = next((one for one in first if task(one.text)), None)
    agent = next((one.source.agent for one in passages if one.source.role == "assistant" and one.source.agent), None)
    outcome = next((one.ok for one in reversed(ran) if not one.command.only_reads), None)
    if asked and agent and outcome is not None:
        yield from _safe("preference", agent, task(asked.text), asked, ok=outcome)
    yield from _remarked(passages)


def _remarked(passages: list[Passage]) -> Iterator[Observed]:
    """In what a person says right after files were changed."""
    is_changed = False
    for one in passages:
        if one.source.role == "user" and one.text:
            is_answer = is_changed and not one.source.place and not suspicious(one.text)
            for stance, thing in remarks(one.text) if is_answer else ():
                yield from _safe("remark", thing, stance, one, ok=True)
            is_changed = False
        is_changed |= changes(one)


def _mended(failed: Ran, after: list[Ran | Edited]) -> Iterator[Observed]:
    """A command ran between the failure and its repetition, or the repetition itself has other options: that mended
    it, or did not. Where files were changed in between, it may as well have been that."""
    between: Ran | None = None
    for step in after:
        if isinstance(step, Edited):
            return
        if step.command.program == failed.command.program:
            is_same = step.command.words == failed.command.words
            other = step if set(step.command.options) - set(failed.command.options) else None
            cure = between if is_same else other
            if cure is not None:
                seen_in = (failed.answer, cure.passage, step.answer)
                yield from _safe("fix", cure.command.whole, error(failed.output), *seen_in, ok=step.ok)
            return
        if step.ok and not step.command.only_reads:
            between = step


def error(output: str) -> str:
    """What went wrong, without what differs each time."""
    named = next((one.entity.name for one in things.errors(output)), "")
    return (named or _NUMBER.sub(VARIES, output)).strip()[:LENGTH_MAX]


def places(habit: Habit, done: str) -> Iterator[tuple[int, int]]:
    """Where lines of what was done begin and end that show the command of a habit, or the error that it mended."""
    start = 0
    for line in done.splitlines(keepends=True):
        if _shows(habit, line.rstrip("\n")):
            yield start, start + len(line.rstrip("\n"))
        start += len(line)


def _shows(habit: Habit, line: str) -> bool:
    if line.startswith(FAILED):
        return habit.kind == "fix" and _masked(error(line.removeprefix(FAILED))) == habit.of
    ran = called(line)
    return ran is not None and _masked(ran.whole if habit.kind == "fix" else ran.told) == habit.what


def _safe(kind: HabitKind, what: str, of: str, *seen_in: Passage, ok: bool) -> Iterator[Observed]:
    """Not what tries to instruct whoever reads it, and without what must not be kept."""
    last = seen_in[-1]
    at = last.source.at
    if at is not None and what and not _is_suspicious(what, of):
        items = tuple(dict.fromkeys(one.id for one in seen_in))
        yield Observed(kind, _masked(what), _masked(of), ok, at, last.owner, last.project, items)


@lru_cache(maxsize=CACHED)
def _is_suspicious(what: str, of: str) -> bool:
    return bool(suspicious(f"{what}\n{of}"))


@lru_cache(maxsize=CACHED)
def _masked(text: str) -> str:
    return masked(text)
