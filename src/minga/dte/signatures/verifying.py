"""One XML signature (XML-Signature of the W3C, as the SII's schema narrows it) against what it signs.

The chain of the certificate is not checked, nor whether it was revoked or its owner is authorised at the SII: none of
these can be known without asking.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha1

from minga.dte.grounds import Report
from minga.dte.raw import declared, parts
from minga.dte.signatures.canonical import Element, Form
from minga.dte.signatures.key_info import keys
from minga.dte.signatures.signed import Signed, conventions, decoded
from minga.dte.signatures.signed_info import PRESCRIBED, SignedInfo, SignedInfoElement
from minga.infrastructure.certificates import Certificate
from minga.infrastructure.rsa import PublicKey

Namespaces = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a signature was compared with. ``body`` is the signed element; ``convention`` names the namespaces
    that it held under, "" where it did not hold."""

    body: Element
    certificate: Certificate | None
    convention: str


def verify(signed: Signed, report: Report) -> Proof | None:
    """Report each rule that the signature breaks. None where it could not be compared with what it signs.

    Raises CutFailed where either is not well-formed.
    """
    where = f"{signed.path}/Signature".lstrip("/")
    inside = parts(signed.signature)
    raw, value = inside.get("SignedInfo"), decoded(inside.get("SignatureValue"))
    own = declared(signed.signature)
    element = SignedInfoElement(raw) if raw else None
    information = element.read({**signed.around, **own}) if element else None
    if element is None or information is None or value is None:
        report.fault("signature-unreadable", f"{where}/{'SignatureValue' if value is None else 'SignedInfo'}")
        return None
    found = keys(inside.get("KeyInfo"))
    for rule, what in found.faults:
        report.fault(rule, f"{where}/KeyInfo", what)
    if not _comparable(information, where, report):
        return None
    tried = conventions(signed)
    body = Element(signed.body)
    convention = _digest(body, information, tried, where, report)
    around = (*((tried[convention],) if convention else ()), *tried.values())
    made = any(_made_with(key, value, element, around, own) for key in found.offered)
    if found.offered and not made:
        report.fault("signature-value", f"{where}/SignatureValue")
    if not body.is_readable:
        return None
    mark = f"#{body.mark}"
    if information.uri != mark:
        report.fault("signature-reference", f"{where}/SignedInfo/Reference", information.uri, mark)
    return Proof(body, found.certificate, convention if made else "")


def _comparable(information: SignedInfo, where: str, report: Report) -> bool:
    if information.references != 1:
        report.fault("signature-references", f"{where}/SignedInfo", information.references, 1)
    elif information.wrong:
        report.fault("signature-algorithm", f"{where}/SignedInfo", ", ".join(information.wrong), PRESCRIBED)
    return information.references == 1 and not information.wrong


def _digest(body: Element, information: SignedInfo, tried: Mapping[str, Namespaces], where: str, report: Report) -> str:
    """The convention that it holds under, or "" and a fault."""
    first = ""
    for name, namespaces in tried.items():
        form = body.under(namespaces)
        made = _digest_of(form) if form else ""
        if made and made == information.digest:
            return name
        first = first or made
    report.fault("signature-digest", f"{where}/SignedInfo/Reference/DigestValue", information.digest, first)
    return ""


def _digest_of(form: Form) -> str:
    made = sha1(usedforsecurity=False)
    for part in form:
        made.update(part)
    return b64encode(made.digest()).decode()


def _made_with(
    key: PublicKey, value: bytes, element: SignedInfoElement, tried: Iterable[Namespaces], own: Namespaces
) -> bool:
    """Whether the value is the key's signature of SignedInfo under one of the conventions, and the namespaces that its
    Signature declares; each form is tried once."""
    seen: list[Form] = []
    for namespaces in tried:
        form = element.under({**namespaces, **own})
        if form is not None and form not in seen:
            seen.append(form)
            if key.holds(b"".join(form), value):
                return True
    return False
