"""What the gateway needs of an HTTP client: the answer as it comes, byte for byte."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

SILENCE_LIMIT_S = 300.0
"""Without a byte: models think before their first one, and between tools."""

CONNECT_LIMIT_S = 10.0
"""To find out the addresses of a name; and again for each of them to take the connection, with TLS."""

_HEADERS = re.compile(
    r"(?:(?!(?i:content-length|transfer-encoding|connection):)[!#$%&'*+\-.^_`|~0-9A-Za-z]+:"
    r" [\t\x20-\x7e\x80-\xff]*\r\n)*"
)
"""Lines of RFC 9110, section 5.5. Framing is the client's own: two lengths in one request are how requests are
smuggled."""

_TARGET = re.compile(r"[\x21-\x7e]+")


class Unreachable(Exception):
    """No answer came, or it broke off; the text says how. Callers are told it, so it names no URL and no address."""


@dataclass(slots=True)  # one is made for each call: a frozen one takes twice as long
class Outgoing:
    """``private``: it may go to an address that is not public. ``first_limit_s`` until the answer's headers have come,
    ``silence_limit_s`` between two pieces of its body, and of a large request's."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    private: bool = False
    first_limit_s: float = SILENCE_LIMIT_S
    silence_limit_s: float = SILENCE_LIMIT_S


class Incoming(Protocol):
    """An answer. Header names are lower-case. ``chunks`` raises Unreachable where it breaks off before its end. `close`
    may come at any time and must come at last."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]: ...

    def chunks(self) -> AsyncIterator[bytes]: ...

    def whole(self) -> bytes | None:
        """What has not been read of the body, where its end has come already; else there may be more in `chunks`."""
        ...

    def close(self) -> None: ...


class Client(Protocol):
    async def send(self, request: Outgoing) -> Incoming:
        """Raises Unreachable."""
        ...

    async def close(self) -> None: ...


@lru_cache(maxsize=256)
def header_lines(headers: tuple[tuple[str, str], ...]) -> str:
    """The headers as they are sent. Raises Unreachable for one that would be more than one line, or that frames."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    if lines.count("\n") != len(headers) or not _HEADERS.fullmatch(lines):
        wrong = next((name for name, value in headers if not _is_line(name, value)), "")
        raise Unreachable(f"the header {wrong!r} cannot be sent")
    return lines


def check_target(url: str) -> None:
    """Raises Unreachable for what would be more than one word of a request."""
    if not _TARGET.fullmatch(url):
        raise Unreachable("its URL cannot be sent")


def _is_line(name: str, value: str) -> bool:
    return "\n" not in name + value and _HEADERS.fullmatch(f"{name}: {value}\r\n") is not None
