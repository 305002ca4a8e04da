"""A CAF as it stands in a stamp: which folios of whom are authorised, the key of their stamps, and who signed that."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from importlib import resources

import msgspec

from minga.dte.node import as_day
from minga.dte.raw import REMEMBERED_MAX, Raw, content, inside, parts, read
from minga.dte.signatures.signed import decoded
from minga.infrastructure.rsa import PublicKey

TRIAL_KEY = 900
"""The number of the key that signs the folios of Minga's own trials; the SII has 100 and 300."""

ALGORITHM = "SHA1withRSA"

_BETWEEN_TAGS = re.compile(rb">\s+<")
_ALGORITHM = re.compile(rb"\salgoritmo\s*=\s*[\"']([^\"']*)[\"']")


@dataclass(frozen=True, slots=True)
class Caf:
    """``key`` verifies the stamps of its folios, None where it is no RSA key. ``signed`` are the bytes that the SII
    signs, ``signature`` what it made of them, ``key_id`` (IDK) says with which of its keys."""

    issuer: str
    name: str
    kind: int
    first: int
    last: int
    authorised: date | None
    key: PublicKey | None
    key_id: int
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    algorithm: str

    def expires(self) -> date | None:
        """The last day on which its folios may be signed; None for types whose folios do not expire."""
        return last_day(self.authorised) if self.authorised and self.kind in _facts().expiring else None


class _Key(msgspec.Struct, frozen=True):
    environment: str
    modulus: str
    exponent: int
    source: str


class _Life(msgspec.Struct, frozen=True):
    source: str
    authorised_from: date = date.min
    months: int = 0
    until: date | None = None


class _Facts(msgspec.Struct, frozen=True):
    keys: dict[str, _Key]
    lives: tuple[_Life, ...]
    expiring: frozenset[int]


def caf(raw: Raw) -> Caf | None:
    """None where it cannot be read. The same CAF stands in many documents: it is read once."""
    return (_caf if len(raw.text) <= REMEMBERED_MAX else _caf.__wrapped__)(raw.text, raw.encoding)


def compact(text: bytes, encoding: str) -> bytes:
    """The bytes that a stamp is made over: no white space between tags, in ISO-8859-1, whatever the file is in.

    A program that wrote Windows-1252 and called it ISO-8859-1 signed the bytes as they stand.
    """
    text = _BETWEEN_TAGS.sub(b"><", text)
    if encoding.lower().replace("_", "-") not in ("utf-8", "utf8"):
        return text
    for single in ("iso-8859-1", "windows-1252"):
        try:
            return text.decode("utf-8").encode(single)
        except UnicodeError:
            continue
    return text


def algorithm(raw: Raw) -> str:
    """The attribute of a signature in a stamp, "" where it has none."""
    found = _ALGORITHM.search(raw.text, 0, inside(raw))
    return found[1].decode("ascii", "replace") if found else ""


@cache
def sii_keys() -> Mapping[int, PublicKey]:
    """By IDK."""
    return {int(id_): PublicKey(int(key.modulus, 16), key.exponent) for id_, key in _facts().keys.items()}


def is_for_certification(key_id: int) -> bool:
    """Whether folios that the key signed are for tests at the SII only."""
    key = _facts().keys.get(str(key_id))
    return key is not None and key.environment == "certification"


@lru_cache(maxsize=1024)
def last_day(authorised: date) -> date | None:
    """On which folios authorised on that day may be signed, if their type's expire; None where no life is known."""
    life = next((each for each in _facts().lives if authorised >= each.authorised_from), None)
    if life is None:
        return None
    last = _months_later(authorised, life.months) if life.months else None
    return min((day for day in (last, life.until) if day is not None), default=None)


@lru_cache(maxsize=4096)
def _caf(text: bytes, encoding: str) -> Caf | None:
    whole = parts(read(text, encoding))
    da, frma = whole.get("DA"), whole.get("FRMA")
    told = parts(da) if da else {}
    signature = decoded(frma)
    if da is None or frma is None or "RNG" not in told or signature is None:
        return None
    span = parts(told["RNG"])
    return Caf(
        _text(told.get("RE")).upper(),
        _text(told.get("RS")),
        _number(told.get("TD")),
        _number(span.get("D")),
        _number(span.get("H")),
        as_day(_text(told.get("FA"))),
        _key(told.get("RSAPK")),
        _number(told.get("IDK")),
        compact(da.text, da.encoding),
        signature,
        algorithm(frma),
    )


def _key(raw: Raw | None) -> PublicKey | None:
    if raw is None:
        return None
    numbers = parts(raw)
    modulus, exponent = decoded(numbers.get("M")), decoded(numbers.get("E"))
    if modulus is None or exponent is None:
        return None
    return PublicKey(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))


def _text(raw: Raw | None) -> str:
    return content(raw).decode(raw.encoding, "replace").strip() if raw else ""


def _number(raw: Raw | None) -> int:
    text = _text(raw)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


@cache
def _facts() -> _Facts:
    text = resources.files(__package__).joinpath("caf.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Facts)


def _months_later(day: date, months: int) -> date:
    """The same day of the month, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
