"""Which habits an agent is told of before its task."""

from collections.abc import Iterable, Mapping

from minga.domain.memory import Habit, HabitKind, Language
from minga.memory.habits.wording import ENGLISH, sentence, wording

SURE = 0.5
TIMES: Mapping[HabitKind, int] = {"command": 4, "fix": 2, "preference": 3, "remark": 2}
"""So often at least: what was done once or twice is no habit."""

TOLD_MAX = 12

_KINDS: tuple[HabitKind, ...] = ("fix", "preference", "remark", "command")


def told(habits: Iterable[Habit], language: Language = "en") -> list[str]:
    """One line a habit, of the accepted and of the most confident ones; what was rejected never. The same habits give
    the same lines in the same order, however their figures move."""
    kept = [one for one in habits if one.state == "accepted" or (one.state == "learned" and _is_sure(one))]
    kept.sort(key=lambda one: (one.state != "accepted", -one.confidence, one.id))
    kept = sorted(kept[:TOLD_MAX], key=lambda one: (_KINDS.index(one.kind), one.what, one.of, one.id))
    return list(dict.fromkeys(_line(one, language) for one in kept))


def _is_sure(habit: Habit) -> bool:
    return habit.confidence >= SURE and habit.times >= TIMES[habit.kind]


def _line(habit: Habit, language: Language) -> str:
    """A person's own words stay as they are."""
    is_edited = habit.text != sentence(habit, ENGLISH)
    return habit.text if is_edited else sentence(habit, wording(language))
