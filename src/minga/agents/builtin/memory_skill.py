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
        known = [one for one in found.recalled if one.confidence > 0][:_SHOWN_MAX] if found.is_known else []
        given = json.dumps({"words": asked["words"]}, ensure_ascii=False)
        return Answered(_text(known, question.language), given, tuple(Fact(_said(one), _where(one)) for one in known))


def _text(known: list[Recalled], language: Language) -> str:
    if language == "es":
        return "Esto se recuerda, lo más probable primero:" if known else "Nada se sabe de eso en este proyecto."
    return "This is remembered, the most probable first:" if known else "Nothing is known about that in this project."


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
    text = " ".join((one.passage.text or one.passage.done).split())
    return text if len(text) <= _TEXT_LENGTH else text[: _TEXT_LENGTH - 1] + "…"


def _where(one: Recalled) -> str:
    source = one.passage.source
    day = f"{source.at.astimezone():%Y-%m-%d %H:%M}" if source.at else "?"
    return f"{day} · {source.role} · {source.session_id[:13]} · {one.passage.id}"
