"""The signature of a document: one, right after what it signs, made by somebody who could sign then."""

from minga.dte.document import BODIES, Document
from minga.dte.grounds import Grounds, Report
from minga.dte.raw import CutFailed, Raw, Span, children, count, declared, read
from minga.dte.signatures.alike import held
from minga.dte.signatures.signed import Signed
from minga.dte.signatures.signers import in_time, permitted
from minga.dte.signatures.verifying import verify
from minga.infrastructure.certificates import Certificate


def signature(document: Document, grounds: Grounds, report: Report) -> None:
    """``held["signature"]`` tells the convention of namespaces that it was made under."""
    piece = document.piece
    alike = held(document.plain, piece) if document.plain else None
    if alike is not None:
        report.held["signature"] = alike.convention
        _signer(alike.certificate, document, grounds, report)
        return
    try:
        raw = read(piece.raw, piece.encoding)
        signed = _signed(raw, document, report)
        proof = verify(signed, report) if signed else None
    except CutFailed as wrong:
        report.fault("signature-unreadable", "Signature", str(wrong))
        return
    if proof is None:
        return
    if proof.convention:
        report.held["signature"] = proof.convention
    if proof.certificate is not None:
        _signer(proof.certificate, document, grounds, report)


def _signer(certificate: Certificate, document: Document, grounds: Grounds, report: Report) -> None:
    in_time(certificate, document.body.of("TmstFirma"), "TmstFirma", report)
    permitted(certificate, document.issuer, "Signature/KeyInfo", grounds, report)


def _signed(raw: Raw, document: Document, report: Report) -> Signed | None:
    """The body and its signature; None, and a fault, where there are not one of each."""
    spans = list(children(raw))
    body = next((each for each in spans if each.name in BODIES), None)
    signatures = [each for each in spans if each.name == "Signature"]
    total = count(raw, b"Signature")
    if body is None or total == 0:
        report.fault("signature-missing", "Signature")
        return None
    if total > 1:
        report.fault("signature-twice", "Signature", total, 1)
    if not _follows(spans, body, signatures):
        report.fault("signature-misplaced", "Signature", _parent(raw, signatures), "DTE")
        return None
    near = declared(raw)
    around = {**document.piece.declared, **near}
    return Signed(raw.cut(body), raw.cut(signatures[0]), near, around)


def _follows(spans: list[Span], body: Span, signatures: list[Span]) -> bool:
    """Whether a signature stands right behind the body."""
    return bool(signatures) and spans.index(signatures[0]) == spans.index(body) + 1


def _parent(raw: Raw, signatures: list[Span]) -> str:
    if signatures:
        return "DTE"
    return next((span.name for span in children(raw) if count(raw.cut(span), b"Signature")), "")


LOOKS = (signature,)
