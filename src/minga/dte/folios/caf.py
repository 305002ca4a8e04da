"""The file in which the SII authorises folios: ``AUTORIZACION``, with the CAF, which goes into every stamp, and the
private key that signs the stamps. The key is a secret: it is never shown, and in no ``repr``."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from xml.sax.saxutils import unescape

from minga.domain import rut
from minga.domain.errors import BadCaf
from minga.dte.raw import CutFailed, read
from minga.dte.stamps.folios import Caf, caf, last_day, sii_keys
from minga.infrastructure.rsa import PrivateKey, from_pem

BYTES_MAX = 100_000
"""A CAF file has 2 kB."""

FOLIO_MAX = 9_999_999_999
"""Formato DTE: ten digits."""

FOLIOS_MAX = 10_000_000
"""The SII gives some thousands at once."""

_BETWEEN_TAGS = re.compile(r">\s+<")
_ENTITIES = {"&quot;": '"', "&apos;": "'"}


@dataclass(frozen=True, slots=True)
class Authorisation:
    """``text`` is the ``CAF`` element without white space between its tags, as it stands in a stamp; ``key`` makes the
    stamps of its folios."""

    caf: Caf
    text: str
    key: PrivateKey = field(repr=False)

    @property
    def valid(self) -> tuple[date, date]:
        """The first and the last day on which its folios can be used."""
        since = self.caf.authorised or date.min
        return since, last_day(since) or date.max


def read_caf(content: bytes, path: str) -> Authorisation:
    """Raises BadCaf; ``path`` is what it is called there."""
    wrong = partial(BadCaf, path=path)
    if len(content) > BYTES_MAX or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise wrong(detail="it is no file of the SII: too large, or with a document type", suggestion="")
    text = _BETWEEN_TAGS.sub("><", _decoded(content))
    element = re.search(r"<CAF[ >].*?</CAF>", text, re.DOTALL)
    if element is None:
        raise wrong(detail="there is no <CAF> in it", suggestion="")
    try:
        found = caf(read(element[0].encode("iso-8859-1", "xmlcharrefreplace"), "ISO-8859-1"))
    except CutFailed:
        found = None
    if found is None or (odd := _odd(found)):
        detail = odd if found else "its data are not whole"
        raise wrong(detail=detail, suggestion="")
    pem = re.search(r"<RSASK>(.*?)</RSASK>", text, re.DOTALL)
    if pem is None:
        raise wrong(
            detail="it has no private key (RSASK)",
            suggestion="A CAF cut out of a document has none; only the file that the SII gave you makes stamps. ",
        )
    try:
        key = from_pem(unescape(pem[1].strip(), _ENTITIES).encode("ascii", "replace"))
    except ValueError:
        raise wrong(detail="its private key (RSASK) cannot be read", suggestion="") from None
    if key.public != found.key:
        raise wrong(detail="its private key belongs to another CAF", suggestion="")
    return Authorisation(found, element[0], key)


def _odd(found: Caf) -> str:
    """What keeps it from being used; "" where nothing does."""
    detail = ""
    if not _is_rut(found.issuer):
        detail = f"its issuer {found.issuer!r} is no RUT"
    elif not 1 <= found.first <= found.last < found.first + FOLIOS_MAX:
        detail = f"it has no folios from {found.first} to {found.last}"
    elif found.authorised is None or found.key is None or not found.kind:
        detail = "its type, date or key cannot be read"
    elif (key := sii_keys().get(found.key_id)) and not key.holds(found.signed, found.signature):
        detail = "the SII did not sign it, or it was changed since"
    return detail


def _is_rut(text: str) -> bool:
    try:
        return rut.parse(text).valid
    except ValueError:
        return False


def _decoded(content: bytes) -> str:
    """Some of these files declare another encoding than they have."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("iso-8859-1")
