"""Elements of messages as bytes, in ISO-8859-1, without white space between them; and signed ones."""

from xml.sax.saxutils import quoteattr

from minga.domain.signing import SigningKey
from minga.dte.document import NAMESPACE
from minga.dte.signatures import XSI, sign
from minga.dte.writing import Tree, text

ENCODING = "ISO-8859-1"

DECLARATION = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'

LONE = {"": NAMESPACE}
"""What holds around an element that declares the SII's namespace itself: it can be cut out and still be verified."""

OUTER = {"": NAMESPACE, "xsi": XSI}
"""What holds inside the outermost element of a message."""


def element(name: str, *inside: bytes, **attributes: str) -> bytes:
    given = "".join(f" {attribute}={quoteattr(value)}" for attribute, value in attributes.items())
    return f"<{name}{given}>".encode() + b"".join(inside) + f"</{name}>".encode()


def filled(tree: Tree) -> bytes:
    """What stands inside an element, in the order of ``tree``."""
    return text(tree, {}).encode("iso-8859-1", "xmlcharrefreplace")


def outermost(name: str, schema: str, body: bytes, key: SigningKey) -> bytes:
    """A whole message: its signed body, below the element that names its schema."""
    signed = body + sign(body, ENCODING, OUTER, key)
    opening = (
        f'<{name} xmlns="{NAMESPACE}" xmlns:xsi="{XSI}" xsi:schemaLocation="{NAMESPACE} {schema}" version="1.0">'
    ).encode()
    return DECLARATION + opening + signed + f"</{name}>\n".encode()


def cuttable(name: str, body: bytes, key: SigningKey) -> bytes:
    """A signed part of a message that stays verifiable wherever it is put."""
    opening = f'<{name} xmlns="{NAMESPACE}" version="1.0">'.encode()
    return opening + body + sign(body, ENCODING, LONE, key) + f"</{name}>".encode()
