"""How many tokens a request has at most, by its bytes: for callers that go by it when they make their history shorter.

`token_estimate` is meant to be near; this is meant never to be low. It is dearer with what small vocabularies take
apart (`text_tokens.at_most`), and with pictures, and multiplies by what is known of the model's tokenizer
(``token_bounds.toml``).
"""

import math
import re
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from importlib import resources

import msgspec

from minga.infrastructure import text_tokens

BYTES_OF_FILE_A_TOKEN = 16
"""Of a document or a recording in base64; its pages and seconds cannot be seen."""

FRAME = 16
"""Tokens of what stands around every conversation."""

_INLINE = re.compile(rb'"(?:data:[\w/+.;=-]{0,100},)?(?P<data>[A-Za-z0-9+/]{2000,}={0,2})"')
_REMOTE = re.compile(
    rb'"(?:fileUri|file_uri)"\s*:|"type"\s*:\s*"(?:image|image_url|input_image|document|file|input_file)"\s*[,}]'
)
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
    return media + FRAME + _up(text_tokens.at_most(text), family)


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
