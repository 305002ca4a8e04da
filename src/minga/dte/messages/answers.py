"""What a receiver answers: that an envelope came (and how), that documents are accepted or not, that goods or services
were received (RespuestaDTE, EnvioRecibos)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from minga.domain.errors import BadMessage
from minga.domain.signing import SigningKey
from minga.dte.document import Document
from minga.dte.messages.elements import cuttable, element, filled, outermost, within
from minga.dte.stamps.stamping import written
from minga.dte.writing import Tree

ANSWERABLE = (33, 34, 46, 52, 56, 61)
"""The schemas of answers and receipts know no other types."""

DECLARATION = (
    "El acuse de recibo que se declara en este acto, de acuerdo a lo dispuesto en la letra b) del Art. 4, y la letra c)"
    " del Art. 5 de la Ley 19.983, acredita que la entrega de mercaderias o servicio(s) prestado(s) ha(n) sido"
    " recibido(s)."
)
"""Recibos_v10.xsd takes no other words, and these without accents and degree signs."""

Judgement = Literal["accepted", "accepted-with-discrepancies", "rejected"]

STATES: dict[Judgement, tuple[str, str]] = {
    "accepted": ("0", "DTE Aceptado OK"),
    "accepted-with-discrepancies": ("1", "DTE Aceptado con Discrepancias"),
    "rejected": ("2", "DTE Rechazado"),
}
"""EstadoDTE and the words that go with it."""

ENVELOPE_STATES = {
    0: "Envio Recibido Conforme",
    1: "Envio Rechazado - Error de Schema",
    2: "Envio Rechazado - Error de Firma",
    3: "Envio Rechazado - RUT Receptor No Corresponde",
    90: "Envio Rechazado - Archivo Repetido",
    91: "Envio Rechazado - Archivo Ilegible",
    99: "Envio Rechazado - Otros",
}
"""EstadoRecepEnv."""

DOCUMENT_STATES = {
    0: "DTE Recibido OK",
    1: "DTE No Recibido - Error de Firma",
    2: "DTE No Recibido - Error en RUT Emisor",
    3: "DTE No Recibido - Error en RUT Receptor",
    4: "DTE No Recibido - DTE Repetido",
    99: "DTE No Recibido - Otros",
}
"""EstadoRecepDTE."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """``rut`` answers to ``to``. ``number`` is the answerer's own count of answers."""

    rut: str
    to: str
    number: int = 1
    contact: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """An envelope as it came: its file, when, the ID of its set and the digest of its signature (base64)."""

    file: str
    at: datetime
    set_id: str
    digest: str
    issuer: str
    receiver: str
    state: int = 0


def reception(
    answerer: Answerer, arrived: Arrived, states: Sequence[tuple[Document, int]], key: SigningKey, now: datetime
) -> bytes:
    """That the envelope came, and each of its documents with its state."""
    told: Tree = {
        "NmbEnvio": arrived.file[:80],
        "FchRecep": written(arrived.at),
        "CodEnvio": str(answerer.number),
        "EnvioDTEID": arrived.set_id[:80],
        "Digest": arrived.digest,
        "RutEmisor": arrived.issuer,
        "RutReceptor": arrived.receiver,
        "EstadoRecepEnv": str(arrived.state),
        "RecepEnvGlosa": ENVELOPE_STATES[arrived.state],
        "NroDTE": str(len(states)),
    }
    told = {name: value for name, value in told.items() if value and not (name == "NroDTE" and not states)}
    documents = [
        element(
            "RecepcionDTE",
            filled({**_identity(document), "EstadoRecepDTE": str(state), "RecepDTEGlosa": DOCUMENT_STATES[state]}),
        )
        for document, state in states
    ]
    return _answer(answerer, [element("RecepcionEnvio", filled(told), *documents)], key, now)


def results(
    answerer: Answerer, documents: Sequence[Document], judgement: Judgement, reason: str, key: SigningKey, now: datetime
) -> bytes:
    """What is thought of the documents. ``reason`` stands in the gloss. Raises BadMessage where one has no answer."""
    state, gloss = STATES[judgement]
    told = [
        element(
            "ResultadoDTE",
            filled(
                {
                    **_identity(document),
                    "CodEnvio": str(answerer.number),
                    "EstadoDTE": state,
                    "EstadoDTEGlosa": within(256, "EstadoDTEGlosa", f"{gloss} - {reason}" if reason else gloss),
                    **({"CodRchDsc": "-1"} if judgement != "accepted" else {}),
                }
            ),
        )
        for document in documents
    ]
    return _answer(answerer, told, key, now)


def receipts(
    answerer: Answerer, documents: Sequence[Document], place: str, signer: str, key: SigningKey, now: datetime
) -> bytes:
    """That the goods or services of the documents were received, in the words of the law; ``place`` is where."""
    signed = [_receipt(document, place, signer, key, now) for document in documents]
    cover = _cover(answerer, {"TmstFirmaEnv": written(now)})
    body = element("SetRecibos", cover, *signed, ID="SetRecibos")
    return outermost("EnvioRecibos", "EnvioRecibos_v10.xsd", body, key)


def _receipt(document: Document, place: str, signer: str, key: SigningKey, now: datetime) -> bytes:
    identity = _identity(document)
    told: Tree = {
        "TipoDoc": identity.pop("TipoDTE"),
        **identity,
        "Recinto": within(80, "Recinto", place),
        "RutFirma": signer,
        "Declaracion": DECLARATION,
        "TmstFirmaRecibo": written(now),
    }
    body = element("DocumentoRecibo", filled(told), ID=f"R{document.kind}F{document.folio}")
    return cuttable("Recibo", body, key)


def _answer(answerer: Answerer, told: Sequence[bytes], key: SigningKey, now: datetime) -> bytes:
    numbers: Tree = {"IdRespuesta": str(answerer.number), "NroDetalles": str(len(told))}
    cover = _cover(answerer, {"TmstFirmaResp": written(now)}, numbers)
    body = element("Resultado", cover, *told, ID="Resultado")
    return outermost("RespuestaDTE", "RespuestaEnvioDTE_v10.xsd", body, key)


def _cover(answerer: Answerer, signed: Tree, numbers: Tree | None = None) -> bytes:
    contact = {
        "NmbContacto": answerer.contact,
        "FonoContacto": answerer.phone,
        "MailContacto": answerer.email,
    }
    told: Tree = {"RutResponde": answerer.rut, "RutRecibe": answerer.to, **(numbers or {})}
    told |= {name: value for name, value in contact.items() if value}
    return element("Caratula", filled({**told, **signed}), version="1.0")


def _identity(document: Document) -> dict[str, str]:
    """Raises BadMessage: the type has no answer."""
    if document.kind not in ANSWERABLE:
        raise BadMessage(detail=f"documents of type {document.kind} are not answered")
    return {
        "TipoDTE": str(document.kind),
        "Folio": str(document.folio),
        "FchEmis": document.body.of("Encabezado/IdDoc/FchEmis") or "",
        "RUTEmisor": document.issuer,
        "RUTRecep": document.receiver,
        "MntTotal": document.body.of("Encabezado/Totales/MntTotal") or "0",
    }
