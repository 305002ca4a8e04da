"""Which habits a person is shown, and which an agent is told of before its task."""

from collections.abc import Iterable, Mapping

from minga.domain.habits import Habit, HabitKind
from minga.domain.memory import ItemId, Language
from minga.memory.habits.wording import ENGLISH, sentence, wording

TIMES: Mapping[HabitKind, int] = {"command": 4, "fix": 2, "preference": 3, "remark": 2}
"""So often at least: what was done once or twice is no habit."""

_KINDS: tuple[HabitKind, ...] = ("remark", "fix", "preference", "command")


def is_shown(habit: Habit) -> bool:
    """Whether it is worth a person's look: seen often enough, and not rejected; or accepted."""
    return habit.state == "accepted" or (habit.state == "learned" and habit.times >= TIMES[habit.kind])


def told(habits: Iterable[Habit], language: Language = "en") -> dict[ItemId, str]:
    """One line a habit, of those that a person accepted, but for those that are contradicted since. The same habits
    give the same lines in the same order, however their figures move."""
    kept = [one for one in habits if one.state == "accepted" and not one.contradicted]
    kept.sort(key=lambda one: (_KINDS.index(one.kind), one.what, one.of, one.id))
    return {one.id: line(one, language) for one in kept}


def line(habit: Habit, language: Language) -> str:
    """A person's own words stay as they are."""
    is_edited = habit.text != sentence(habit, ENGLISH)
    return habit.text if is_edited else sentence(habit, wording(language))
