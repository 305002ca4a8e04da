"""What the gateway needs of an HTTP client: the answer as it comes, byte for byte."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Unreachable(Exception):
    """No answer came, or it broke off; the text says how."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    silence_limit_s: float = 300.0
    """So long no byte may come."""


class Incoming(Protocol):
    """An answer. ``chunks`` raises Unreachable where it breaks off before its end; `close` may come at any time."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...

    def chunks(self) -> AsyncIterator[bytes]: ...

    def close(self) -> None: ...


class Client(Protocol):
    async def send(self, request: Outgoing) -> Incoming:
        """Raises Unreachable."""
        ...

    async def close(self) -> None: ...
