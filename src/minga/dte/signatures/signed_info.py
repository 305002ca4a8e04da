"""SignedInfo: what a signature says that it signs, and how."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

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
