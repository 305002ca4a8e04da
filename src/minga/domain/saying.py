"""How texts for a person are put into their language; the entry point that begins brings it."""

from dataclasses import dataclass
from typing import Any, Protocol

from minga.domain.errors import MingaError


class Say(Protocol):
    def __call__(self, text: str, **values: Any) -> str: ...

    def told(self, text: str) -> str:
        """Translate a text that was put together elsewhere."""
        ...

    def error(self, error: MingaError) -> tuple[str, str]:
        """What happened, and the remedy."""
        ...


@dataclass(frozen=True, slots=True)
class InEnglish:
    """Says what it is given."""

    def __call__(self, text: str, **values: Any) -> str:
        return text.format(**values) if values else text

    def told(self, text: str) -> str:
        return text

    def error(self, error: MingaError) -> tuple[str, str]:
        return error.message, error.remedy_text
