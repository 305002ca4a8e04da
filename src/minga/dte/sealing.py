"""A document is stamped and signed: from the tree of its body to the ``DTE`` that goes out."""

from datetime import datetime
from xml.sax.saxutils import quoteattr

from minga.domain.signing import SigningKey
from minga.dte.document import NAMESPACE
from minga.dte.signatures.signing import sign
from minga.dte.stamps.stamping import stamp_of, written
from minga.dte.writing import Tree, at, body_of, order_of, text
from minga.infrastructure.rsa import PrivateKey

ENCODING = "ISO-8859-1"


def sealed(body: Tree, mark: str, caf: str, caf_key: PrivateKey, key: SigningKey, now: datetime) -> bytes:
    """The ``DTE`` with its stamp and signature, in ISO-8859-1, signed under the SII's namespace, which it declares.

    ``mark`` is the ID of its body, no two of which are alike in an envelope. Raises KeyError and ValueError where the
    body or a key will not do, and what the key raises.
    """
    kind = int(at(body, "Encabezado/IdDoc/TipoDTE") or "")
    name, stamp = body_of(kind), stamp_of(body, caf, caf_key, now)
    inside = f"{text(body, order_of(kind))}{stamp}<TmstFirma>{written(now)}</TmstFirma>"
    element = f"<{name} ID={quoteattr(mark)}>{inside}</{name}>".encode("iso-8859-1", "xmlcharrefreplace")
    signature = sign(element, ENCODING, {"": NAMESPACE}, key)
    return f'<DTE xmlns="{NAMESPACE}" version="1.0">'.encode() + element + signature + b"</DTE>"
