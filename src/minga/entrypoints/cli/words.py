"""What Minga says, in the person's language. The English text is the key; ``es.toml`` holds the Spanish."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from minga.domain.errors import MingaError

Language = Literal["en", "es"]

SPANISH = Path(__file__).parent / "es.toml"

_SEPARATORS = ("; ", ": ", ", ")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with gaps (``{}``) and its translation with the same gaps, numbered where their order differs."""

    text: re.Pattern[str]
    translation: str


@dataclass(frozen=True, slots=True)
class Words:
    """Translates. A text without a translation is said in English (a test sees that none is missing)."""

    language: Language
    table: Mapping[str, str]
    patterns: Sequence[Pattern]

    def __call__(self, text: str, **values: Any) -> str:
        said = self.table.get(text, text)
        return said.format(**values) if values else said

    def counted(self, count: int, one: str, many: str, **values: Any) -> str:
        """Say ``one`` of a single thing, else ``many``, with the number in ``{count}``."""
        return self(one if count == 1 else many, count=count, **values)

    def told(self, text: str) -> str:
        """Translate a text that was put together elsewhere: an event's message, an error's detail, a reason.

        What stands in its gaps is translated too; so are the parts of a list. A vendor's own words stay as they are.
        """
        if self.language == "en" or not text:
            return text
        if text in self.table:
            return self.table[text]
        for pattern in self.patterns:
            if match := pattern.text.fullmatch(text):
                return pattern.translation.format(*map(self.told, match.groups()))
        for separator in _SEPARATORS:
            if separator in text:
                return separator.join(map(self.told, text.split(separator)))
        return text

    def error(self, error: MingaError) -> tuple[str, str]:
        """Return what happened and the remedy."""
        values = {**error.values}
        for name in ("detail", "suggestion"):
            if name in values:
                values[name] = self.told(values[name])
        values |= {name: self(values[name]) for name in ("scope", "window") if name in values}
        return self(type(error).template()).format(**values), self(type(error).remedy).format(**values)


def load(language: Language) -> Words:
    if language == "en":
        return Words(language, {}, ())
    tables = tomllib.loads(SPANISH.read_text("utf-8"))
    given = {**tables["libraries"], **tables["click"], **tables["told"]}
    patterns = [_pattern(text, translation) for text, translation in given.items() if "{}" in text]
    return Words(language, {**tables["said"], **given}, patterns)


def _pattern(text: str, translation: str) -> Pattern:
    return Pattern(re.compile("(.*?)".join(map(re.escape, text.split("{}"))), re.DOTALL), translation)


def choose_language(setting: str, environment: Mapping[str, str]) -> Language:
    """The setting, else the locale as POSIX reads it: LC_ALL before LC_MESSAGES before LANG."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "es" if (setting or locale).lower().startswith("es") else "en"
