"""Habits: what was observed again and again, weighed by how it ended and how long ago that was.

Each observation counts half as much after `HALF_LIFE`. One that ended badly takes `CONTRADICTS` times as much away as
one that ended well gives, so a habit that stopped working falls faster than one that is only no longer followed. For
which CLI does a kind of task, every other CLI that did such a task speaks against. The result depends on the set of
observations and notes alone, and on ``now``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import fsum

from minga.domain.memory import Habit, HabitState, ItemId, NoteKind, Observed
from minga.memory.habits.wording import ENGLISH, sentence
from minga.memory.ids import item_id
from minga.memory.index.noted import Noted

HALF_LIFE = timedelta(days=30)
CONTRADICTS = 2.0
DOUBT = 2.0
"""As if there were so much, of neither outcome, that was not seen: two fresh observations give one half."""

EVIDENCE_MAX = 20

Key = tuple[str, str, str, str, str]


def habits(observed: Iterable[Observed], decided: Iterable[Noted], now: datetime) -> list[Habit]:
    """All of them, also the weak and the rejected ones, in the order of their ids. ``decided``: the notes; of those
    about one habit the last counts, and a correction gives its words and accepts it."""
    groups: dict[Key, list[Observed]] = defaultdict(list)
    for one in sorted(set(observed), key=_order):
        groups[one.kind, one.what, one.of, one.user, one.project].append(one)
    against = _others(groups)
    found = {habit.id: habit for key, seen in groups.items() for habit in [_habit(key, seen, against[key], now)]}
    for each in sorted(decided, key=lambda one: (str(one.passage.source.at), one.passage.id)):
        if habit := found.get(each.note.about):
            found[habit.id] = _decided(habit, each)
    return [found[item] for item in sorted(found)]


def _order(one: Observed) -> tuple[datetime, ItemId, str, str, str, str, str, bool]:
    return one.at, one.passage, one.kind, one.what, one.of, one.user, one.project, one.ok


def _others(groups: Mapping[Key, list[Observed]]) -> dict[Key, list[Observed]]:
    """What speaks against each, beside its own bad ends: other CLIs for the same kind of task."""
    of_task: dict[tuple[str, str, str], list[Observed]] = defaultdict(list)
    for (kind, _, of, user, project), seen in groups.items():
        if kind == "preference":
            of_task[of, user, project] += seen
    return {
        key: [one for one in of_task[key[2:]] if one.what != key[1]] if key[0] == "preference" else [] for key in groups
    }


def _habit(key: Key, seen: list[Observed], others: list[Observed], now: datetime) -> Habit:
    _, what, of, _, project = key
    good = fsum(_weight(one, now) for one in seen if one.ok)
    bad = CONTRADICTS * fsum(_weight(one, now) for one in seen if not one.ok)
    bad += fsum(_weight(one, now) for one in others)
    evidence = tuple(dict.fromkeys(one.passage for one in reversed(seen)))[:EVIDENCE_MAX]
    habit = Habit(
        id=item_id("h", *key),
        kind=seen[0].kind,
        what=what,
        of=of,
        text="",
        user=seen[0].user,
        project=project,
        times=len(seen),
        failed=sum(not one.ok for one in seen),
        confidence=good / (good + bad + DOUBT),
        first_seen=seen[0].at,
        last_seen=seen[-1].at,
        state="learned",
        evidence=evidence,
    )
    return replace(habit, text=sentence(habit, ENGLISH))


def _weight(one: Observed, now: datetime) -> float:
    """A clock that ran ahead makes nothing count for more than now."""
    return float(0.5 ** (max(now - one.at, timedelta()) / HALF_LIFE))


_STATES: Mapping[NoteKind, HabitState] = {
    NoteKind.ACCEPTANCE: "accepted",
    NoteKind.REJECTION: "rejected",
    NoteKind.CORRECTION: "accepted",
}


def _decided(habit: Habit, noted: Noted) -> Habit:
    text = noted.note.text if noted.note.kind is NoteKind.CORRECTION else habit.text
    return replace(habit, text=text, state=_STATES.get(noted.note.kind, habit.state))
