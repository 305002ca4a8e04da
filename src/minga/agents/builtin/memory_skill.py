"""Says what the memory holds about something, each piece with where it is known from."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.skill import Answered, Declined, Fact
from minga.domain.events import ToolKind
from minga.domain.memory import Recalled, Recollection

_SHOWN_MAX = 5
_TEXT_LENGTH = 300

_LEAD = re.compile(
    r"""^[\s¿¡]*(?:
        (?:en\s+)?qu[eé]\s+(?:decidimos|quedamos|acordamos|sabemos|recuerdas|se\s+decidi[oó]|se\s+acord[oó])\s+
        (?:del?|sobre|acerca\s+del?|con|para|respecto\s+del?)\s+
      | qu[eé]\s+recuerdas\s+(?:del?|sobre)\s+
      | what\s+(?:did\s+we|have\s+we)\s+(?:decide|agree|decided|agreed)\s+(?:on|about|for)\s+
      | what\s+do\s+(?:we|you)\s+(?:know|remember)\s+about\s+
    )(?P<words>.+?)[\s?!.]*$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

_ONLY_ASKS = re.compile(r"(?:(?:[^.!?]|\.(?=\S))+\?)+")
"""Nothing but questions, with single blanks."""

_SAYS: dict[Language, dict[str, str]] = {
    "es": {
        "known": "Esto se recuerda, lo más probable primero:",
        "perhaps": "Nada de esto lo responde con seguridad; puede que solo se acerque:",
        "not known": "Nada se sabe de eso en este proyecto.",
    },
    "en": {
        "known": "This is remembered, the most probable first:",
        "perhaps": "None of this answers it for sure; it may only come near:",
        "not known": "Nothing is known about that in this project.",
    },
}

Recall = Callable[[str, Path], Awaitable[Recollection]]
"""What the project at a directory remembers of a question. Raises StoreError."""


class MemorySkill:
    name = "memory"
    kind = ToolKind.SEARCH

    def __init__(self, recall: Recall) -> None:
        self._recall = recall

    def describe(self, language: Language) -> str:
        if language == "es":
            return "Decir qué se recuerda de sesiones anteriores: «¿qué decidimos sobre el IVA de la guía?»"
        return 'Say what is remembered of earlier sessions: "what did we decide about the release date?"'

    async def answer(self, question: Question) -> Answered | Declined | None:
        asked = _LEAD.match(question.text)
        if asked is None or question.documents:
            return None
        if not question.remembers:
            return _switched_off(question.language)
        found = await self._recall(question.text, question.cwd)
        known = _told(found) if found.is_known else []
        given = json.dumps({"words": asked["words"]}, ensure_ascii=False)
        told = tuple(Fact(_marked(one, question.language), _where(one)) for one in known)
        return Answered(_text(known, question.language, is_sure=found.is_sure), given, told)


def _told(found: Recollection) -> list[Recalled]:
    """What holds before what does not any more, each in its order; what is only asked is no evidence."""
    said = (one for one in found.recalled if one.confidence > 0 and not _is_asked(_said(one)))
    return sorted(said, key=lambda one: one.superseded_by is not None)[:_SHOWN_MAX]


def _is_asked(text: str) -> bool:
    return _ONLY_ASKS.fullmatch(text) is not None or _LEAD.match(text) is not None


def _marked(one: Recalled, language: Language) -> str:
    text = _said(one)
    short = text if len(text) <= _TEXT_LENGTH else text[: _TEXT_LENGTH - 1] + "…"
    return f"{short} {_held(one, language)}" if one.superseded_by else short


def _held(one: Recalled, language: Language) -> str:
    """Why it does not hold any more, and what took its place."""
    if one.ended is None:
        return f"(corregido por {one.superseded_by})" if language == "es" else f"(corrected by {one.superseded_by})"
    day = f"{one.ended.astimezone():%Y-%m-%d}"
    if language == "es":
        return f"(hasta el {day}; después {one.superseded_by})"
    return f"(until {day}; then {one.superseded_by})"


def _text(known: list[Recalled], language: Language, *, is_sure: bool) -> str:
    verdict = "not known" if not known else "known" if is_sure else "perhaps"
    return _SAYS[language][verdict]


def _switched_off(language: Language) -> Declined:
    if language == "es":
        return Declined(
            "La memoria está apagada en esta ejecución.",
            "Quita --no-memory, o deja el ajuste `memory` en `on`; `minga memory search` responde igual.",
        )
    return Declined(
        "The memory is switched off for this run.",
        "Leave out --no-memory, or set `memory` to `on`; `minga memory search` answers all the same.",
    )


def _said(one: Recalled) -> str:
    return " ".join((one.passage.text or one.passage.done).split())


def _where(one: Recalled) -> str:
    source = one.passage.source
    day = f"{source.at.astimezone():%Y-%m-%d %H:%M}" if source.at else "?"
    return f"{day} · {source.role} · {source.session_id[:13]} · {one.passage.id}"
