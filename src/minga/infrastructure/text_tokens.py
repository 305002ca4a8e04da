"""How many tokens a text has, by its bytes: no tokenizer is shipped (docs/decisions/0027-counting-tokens.md).

Measured against o200k, November 2026. `roughly` is between 3 % low and 40 % high on requests of coding agents;
`at_most` is meant never to be low: it is dearer with what small vocabularies take apart (short words, scripts other
than Latin, runs of letters without a blank, such as keys and base64).
"""

import re
import string
from collections.abc import Iterator

OF_LETTERS = 4.0
"""Bytes a token, of what is neither digit nor sign."""

OF_SIGNS = 2.5

OF_DIGITS = 1.0

OF_BYTES_BEYOND_ASCII = 0.25
"""More tokens a byte than `roughly` has: 0.5 in all, which is 1.5 for a character of three bytes."""

OF_RARE = 0.75
"""More a character from U+1000 to U+1FFF (Ethiopic, Khmer, Georgian and such), and of one beyond U+FFFF (emoji)."""

OF_ESCAPES = 0.75
"""The same for a character that is written as ``\\uXXXX``."""

OF_RUNS = 0.75
"""Tokens a byte of a run of letters and digits, as random ones have."""

PIECE = 1 << 14
"""Bytes that are looked at in one go: short words in one must not be made up for by long ones in another, and other
threads may go on between two."""

_RUN = re.compile(rb"[A-Za-z0-9+]{24,}")
_ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}")
_ESCAPED_BEYOND_LATIN = re.compile(rb"\\u(?!00)[0-9a-fA-F]{4}")
_DIGITS = b"0123456789"
_SPLITTING = b'{}[]()",:;\\_/<>=-.*#`|'
_ASCII = bytes(range(128))
_SIGNS = string.punctuation.encode()
_BLANKED = bytes.maketrans(_SIGNS, b" " * len(_SIGNS))
_COMMON = bytes(one for one in range(256) if one != 0xE1 and one < 0xF0)
"""Bytes with which no character begins that `OF_RARE` is for."""


def roughly(text: bytes) -> float:
    """Tokens of ``text``, which may be JSON with escaped characters."""
    text = _ESCAPED.sub(b"xxx", text)
    no_digits = text.translate(None, _DIGITS)
    letters = len(no_digits.translate(None, _SPLITTING))
    signs, digits = len(no_digits) - letters, len(text) - len(no_digits)
    return letters / OF_LETTERS + signs / OF_SIGNS + digits / OF_DIGITS


def at_most(text: bytes) -> float:
    """Tokens that ``text`` has at most by the measure of o200k; the same of JSON as of what it is once it is read."""
    return sum(map(_at_most, _pieces(text)))


def _pieces(text: bytes) -> Iterator[bytes]:
    return (text[at : at + PIECE] for at in range(0, len(text), PIECE))


def _at_most(text: bytes) -> float:
    plain = text.replace(b"\\n", b"\n").replace(b"\\t", b"\t").replace(b'\\"', b'"')  # as it is once JSON is read
    rest = _RUN.sub(b"", plain)
    beyond = len(rest.translate(None, _ASCII))
    escaped = len(_ESCAPED_BEYOND_LATIN.findall(rest)) if b"\\u" in rest else 0
    words = len(rest.translate(_BLANKED).split()) + rest.count(b"\n")
    signs = len(rest) - len(rest.translate(None, _SIGNS))
    estimate = max(int(roughly(rest)) + 1, words + signs)
    more = beyond * OF_BYTES_BEYOND_ASCII + len(rest.translate(None, _COMMON)) * OF_RARE + escaped * OF_ESCAPES
    return estimate + (len(plain) - len(rest)) * OF_RUNS + more
