"""What a habit says, in the words of its language. No figures: they change with every run, and a brief that changes is
read anew by whoever caches it."""

from collections.abc import Mapping
from dataclasses import dataclass

from minga.domain.habits import Habit
from minga.domain.memory import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """Each takes ``what`` and ``of``; ``remarks`` one for each of what a remark may say of a thing. ``names`` of things
    and kinds of tasks, where they have others than in English."""

    command: str
    fix: str
    preference: str
    remarks: Mapping[str, str]
    names: Mapping[str, str]


ENGLISH = Wording(
    command="`{what}` is run often here.",
    fix='"{of}" was mended by `{what}`.',
    preference="For tasks of the kind {of}, {what} is used.",
    remarks={
        "use": "Reviews often ask to use {what}.",
        "keep": "Reviews often ask to leave {what} as it is.",
        "without": "Reviews often ask to do without {what}.",
        "missing": "Reviews often find missing: {what}.",
    },
    names={},
)

SPANISH = Wording(
    command="Aquí se ejecuta a menudo `{what}`.",
    fix="«{of}» se arregló con `{what}`.",
    preference="Para tareas del tipo {of} se usa {what}.",
    remarks={
        "use": "En las revisiones se pide a menudo usar {what}.",
        "keep": "En las revisiones se pide a menudo no cambiar {what}.",
        "without": "En las revisiones se pide a menudo no poner {what}.",
        "missing": "En las revisiones se nota a menudo que falta: {what}.",
    },
    names={
        "tests": "pruebas",
        "comments": "comentarios",
        "documentation": "documentación",
        "types": "tipos",
        "Spanish": "español",
        "English": "inglés",
        "single quotes": "comillas simples",
        "double quotes": "comillas dobles",
        "spaces": "espacios",
        "abbreviations": "abreviaturas",
        "decimals": "decimales",
        "migrations": "migraciones",
        "dependencies": "dependencias",
        "dead code": "código muerto",
        "error handling": "manejo de errores",
        "translations": "traducciones",
        "review": "revisión",
        "fix": "arreglo",
        "upgrade": "actualización",
        "deploy": "despliegue",
        "refactor": "refactorización",
        "docs": "documentación",
        "feature": "función nueva",
        "explain": "explicación",
    },
)


def wording(language: Language) -> Wording:
    return SPANISH if language == "es" else ENGLISH


def sentence(habit: Habit, words: Wording) -> str:
    match habit.kind:
        case "command":
            return words.command.format(what=habit.what)
        case "fix":
            return words.fix.format(what=habit.what, of=habit.of)
        case "preference":
            return words.preference.format(what=habit.what, of=words.names.get(habit.of, habit.of))
        case "remark":
            return words.remarks[habit.of].format(what=words.names.get(habit.what, habit.what))
