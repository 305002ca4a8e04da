"""Chilean RUT arithmetic: check digit modulo 11, reading and writing. No network; says nothing about existence."""

import re
from dataclasses import dataclass

BODY_MAX = 99_999_999
"""Eight digits. The SII's format for tax documents (Formato DTE, field RUTEmisor) stays below 99 million too."""

_WRITTEN = re.compile(
    r"(?P<body>[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:\s?[-‐‑–−]\s?(?P<digit>[0-9kK]))?(?P<bare_k>[kK])?"
)


@dataclass(frozen=True, slots=True)
class Rut:
    """``body`` 1 to `BODY_MAX`; ``digit`` as written, ``0``-``9`` or ``K``: it may be the wrong one."""

    body: int
    digit: str

    @property
    def valid(self) -> bool:
        return self.digit == check_digit(self.body)


class OutOfRange(ValueError):
    """The body is not in 1 to `BODY_MAX`."""


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it stood in a text. ``digit`` None: none was set apart. ``dotted``: thousands dots were used."""

    text: str
    body: str
    digit: str | None
    dotted: bool


def check_digit(body: int) -> str:
    """Check digit of ``body``. Raises OutOfRange."""
    return _name(11 - weighted_sum(body) % 11)


def weighted_sum(body: int) -> int:
    """The digits from the right, times 2, 3, 4, 5, 6, 7, 2, 3 …, added up. Raises OutOfRange."""
    if not 1 <= body <= BODY_MAX:
        raise OutOfRange(body)
    return sum(digit * weight for digit, weight in weights(body))


def weights(body: int) -> tuple[tuple[int, int], ...]:
    """Each digit from the right with its multiplier."""
    return tuple((int(digit), 2 + place % 6) for place, digit in enumerate(reversed(str(body))))


def with_dots(rut: Rut) -> str:
    return f"{rut.body:,}".replace(",", ".") + f"-{rut.digit}"


def without_dots(rut: Rut) -> str:
    return f"{rut.body}-{rut.digit}"


def parse(text: str) -> Rut:
    """Read a RUT with its check digit, right or wrong; without a hyphen the last sign is the check digit.

    Raises ValueError if it has no such form, OutOfRange if the body is out of range.
    """
    written = match(text.strip())
    if written is None:
        raise ValueError(f"{text!r} has not the form of a RUT")
    return with_last_as_digit(written)


def match(text: str) -> Written | None:
    """``text`` as a whole, or None if it has not the form of a RUT or of its body."""
    found = _WRITTEN.fullmatch(text)
    if found is None or (found["digit"] and found["bare_k"]):
        return None
    digit = found["digit"] or found["bare_k"]
    return Written(text, found["body"].replace(".", ""), digit.upper() if digit else None, "." in found["body"])


def with_last_as_digit(written: Written) -> Rut:
    """Raises OutOfRange, and ValueError if there is no digit to take: thousands dots show where the body ends."""
    if written.digit is not None:
        return make(written.body, written.digit)
    if written.dotted or len(written.body) < 2:
        raise ValueError(f"{written.text!r} has no check digit")
    return make(written.body[:-1], written.body[-1])


def make(body: str, digit: str) -> Rut:
    """Leading zeros do not count. Raises OutOfRange."""
    bare = body.lstrip("0")
    if not 1 <= len(bare) <= len(str(BODY_MAX)):
        raise OutOfRange(body)
    return Rut(int(bare), digit)


def _name(value: int) -> str:
    """11 is written 0 and 10 is written K."""
    return {11: "0", 10: "K"}.get(value, str(value))
