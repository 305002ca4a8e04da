"""What a habit says, in the words of its language. No figures: they change with every run, and a brief that changes is
read anew by whoever caches it."""

from dataclasses import dataclass

from minga.domain.memory import Habit, Language


@dataclass(frozen=True, slots=True)
class Wording:
    """Each takes ``what`` and ``of``."""

    command: str
    fix: str
    preference: str
    remark: str


ENGLISH = Wording(
    command="`{what}` is run often here.",
    fix='"{of}" was mended by `{what}`.',
    preference="For tasks of the kind {of}, {what} is used.",
    remark="Reviews often say: {what}",
)

SPANISH = Wording(
    command="Aquí se ejecuta a menudo `{what}`.",
    fix="«{of}» se arregló con `{what}`.",
    preference="Para tareas del tipo {of} se usa {what}.",
    remark="En las revisiones se dice a menudo: {what}",
)


def wording(language: Language) -> Wording:
    return SPANISH if language == "es" else ENGLISH


def sentence(habit: Habit, words: Wording) -> str:
    told: str = getattr(words, habit.kind)
    return told.format(what=habit.what, of=habit.of)
