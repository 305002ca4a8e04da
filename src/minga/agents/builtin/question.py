"""The task as the skills see it: text, language, the day, and the documents that came with it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from minga.agents.builtin.words import vocabulary
from minga.domain.task import Document
from minga.domain.terms import day_in_chile
from minga.infrastructure.clock import Clock

Language = Literal["es", "en"]

_DOCUMENT = re.compile(r'<document name="(?P<name>[^"\n]*)">\n?(?P<text>.*?)\n?</document>', re.DOTALL)

_SPANISH = vocabulary(
    "el la los las un una de del al y que es son por para con sin mi este esta me si valida validar verifica calcula "
    "digito cuando hasta factura plazo recibi recibida hoy ayer busca sesiones hablamos ayuda puedes hacer escribe "
    "arregla revisa quien cual donde tengo favor haz explica"
)
_ENGLISH = vocabulary(
    "the a an of and is are to for with without my this that me if in on i we you it check validate verify compute "
    "digit when until by invoice deadline received today yesterday find sessions discuss help can do what write fix "
    "how please who explain make refactor"
)


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is the task without its documents; ``folded`` the same in lower case and without accents.

    ``cwd`` is where the task is to be done. ``today`` is the day in Chile (America/Santiago), to which "today" and
    "days left" refer. ``remembers``: what earlier sessions say may be told. ``for_others``: it is not the
    person's, so nothing of their sessions is.
    """

    text: str
    folded: str
    language: Language
    today: date
    documents: tuple[Document, ...] = ()
    cwd: Path = Path()
    remembers: bool = True
    for_others: bool = False


def read(
    prompt: str,
    environment: Mapping[str, str],
    clock: Clock,
    cwd: Path = Path(),
    *,
    remembers: bool = True,
    for_others: bool = False,
) -> Question:
    """Split the documents, ``<document name="…">…</document>``, from the task, and see its language."""
    documents = tuple(Document(match["name"], match["text"]) for match in _DOCUMENT.finditer(prompt))
    text = _DOCUMENT.sub(" ", prompt).strip()
    folded = fold(text)
    today = day_in_chile(clock.now())
    return Question(
        text, folded, language_of(folded, _default(environment)), today, documents, cwd, remembers, for_others
    )


def fold(text: str) -> str:
    """Lower case without accents; compatibility forms (NFKD), so that ``１`` is ``1``."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()


def language_of(folded: str, default: Language) -> Language:
    """The language with more of its own frequent words in the text; ``default`` where both have as many."""
    words = re.findall(r"[a-z]+", folded)
    spanish = sum(word in _SPANISH for word in words) + folded.count("¿") + folded.count("¡")
    english = sum(word in _ENGLISH for word in words)
    if spanish == english:
        return default
    return "es" if spanish > english else "en"


def _default(environment: Mapping[str, str]) -> Language:
    """By the rule of POSIX locales: the first of the three that is set decides."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "es" if value.lower().startswith("es") else "en"
    return "en"
