"""The signatures of messages: envelopes, cessions, answers, receipts, books."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from lxml import etree

from minga.dte.grounds import Grounds, Report
from minga.dte.raw import CutFailed, read
from minga.dte.signatures.signed import Signed
from minga.dte.signatures.signers import in_time, named, permitted
from minga.dte.signatures.verifying import verify

_TIMES = ("TmstFirma", "TmstFirmaEnv", "TmstFirmaEnvio", "TmstFirmaResp", "TmstFirmaRecibo", "TmstCesion")

_SIGNERS: Mapping[str, str] = {
    "SetDTE": "Caratula/RutEnvia",
    "EnvioLibro": "Caratula/RutEnvia",
    "DocumentoConsumoFolios": "Caratula/RutEnvia",
    "DocumentoRecibo": "RutFirma",
    "DocumentoCesion": "Cedente/RUTAutorizado/RUT",
}
"""By signed element: where it names who signs it (the SII's schemas of 2026-02-06; for cessions RTC p. 5)."""

_ISSUERS = (
    "Caratula/RutEmisor",
    "Caratula/RutEmisorLibro",
    "Caratula/RutResponde",
    "Caratula/RutCedente",
    "Cedente/RUT",
)


class Part(Protocol):
    """A signed element of a message and the signature after it, as they stand in the file."""

    @property
    def name(self) -> str:
        """Of the element."""

    @property
    def raw(self) -> bytes:
        """The element."""

    @property
    def signature(self) -> bytes:
        """The ``Signature`` after it."""

    @property
    def encoding(self) -> str:
        """Of both."""

    @property
    def declared(self) -> Mapping[str, str]:
        """The namespaces that hold around both, by prefix."""


def message(part: Part, grounds: Grounds, report: Report) -> None:
    """Judge one signature of a message. ``held`` tells the convention that it was made under, by the element's name."""
    path = part.name
    try:
        element, signature = read(part.raw, part.encoding), read(part.signature, part.encoding)
        signed = Signed(element, signature, part.declared, part.declared, path)
        proof = verify(signed, report)
    except CutFailed as wrong:
        report.fault("signature-unreadable", f"{path}/Signature", str(wrong))
        return
    if proof is None:
        return
    if proof.convention:
        report.held[path] = proof.convention
    body = proof.body.tree
    if proof.certificate is None or body is None:
        return
    where = f"{path}/Signature/KeyInfo"
    in_time(proof.certificate, _time(body), path, report)
    signers = _SIGNERS.get(path)
    if signers:
        named(proof.certificate, list(_texts(body, signers)), f"{path}/{signers}", report)
    issuer = next((text for each in _ISSUERS for text in _texts(body, each)), "")
    permitted(proof.certificate, issuer, where, grounds, report)


def _time(body: etree._Element) -> str | None:
    return next((text for name in _TIMES for path in (name, f"Caratula/{name}") for text in _texts(body, path)), None)


def _texts(body: etree._Element, path: str) -> Iterator[str]:
    for element in body.iterfind("/".join(f"{{*}}{step}" for step in path.split("/"))):
        yield (element.text or "").strip()
