"""Elements of messages as bytes, in ISO-8859-1, without white space between them; and signed ones."""

from xml.sax.saxutils import quoteattr

from minga.domain.errors import BadMessage
from minga.domain.signing import SigningKey
from minga.dte.document import NAMESPACE
from minga.dte.signatures import XSI, sign
from minga.dte.writing import NO_XML, Tree, text

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
    """What stands inside an element, in the order of ``tree``. Raises BadMessage for what XML cannot hold."""
    told = text(tree, {})
    if NO_XML.search(told):
        raise BadMessage(detail="it has a character that XML cannot hold")
    return told.encode("iso-8859-1", "xmlcharrefreplace")


def within(limit: int, name: str, told: str) -> str:
    """The text itself. Raises BadMessage where it is longer than the schema takes: nothing is cut off unsaid."""
    if len(told) > limit:
        raise BadMessage(detail=f"the text of {name} has more than {limit} characters")
    return told


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
