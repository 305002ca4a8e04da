"""Time-ordered identifiers: UUID version 7 (RFC 9562, section 5.7), in text form."""

import secrets
from collections.abc import Callable

from minga.infrastructure.clock import Clock

NewId = Callable[[], str]

_FORM = "%08x-%04x-7%03x-%04x-%012x"
"""Time, version, random bits, variant, random bits."""


def uuid7_source(clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> NewId:
    """Return a function that makes UUIDv7 texts from ``clock`` and ``random_bits`` (a count of bits to an integer)."""

    def new_id() -> str:
        milliseconds = int(clock.now().timestamp() * 1000) & ((1 << 48) - 1)
        drawn = random_bits(74)
        return _FORM % (
            milliseconds >> 16,
            milliseconds & 0xFFFF,
            drawn >> 62,
            0x8000 | drawn >> 48 & 0x3FFF,
            drawn & 0xFFFFFFFFFFFF,
        )

    return new_id
