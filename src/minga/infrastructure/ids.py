"""Time-ordered identifiers: UUID version 7 (RFC 9562, section 5.7), in text form."""

import secrets
from collections.abc import Callable

from minga.infrastructure.clock import Clock

NewId = Callable[[], str]

BLOCK = 4096
"""Random bytes that are taken from the system at once."""


def uuid7_source(clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> NewId:
    """Return a function that makes UUIDv7 texts from ``clock`` and ``random_bits`` (a count of bits to an integer)."""

    def new_id() -> str:
        milliseconds = int(clock.now().timestamp() * 1000) & ((1 << 48) - 1)
        drawn = random_bits(74)
        value = milliseconds << 80 | 0x7 << 76 | (drawn >> 62) << 64 | 0b10 << 62 | drawn & ((1 << 62) - 1)
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    return new_id


def random_in_blocks() -> Callable[[int], int]:
    """As `secrets.randbits`, which asks the system each time. For what is made for each call, and is no secret; not to
    be shared over a fork."""
    block, at = b"", 0

    def random_bits(count: int) -> int:
        nonlocal block, at
        size = (count + 7) // 8
        if at + size > len(block):
            block, at = secrets.token_bytes(BLOCK), 0
        at += size
        return int.from_bytes(block[at - size : at]) >> (8 * size - count)

    return random_bits
