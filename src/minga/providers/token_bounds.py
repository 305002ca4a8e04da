"""How many tokens a request has at most, by its bytes: for callers that go by it when they make their history shorter.

`token_estimate` is meant to be near; this is meant never to be low. It is dearer with what small vocabularies take
apart (short words, scripts other than Latin, runs of letters without a blank, such as keys and base64), and with
pictures, and multiplies by what is known of the model's tokenizer (``token_bounds.toml``).
"""

import math
import re
import string
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources

import msgspec

from minga.providers import token_estimate

OF_BYTES_BEYOND_ASCII = 0.25
"""More tokens a byte than the estimate has: 0.5 in all, which is 1.5 for a character of three bytes."""

OF_RARE = 0.75
"""More a character from U+1000 to U+1FFF (Ethiopic, Khmer, Georgian and such), and of one beyond U+FFFF (emoji)."""

OF_ESCAPES = 0.75
"""The same for a character that is written as ``\\uXXXX``."""

OF_RUNS = 0.75
"""Tokens a byte of a run of letters and digits, as random ones have."""

BYTES_OF_FILE_A_TOKEN = 16
"""Of a document or a recording in base64; its pages and seconds cannot be seen."""

FRAME = 16
"""Tokens of what stands around every conversation."""

PIECE = 1 << 14
"""Bytes that are looked at in one go: short words in one must not be made up for by long ones in another, and other
threads may go on between two."""

_INLINE = re.compile(rb'"(?:data:[\w/+.;=-]{0,100},)?(?P<data>[A-Za-z0-9+/]{2000,}={0,2})"')
_REMOTE = re.compile(
    rb'"(?:fileUri|file_uri)"\s*:|"type"\s*:\s*"(?:image|image_url|input_image|document|file|input_file)"\s*[,}]'
)
_RUN = re.compile(rb"[A-Za-z0-9+]{24,}")
_ESCAPED = re.compile(rb"\\u(?!00)[0-9a-fA-F]{4}")
_ASCII = bytes(range(128))
_SIGNS = string.punctuation.encode()
_BLANKED = bytes.maketrans(_SIGNS, b" " * len(_SIGNS))
_COMMON = bytes(one for one in range(256) if one != 0xE1 and one < 0xF0)
"""Bytes with which no character begins that `OF_RARE` is for."""
_PICTURES = (b"/9j/", b"iVBOR", b"R0lGOD")
"""JPEG, PNG and GIF in base64."""


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[str, ...]
    percent: int
    picture: int
    source: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    families: tuple[Family, ...]


def of_request(model: str, body: bytes) -> int:
    """Tokens of a request's JSON for ``model``, as its provider calls it. A file that stands there by its URL or id
    counts as one picture, whatever it is."""
    family = family_of(model)
    inline = [found["data"] for found in _INLINE.finditer(body)]
    media = sum(_of_media(data, family.picture) for data in inline)
    media += max(len(_REMOTE.findall(body)) - len(inline), 0) * family.picture
    text = _INLINE.sub(b"", body) if inline else body
    return media + FRAME + _up(sum(map(_of_text, _pieces(text))), family)


@lru_cache(maxsize=256)
def family_of(model: str) -> Family:
    """A provider's name may stand before the model's, as at OpenRouter."""
    name = model.rpartition("/")[2].lower()
    return next(one for one in _families() if any(fnmatchcase(name, pattern) for pattern in one.models))


@cache
def _families() -> tuple[Family, ...]:
    read = resources.files(__package__).joinpath("token_bounds.toml").read_bytes()
    return msgspec.toml.decode(read, type=_File).families


def _up(tokens: float, family: Family) -> int:
    return math.ceil(tokens * family.percent / 100)


def _of_media(data: bytes, picture: int) -> int:
    """The picture's, where it is one of a size that a picture may have."""
    is_picture = data.startswith(_PICTURES) or (data.startswith(b"UklGR") and data[12:16] == b"RUJQ")  # WebP
    return picture if is_picture else max(picture, len(data) // BYTES_OF_FILE_A_TOKEN)


def _pieces(text: bytes) -> Iterator[bytes]:
    return (text[at : at + PIECE] for at in range(0, len(text), PIECE))


def _of_text(text: bytes) -> float:
    plain = text.replace(b"\\n", b"\n").replace(b"\\t", b"\t").replace(b'\\"', b'"')  # as it is once JSON is read
    rest = _RUN.sub(b"", plain)
    beyond = len(rest.translate(None, _ASCII))
    escaped = len(_ESCAPED.findall(rest)) if b"\\u" in rest else 0
    words = len(rest.translate(_BLANKED).split()) + rest.count(b"\n")
    signs = len(rest) - len(rest.translate(None, _SIGNS))
    estimate = max(token_estimate.of_request(rest), words + signs)
    more = beyond * OF_BYTES_BEYOND_ASCII + len(rest.translate(None, _COMMON)) * OF_RARE + escaped * OF_ESCAPES
    return estimate + (len(plain) - len(rest)) * OF_RUNS + more
