"""Signatures that a program makes for one signer: they differ in three texts only, what is signed, its digest, and the
value. All else of them is read once, in the way that every signature is read; for each document two hashes are left to
make, and one computation with the key.

A signature that does not hold here is judged once more as a whole, which tells what is wrong.
"""

from base64 import b64encode
from functools import lru_cache
from hashlib import sha1
from itertools import chain
from typing import NamedTuple

from minga.dte.document import Piece
from minga.dte.plain import Plain
from minga.dte.raw import REMEMBERED_MAX, CutFailed, Raw, children, content, count, declared, parts
from minga.dte.signatures.canonical import declarations
from minga.dte.signatures.key_info import keys
from minga.dte.signatures.signed import Signed, conventions, from_base64
from minga.dte.signatures.signed_info import DIGEST_HOLE, URI_HOLE, SignedInfoElement
from minga.infrastructure.certificates import Certificate
from minga.infrastructure.rsa import PublicKey

_HOLES = (
    (b'<Reference URI="', b'"'),
    (b"<DigestValue>", b"</DigestValue>"),
    (b"<SignatureValue>", b"</SignatureValue>"),
)
"""Between what the three texts stand."""

_FILLINGS = (URI_HOLE, DIGEST_HOLE, b"mingaHoleValue==")


class Held(NamedTuple):
    """A signature that holds, with nothing to say of it. ``convention`` names the namespaces that it was made under."""

    convention: str
    certificate: Certificate


class _Way(NamedTuple):
    """A convention: the namespaces that the body declares under it, and the canonical form of SignedInfo around what is
    signed and its digest."""

    convention: str
    namespaces: bytes
    form: tuple[bytes, bytes, bytes]


class _Alike(NamedTuple):
    """What the signatures have in common."""

    ways: tuple[_Way, ...]
    keys: tuple[PublicKey, ...]
    certificate: Certificate


def held(plain: Plain, piece: Piece) -> Held | None:
    """None where the signature does not hold, or is written in an unusual way."""
    taken = _taken_out(plain.tail)
    if taken is None:
        return None
    rest, (uri, digest, value) = taken
    around = tuple(piece.declared.items())
    if len(plain.start) + sum(map(len, rest)) + sum(map(len, chain(*around))) > REMEMBERED_MAX:
        return None
    alike = _alike(plain.start, rest, piece.encoding, around)
    signature = from_base64(value)
    if (
        alike is None
        or signature is None
        or uri.decode("ascii", "replace") != f"#{plain.node.attributes.get('ID', '')}"
    ):
        return None
    name = len(plain.node.tag) + 1
    for way in alike.ways:
        made = sha1(plain.canonical[:name] + way.namespaces + plain.canonical[name:], usedforsecurity=False)
        if b64encode(made.digest()) == digest:
            before, between, behind = way.form
            information = b"".join((before, uri, between, digest, behind))
            holds = any(key.holds(information, signature) for key in alike.keys)
            return Held(way.convention, alike.certificate) if holds else None
    return None


def _taken_out(tail: bytes) -> tuple[tuple[bytes, ...], list[bytes]] | None:
    """What stands around the three texts, and these. None where there are not all of them."""
    around, texts = [], []
    for begin, end in _HOLES:
        before, _, tail = tail.partition(begin)
        text, found, tail = tail.partition(end)
        if not found:
            return None
        around.append(before)
        texts.append(text)
    around.append(tail)
    return tuple(around), texts


@lru_cache(maxsize=512)
def _alike(start: bytes, rest: tuple[bytes, ...], encoding: str, around: tuple[tuple[str, str], ...]) -> _Alike | None:
    """``rest`` is the text behind the body without its three texts. None where anything is to be said of it."""
    holes = [begin + text + end for (begin, end), text in zip(_HOLES, _FILLINGS, strict=True)]
    tail = b"".join(part for pair in zip(rest, [*holes, b""], strict=True) for part in pair)
    text = start + b"<Documento/>" + tail
    if b"<!" in text or b"<?" in text:
        return None
    raw = Raw(text, text, encoding)
    try:
        spans = list(children(raw))
        if [span.name for span in spans] != ["Documento", "Signature"] or count(raw, b"Signature") != 1:
            return None
        near = declared(raw)
        return _read(Signed(raw.cut(spans[0]), raw.cut(spans[1]), near, {**dict(around), **near}))
    except CutFailed:
        return None


def _read(signed: Signed) -> _Alike | None:
    inside, own = parts(signed.signature), declared(signed.signature)
    value, found = inside.get("SignatureValue"), keys(inside.get("KeyInfo"))
    if "SignedInfo" not in inside or value is None or content(value) != _FILLINGS[2]:
        return None
    element = SignedInfoElement(inside["SignedInfo"])
    information = element.read({**signed.around, **own})
    if information is None or information.references != 1 or information.wrong or found.faults:
        return None
    ways = []
    for name, namespaces in conventions(signed).items():
        form = element.under({**namespaces, **own})
        if form is None or form[1::2] != _FILLINGS[:2]:
            return None
        before, _, between, _, behind = form
        ways.append(_Way(name, declarations(namespaces), (before, between, behind)))
    return _Alike(tuple(ways), found.offered, found.certificate) if found.certificate else None
