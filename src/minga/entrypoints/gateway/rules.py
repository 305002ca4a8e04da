"""What a connection may do: how much, how long, how many."""

from dataclasses import dataclass

TOLD_MAX = 100
"""Characters of a caller's text that an error repeats."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Sizes in bytes, times in seconds. ``head``: request line and headers; whole ``head_s`` after its first byte.
    ``linger_s``: so long what still comes after a refusal is read and thrown away, so that the refusal arrives.
    ``stalled_s``: so long a caller may take nothing of an answer that waits. ``connections_max``: of a process."""

    head_bytes: int = 64 * 1024
    headers: int = 200
    url_bytes: int = 16 * 1024
    head_s: float = 10.0
    keep_alive_s: float = 75.0
    linger_s: float = 3.0
    stalled_s: float = 120.0
    pipelined: int = 16
    connections_max: int = 4096


@dataclass(frozen=True, slots=True)
class BodyRules:
    """A body may be silent for ``silence_s``; once ``grace_s`` are over, it must keep the pace ``bytes_a_second_min``.
    A turn of a coding CLI has some 200 kB, pictures make it larger."""

    bytes_max: int = 64 * 1024 * 1024
    silence_s: float = 30.0
    grace_s: float = 60.0
    bytes_a_second_min: float = 4096.0


BODY_RULES = BodyRules()
