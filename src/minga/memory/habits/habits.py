"""Habits: what was observed again and again, weighed by how it ended and how long ago that was.

Each observation counts half as much after `HALF_LIFE`. One that ended badly takes `CONTRADICTS` times as much away as
one that ended well gives, so a habit that stopped working falls faster than one that is only no longer followed. For
which CLI does a kind of task, every other CLI that did such a task well speaks against; against a remark, what says the
opposite of the same thing. The result depends on the set of observations and notes alone, and on ``now``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import fsum

from minga.domain.habits import Habit, HabitState, Observed
from minga.domain.memory import ItemId, Note, NoteKind
from minga.memory.habits.remarks import OPPOSITE
from minga.memory.habits.wording import ENGLISH, sentence
from minga.memory.ids import item_id
from minga.memory.index.noted import Noted

HALF_LIFE = timedelta(days=30)
CONTRADICTS = 2.0
DOUBT = 2.0
"""As if there were so much, of neither outcome, that was not seen: two fresh observations give one half."""

EVIDENCE_MAX = 20

_EVER = datetime.min.replace(tzinfo=UTC)

Key = tuple[str, str, str, str, str]


def habits(observed: Iterable[Observed], decided: Iterable[Noted], now: datetime) -> list[Habit]:
    """All of them, also the weak and the rejected ones, in the order of their ids. ``decided``: the notes; of those
    about one habit the last counts, and a correction gives its words and accepts it. What a note of forgetting came
    after does not count. Only what was seen after a person's word contradicts it."""
    notes = sorted(decided, key=lambda one: (str(one.passage.source.at), one.passage.id))
    begins = _begins(notes)
    groups: dict[Key, list[Observed]] = defaultdict(list)
    for one in sorted(set(observed), key=_order):
        key = one.kind, one.what, one.of, one.user, one.project
        if not begins or one.at > begins.get(item_id("h", *key), _EVER):
            groups[key].append(one)
    against = _others(groups)
    keys = {item_id("h", *key): key for key in groups}
    found = {item: _habit(key, groups[key], against[key], now) for item, key in keys.items()}
    for each in notes:
        item, at = each.note.about, each.passage.source.at or _EVER
        if item in found and at > begins.get(item, _EVER):
            good, bad = _weights(groups[keys[item]], against[keys[item]], now, since=at)
            found[item] = replace(_decided(found[item], each.note), contradicted=bad > good)
    return [found[item] for item in sorted(found)]


def _begins(notes: Iterable[Noted]) -> dict[ItemId, datetime]:
    """Until when what was seen and said of a habit is forgotten."""
    return {
        one.note.about: one.passage.source.at
        for one in notes
        if one.note.kind is NoteKind.FORGETTING and one.passage.source.at
    }


def _order(one: Observed) -> tuple[datetime, tuple[ItemId, ...], str, str, str, str, str, bool]:
    return one.at, one.passages, one.kind, one.what, one.of, one.user, one.project, one.ok


def _others(groups: Mapping[Key, list[Observed]]) -> dict[Key, list[Observed]]:
    """What speaks against each, beside its own bad ends."""
    tasks: dict[tuple[str, str, str], list[Observed]] = defaultdict(list)
    for (kind, _, of, user, project), seen in groups.items():
        if kind == "preference":
            tasks[of, user, project] += [one for one in seen if one.ok]
    against: dict[Key, list[Observed]] = {}
    for key in groups:
        kind, what, of, user, project = key
        others = tasks[of, user, project] if kind == "preference" else []
        opposite = sorted(OPPOSITE.get(of, ())) if kind == "remark" else []
        against[key] = [one for one in others if one.what != what]
        against[key] += [one for other in opposite for one in groups.get((kind, what, other, user, project), ())]
    return against


def _habit(key: Key, seen: list[Observed], others: list[Observed], now: datetime) -> Habit:
    _, what, of, _, project = key
    good, bad = _weights(seen, others, now)
    evidence = tuple(dict.fromkeys(item for one in reversed(seen) for item in reversed(one.passages)))[:EVIDENCE_MAX]
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
        contradicted=bad > good,
        first_seen=seen[0].at,
        last_seen=seen[-1].at,
        state="learned",
        evidence=evidence,
    )
    return replace(habit, text=sentence(habit, ENGLISH))


def _weights(
    seen: Iterable[Observed], others: Iterable[Observed], now: datetime, since: datetime = _EVER
) -> tuple[float, float]:
    """What speaks for it, and against."""
    of_late = [one for one in seen if one.at > since]
    good = fsum(_weight(one, now) for one in of_late if one.ok)
    bad = CONTRADICTS * fsum(_weight(one, now) for one in of_late if not one.ok)
    return good, bad + fsum(_weight(one, now) for one in others if one.at > since)


def _weight(one: Observed, now: datetime) -> float:
    """A clock that ran ahead makes nothing count for more than now."""
    return float(0.5 ** (max(now - one.at, timedelta()) / HALF_LIFE))


_STATES: Mapping[NoteKind, HabitState] = {
    NoteKind.ACCEPTANCE: "accepted",
    NoteKind.REJECTION: "rejected",
    NoteKind.CORRECTION: "accepted",
}


def _decided(habit: Habit, note: Note) -> Habit:
    text = note.text if note.kind is NoteKind.CORRECTION else habit.text
    return replace(habit, text=text, state=_STATES.get(note.kind, habit.state))
