"""How texts for a person are put into their language; the entry point that starts the agent brings it."""

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
