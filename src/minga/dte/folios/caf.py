"""The file in which the SII authorises folios: ``AUTORIZACION``, with the CAF, which goes into every stamp, and the
private key that signs the stamps. The key is a secret: it is never shown, and in no ``repr``."""

import calendar
import re
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from xml.sax.saxutils import unescape

from minga.domain import rut
from minga.domain.errors import BadCaf

BYTES_MAX = 100_000
"""A CAF file has 2 kB."""

FOLIOS_MAX = 10_000_000
"""The SII gives some thousands at once."""

LIFE_MONTHS = 6
"""Res. Ex. SII 58 of 2017 (second hand: dte.md, 7.1)."""

_TAG = re.compile(r">\s+<")
_ENTITIES = {"&quot;": '"', "&apos;": "'"}


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Folios ``first`` to ``last`` of type ``kind`` for ``issuer``. ``caf`` is the ``CAF`` element without white space
    between its tags, as it stands in a stamp; ``key`` the private key (PEM) that signs stamps; ``idk`` says which key
    of the SII signed it (100: certification)."""

    issuer: str
    name: str
    kind: int
    first: int
    last: int
    dated: date
    idk: int
    caf: str
    key: str = field(repr=False)

    @property
    def expires(self) -> date:
        """The last day on which its folios can be used."""
        months = self.dated.month - 1 + LIFE_MONTHS
        year, month = self.dated.year + months // 12, months % 12 + 1
        return date(year, month, min(self.dated.day, calendar.monthrange(year, month)[1]))


def read_caf(content: bytes, path: str) -> Authorisation:
    """Raises BadCaf; ``path`` is what it is called there."""
    wrong = partial(BadCaf, path=path)
    if len(content) > BYTES_MAX or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise wrong(detail="it is no file of the SII: too large, or with a document type", suggestion="")
    text = _TAG.sub("><", content.decode("utf-8" if _is_utf8(content) else "iso-8859-1"))
    caf = re.search(r"<CAF .*?</CAF>", text, re.DOTALL)
    if caf is None or "</DA>" not in caf[0]:
        raise wrong(detail="there is no <CAF> in it", suggestion="")
    key = re.search(r"<RSASK>\s*(.*?)\s*</RSASK>", text, re.DOTALL)
    if key is None:
        raise wrong(
            detail="it has no private key (RSASK)",
            suggestion="A CAF cut out of a document has none; only the file that the SII gave you signs stamps. ",
        )
    try:
        return _authorisation(caf[0], unescape(key[1], _ENTITIES))
    except (ValueError, AttributeError, TypeError) as odd:
        raise wrong(detail=f"its data are not whole: {odd}", suggestion="") from odd


def _authorisation(caf: str, key: str) -> Authorisation:
    data = caf.partition("</DA>")[0]
    found = Authorisation(
        issuer=_of(data, "RE"),
        name=unescape(_of(data, "RS"), _ENTITIES),
        kind=int(_of(data, "TD")),
        first=int(_of(data, "D")),
        last=int(_of(data, "H")),
        dated=date.fromisoformat(_of(data, "FA")),
        idk=int(_of(data, "IDK")),
        caf=caf,
        key=key,
    )
    if not rut.parse(found.issuer).valid:
        raise ValueError(f"{found.issuer!r} is no RUT")
    if not 1 <= found.first <= found.last < found.first + FOLIOS_MAX:
        raise ValueError(f"no folios from {found.first} to {found.last}")
    if "PRIVATE KEY" not in key:
        raise ValueError("RSASK holds no key in PEM")
    return found


def _of(data: str, tag: str) -> str:
    found = re.search(f"<{tag}>([^<]*)</{tag}>", data)
    if found is None:
        raise ValueError(f"<{tag}> is missing")
    return found[1].strip()


def _is_utf8(content: bytes) -> bool:
    """Some of these files declare another encoding than they have."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
