"""SignedInfo: what a signature says that it signs, and how.

The SignedInfo of one program differ in two texts only, what is signed and its digest: with both taken out they are read
and made canonical once.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple

from lxml import etree

from minga.dte.raw import Raw
from minga.dte.signatures.canonical import Element, Form
from minga.dte.signatures.signed import DSIG

C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
RSA_SHA1: Final = f"{DSIG}rsa-sha1"
SHA1: Final = f"{DSIG}sha1"

_TRANSFORMS: Final = {C14N, f"{C14N}#WithComments", f"{DSIG}enveloped-signature"}
"""Each leaves what was signed as it is: the signature stands beside it, and no document that passes has comments in it.
The official example and the SII's free service name the first, other programs the last."""

PRESCRIBED: Final = "c14n 20010315, rsa-sha1, sha1"


@dataclass(frozen=True, slots=True)
class SignedInfo:
    """``references`` is how many there are, ``uri`` and ``digest`` of the first. ``wrong`` are the algorithms that the
    SII's schema does not have."""

    references: int
    uri: str
    digest: str
    wrong: tuple[str, ...]


_URI: Final = re.compile(rb'<Reference URI="(#[A-Za-z0-9_.-]*)"')
_DIGEST: Final = re.compile(rb"<DigestValue>([A-Za-z0-9+/=]+)</DigestValue>")
URI_HOLE, DIGEST_HOLE = b"#minga-hole-uri", b"mingaHoleDigest="
"""What stands where the two texts were taken out: letters that no reading and no canonical form changes."""


_LONG: Final = 4096
"""The SII's example has 700 bytes."""


class _Holed(NamedTuple):
    """A text around its two holes, and the texts that stood there."""

    parts: tuple[bytes, bytes, bytes]
    uri: bytes
    digest: bytes


class SignedInfoElement:
    """A SignedInfo that is to be read, and to be canonical under several sets of namespaces."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._element: Element | None = None
        self._holed = _holed(raw.text)

    def read(self, namespaces: Mapping[str, str]) -> SignedInfo | None:
        """``namespaces`` hold around it. None where it is not well-formed. Raises CutFailed where it begins with no
        start tag."""
        if self._holed is not None and _are_short(namespaces):
            found = _form_of(self._holed.parts, self._raw.encoding, tuple(namespaces.items()))
            if found is not None:
                uri, digest = self._holed.uri.decode("ascii"), self._holed.digest.decode("ascii")
                return replace(found.information, uri=uri, digest=digest)
            self._holed = None
        element = self._whole()
        return signed_info(element.tree) if element.under(namespaces) and element.tree is not None else None

    def under(self, namespaces: Mapping[str, str]) -> Form | None:
        """As `Element.under`."""
        if self._holed is not None and _are_short(namespaces):
            found = _form_of(self._holed.parts, self._raw.encoding, tuple(namespaces.items()))
            if found is not None:
                before, between, behind = found.form
                return (before, self._holed.uri, between, self._holed.digest, behind)
        return self._whole().under(namespaces)

    def _whole(self) -> Element:
        if self._element is None:
            self._element = Element(self._raw)
        return self._element


def _are_short(namespaces: Mapping[str, str]) -> bool:
    return sum(map(len, chain(*namespaces.items()))) <= _LONG


class _Filled(NamedTuple):
    information: SignedInfo
    form: tuple[bytes, bytes, bytes]


def _holed(text: bytes) -> _Holed | None:
    """None where it is written in another way than most, or is so long that it is not worth keeping."""
    if len(text) > _LONG:
        return None
    uri, digest = _URI.search(text), _DIGEST.search(text)
    if uri is None or digest is None or digest.start() < uri.end() or b"<!" in text or b"<?" in text:
        return None
    parts = (text[: uri.start(1)], text[uri.end(1) : digest.start(1)], text[digest.end(1) :])
    return _Holed(parts, uri[1], digest[1])


@lru_cache(maxsize=1024)
def _form_of(
    parts: tuple[bytes, bytes, bytes], encoding: str, namespaces: tuple[tuple[str, str], ...]
) -> _Filled | None:
    """None where it is not well-formed, or the holes are not what is signed and its digest."""
    text = URI_HOLE.join(parts[:2]) + DIGEST_HOLE + parts[2]
    element = Element(Raw(text, text, encoding))
    form = element.under(dict(namespaces))
    information = signed_info(element.tree) if form and element.tree is not None else None
    if information is None or form is None:
        return None
    if (information.uri, information.digest) != (URI_HOLE.decode(), DIGEST_HOLE.decode()):
        return None
    before, _, rest = b"".join(form).partition(URI_HOLE)
    between, _, behind = rest.partition(DIGEST_HOLE)
    if URI_HOLE in between + behind or DIGEST_HOLE in before + behind:
        return None
    return _Filled(information, (before, between, behind))


def signed_info(tree: etree._Element) -> SignedInfo:
    """What is missing is empty."""
    found = {name: element for element in tree if (name := _local(element))}
    references = [element for element in tree if _local(element) == "Reference"]
    inside = {name: element for element in references[0] if (name := _local(element))} if references else {}
    wrong = [
        *_other(found.get("CanonicalizationMethod"), {C14N}),
        *_other(found.get("SignatureMethod"), {RSA_SHA1}),
        *(_other(inside.get("DigestMethod"), {SHA1}) if references else ()),
        *(name for each in inside.get("Transforms", ()) for name in _other(each, _TRANSFORMS)),
    ]
    uri = references[0].get("URI") or "" if references else ""
    digest = inside["DigestValue"].text or "" if "DigestValue" in inside else ""
    return SignedInfo(len(references), uri, "".join(digest.split()), tuple(wrong))


def _other(element: etree._Element | None, right: set[str]) -> Iterator[str]:
    named = "" if element is None else element.get("Algorithm") or ""
    if named not in right:
        yield named or "-"


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag[tag.rfind("}") + 1 :] if isinstance(tag, str) else ""
