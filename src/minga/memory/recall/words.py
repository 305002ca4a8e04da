"""Words as they are compared: folded and cut to their stems, whatever their language."""

import re
import unicodedata

from minga.domain.memory import Language

_WORD = re.compile(r"[^\W_]+")


def terms(text: str) -> tuple[str, ...]:
    folded = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return tuple(_WORD.findall(folded))


def language(text: str) -> Language:
    return ""
