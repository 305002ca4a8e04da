"""Time-ordered identifiers: UUID version 7 (RFC 9562, section 5.7), in text form."""

import secrets
import uuid
from collections.abc import Callable

from minga.infrastructure.clock import Clock

NewId = Callable[[], str]


def uuid7_source(clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> NewId:
    """Return a function that makes UUIDv7 texts from ``clock`` and ``random_bits`` (a count of bits to an integer)."""

    def new_id() -> str:
        milliseconds = int(clock.now().timestamp() * 1000) & ((1 << 48) - 1)
        value = milliseconds << 80 | 0x7 << 76 | random_bits(12) << 64 | 0b10 << 62 | random_bits(62)
        return str(uuid.UUID(int=value))

    return new_id
