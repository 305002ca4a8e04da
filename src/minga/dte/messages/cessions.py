"""The electronic cession of a document's claim (AEC): the document, who gives it, to whom, for how much."""

from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from minga.domain import rut
from minga.domain.errors import BadMessage
from minga.domain.signing import SigningKey
from minga.dte.document import Document
from minga.dte.messages.elements import cuttable, element, filled, outermost, within
from minga.dte.raw import child, children, read
from minga.dte.stamps.stamping import written
from minga.dte.writing import Tree

CEDABLE = (33, 34, 43, 46)
"""Formato de archivo de cesión v1.1, p. 8."""

CESSIONS_MAX = 40

PDF_BYTES_MAX = 3_000_000
"""Of the picture of a document (Formato de archivo de cesión v1.1, p. 7)."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who gives the claim, or gets it."""

    rut: str
    name: str
    address: str
    email: str


@dataclass(frozen=True, slots=True)
class Terms:
    """``signer_name`` is the person who signs for ``giver``. ``oath`` is the sworn statement that receipts were given,
    where there is one. ``due`` is the last day of payment."""

    giver: Party
    taker: Party
    signer_name: str
    amount: int
    due: date
    oath: str = ""
    conditions: str = ""
    debtor_email: str = ""


@dataclass(frozen=True, slots=True)
class Giving:
    """Who signs a cession, and when: the key, and the RUT of its owner."""

    key: SigningKey
    rut: str
    now: datetime


def cession(document: Document, terms: Terms, giving: Giving, pdf: bytes = b"") -> bytes:
    """The first cession of a document, as it stands. Raises BadMessage."""
    key, now = giving.key, giving.now
    if len(pdf) > PDF_BYTES_MAX:
        raise BadMessage(detail=f"the PDF has more than {PDF_BYTES_MAX:,} bytes")
    if pdf and not pdf.startswith(b"%PDF-"):
        raise BadMessage(detail="what should be a PDF is none")
    image = element("ImagenDTE", b64encode(pdf)) if pdf else b""
    body = element(
        "DocumentoDTECedido", document.piece.raw, image, filled({"TmstFirma": written(now)}), ID="DocumentoDTECedido"
    )
    ceded = cuttable("DTECedido", body, key)
    return _file(ceded, [_cession(document, terms, 1, giving)], terms, giving)


def further_cession(aec: bytes, document: Document, terms: Terms, giving: Giving) -> bytes:
    """The claim goes on to another: the cessions of ``aec`` stay as they are, ``document`` is the one in it. Raises
    BadMessage."""
    whole = child(read(aec, "ISO-8859-1"), "DocumentoAEC")
    given = child(whole, "Cesiones") if whole else None
    if given is None:
        raise BadMessage(detail="the file is no cession (AEC)")
    parts = [given.cut(span).text for span in children(given)]
    ceded, before = parts[0], parts[1:]
    if len(before) >= CESSIONS_MAX:
        raise BadMessage(detail=f"a claim can be given {CESSIONS_MAX} times at most")
    return _file(ceded, [*before, _cession(document, terms, len(before) + 1, giving)], terms, giving)


def _cession(document: Document, terms: Terms, number: int, giving: Giving) -> bytes:
    _refuse(document, terms)
    giver = _party(terms.giver)
    giver["RUTAutorizado"] = {"RUT": giving.rut, "Nombre": terms.signer_name}
    if terms.oath:
        giver["DeclaracionJurada"] = within(512, "DeclaracionJurada", terms.oath)
    told: Tree = {
        "SeqCesion": str(number),
        "IdDTE": {
            "TipoDTE": str(document.kind),
            "RUTEmisor": document.issuer,
            "RUTReceptor": document.receiver,
            "Folio": str(document.folio),
            "FchEmis": document.body.of("Encabezado/IdDoc/FchEmis") or "",
            "MntTotal": document.body.of("Encabezado/Totales/MntTotal") or "",
        },
        "Cedente": giver,
        "Cesionario": _party(terms.taker),
        "MontoCesion": str(terms.amount),
        "UltimoVencimiento": terms.due.isoformat(),
    }
    told |= {
        name: value
        for name, value in (
            ("OtrasCondiciones", within(512, "OtrasCondiciones", terms.conditions)),
            ("eMailDeudor", terms.debtor_email),
        )
        if value
    }
    told["TmstCesion"] = written(giving.now)
    return cuttable("Cesion", element("DocumentoCesion", filled(told), ID=f"Cesion{number}"), giving.key)


def _refuse(document: Document, terms: Terms) -> None:
    """What the SII's register refuses (RTC p. 5)."""
    if document.kind not in CEDABLE:
        raise BadMessage(detail=f"documents of type {document.kind} cannot be ceded")
    if not 0 < terms.amount <= document.body.amount("Encabezado/Totales/MntTotal"):
        raise BadMessage(detail="the amount must be above 0 and at most the total of the document")
    if document.issued is not None and terms.due < document.issued:
        raise BadMessage(detail="the last day of payment is before the document")
    for party in (terms.giver, terms.taker):
        if len(party.address) < 5 or len(party.email) < 6:
            raise BadMessage(detail=f"{party.name} needs an address and an e-mail")


def _party(party: Party) -> Tree:
    return {"RUT": _rut(party.rut), "RazonSocial": party.name, "Direccion": party.address, "eMail": party.email}


def _rut(text: str) -> str:
    """As the SII writes it. Raises BadMessage."""
    with suppress(ValueError):
        if (found := rut.parse(text)).valid:
            return rut.without_dots(found)
    raise BadMessage(detail=f"{text!r} is no valid RUT")


def _file(ceded: bytes, cessions: list[bytes], terms: Terms, giving: Giving) -> bytes:
    told: Tree = {
        "RutCedente": _rut(terms.giver.rut),
        "RutCesionario": _rut(terms.taker.rut),
        "TmstFirmaEnvio": written(giving.now),
    }
    cover = element("Caratula", filled(told), version="1.0")
    body = element("DocumentoAEC", cover, element("Cesiones", ceded, *cessions), ID="AEC")
    return outermost("AEC", "AEC_v10.xsd", body, giving.key)
