"""Finds words in the person's past sessions."""

import json
import re
from collections.abc import Sequence
from datetime import UTC
from typing import Protocol

from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.skill import Answered, Declined
from minga.agents.builtin.words import vocabulary
from minga.domain.events import ToolKind
from minga.domain.sessions import Found

_LIMIT = 10

_LEAD = re.compile(
    r"""^[\s¿¡]*(?:
        (?:busca(?:r|me)?|encuentra)\s+en\s+(?:mis\s+sesiones(?:\s+(?:pasadas|anteriores))?|(?:las\s+)?sesiones\s+(?:pasadas|anteriores))\s*:?\s+
      | (?:de\s+)?qu[eé]\s+(?:hablamos|dijimos|conversamos)\s+(?:del?|sobre|acerca\s+del?)\s+
      | cu[aá]ndo\s+(?:discutimos|(?:hablamos|conversamos)\s+(?:del?|sobre|acerca\s+del?))\s+
      | (?:find|search)\s+in\s+(?:my\s+)?past\s+sessions\s*(?::|for\s)?\s*
      | (?:find|search)\s+in\s+my\s+sessions\s*(?::|for\s)?\s*
      | search\s+(?:my\s+)?(?:past\s+)?sessions\s+for\s+
      | when\s+did\s+we\s+(?:discuss|talk\s+about)\s+
      | what\s+did\s+we\s+(?:say|discuss)\s+about\s+
    )(?P<words>.+?)[\s?!.]*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r"[\"“«'‘](?P<words>[^\"“”«»\n]+)[\"”»'’]")
_JOINING = re.compile(
    r"[,;:\n.](?:\s|$)|\b(?:y|e|o|u|pero|luego|despues|después|para|and|or|but|then|to|so|after|before)\b",
    re.IGNORECASE,
)
"""What may begin a second task ("… and fix it"); such words must stand in quotation marks to be searched."""

_WORDS_MAX = 8
_ARTICLES = vocabulary("el la los las un una lo the a an")


class SessionSearch(Protocol):
    async def search(self, words: str, limit: int) -> Sequence[Found]:
        """Messages that hold every word, best first; case and accents do not count. Raises StoreError."""
        ...


class SessionsSkill:
    name = "past-sessions"
    kind = ToolKind.SEARCH

    def __init__(self, search: SessionSearch) -> None:
        self._search = search

    def describe(self, language: Language) -> str:
        if language == "es":
            return "Buscar en tus sesiones pasadas: «busca en mis sesiones 'migración'»"
        return "Find in your past sessions: \"find in past sessions 'migration'\""

    async def answer(self, question: Question) -> Answered | Declined | None:
        asked = _LEAD.match(question.text)
        if asked is None or question.documents or question.for_others:
            return None
        words = _words(asked["words"])
        if words is None:
            return _quote_them(question.language)
        found = await self._search.search(words, _LIMIT + 1)
        shown = tuple(found[:_LIMIT])
        text = _text(words, shown, len(found) > _LIMIT, question.language)
        return Answered(text, json.dumps({"words": words, "limit": _LIMIT}, ensure_ascii=False))


def _words(text: str) -> str | None:
    """What to search, or None where it may hold a second task."""
    if quoted := _QUOTED.fullmatch(text.strip()):
        return quoted["words"].strip() or None
    if _JOINING.search(text) or re.search(r"[\"“”«»]", text):
        return None
    words = text.split()
    while words and words[0].lower() in _ARTICLES:
        words = words[1:]
    return " ".join(words) if 0 < len(words) <= _WORDS_MAX else None


def _text(words: str, found: Sequence[Found], more: bool, language: Language) -> str:
    if language == "es":
        if not found:
            return f"No encontré nada sobre «{words}» en las sesiones guardadas."
        head = f"«{words}» aparece en {_count(len(found), 'mensaje', 'mensajes')} de sesiones guardadas"
        cut = f" (los primeros {len(found)}; hay más)" if more else ""
    else:
        if not found:
            return f"Nothing about «{words}» was found in the stored sessions."
        head = f"«{words}» stands in {_count(len(found), 'message', 'messages')} of stored sessions"
        cut = f" (the first {len(found)}; there are more)" if more else ""
    lines = [f"- {_day(each)} · {each.role} · {each.session_id}: {_one_line(each.excerpt)}" for each in found]
    return "\n".join([f"{head}{cut}:", *lines])


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _day(found: Found) -> str:
    return found.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quote_them(language: Language) -> Declined:
    if language == "es":
        return Declined(
            "No distingo las palabras que hay que buscar de otra tarea.",
            "Ponlas entre comillas: minga run 'busca en mis sesiones \"migración de datos\"'.",
        )
    return Declined(
        "I cannot tell the words to search from another task.",
        "Put them in quotation marks: minga run 'find in past sessions \"data migration\"'.",
    )
