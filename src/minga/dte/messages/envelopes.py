"""Envelopes: what documents travel in, to the SII and to their receivers (EnvioDTE, EnvioBOLETA)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from minga.domain.errors import BadMessage
from minga.domain.signing import SigningKey
from minga.dte.document import Document
from minga.dte.messages.elements import element, filled, outermost
from minga.dte.stamps.stamping import written

SII = "60803000-K"

DOCUMENTS_MAX = {"EnvioDTE": 2000, "EnvioBOLETA": 500}

_SCHEMAS = {"EnvioDTE": "EnvioDTE_v10.xsd", "EnvioBOLETA": "EnvioBOLETA_v11.xsd"}


@dataclass(frozen=True, slots=True)
class Sender:
    """``rut`` is that of the person who signs. ``resolution`` and its day are those that let the issuer issue; 0 in
    the certification environment."""

    rut: str
    resolution: int
    resolved: date


def envelope(documents: Sequence[Document], to: str, sender: Sender, key: SigningKey, now: datetime) -> bytes:
    """The documents as they stand, in their order. Raises BadMessage where one envelope cannot hold them."""
    name = _name(documents)
    head = element(
        "Caratula",
        filled(
            {
                "RutEmisor": documents[0].issuer,
                "RutEnvia": sender.rut,
                "RutReceptor": to,
                "FchResol": sender.resolved.isoformat(),
                "NroResol": str(sender.resolution),
                "TmstFirmaEnv": written(now),
            }
        ),
        *(
            element("SubTotDTE", filled({"TpoDTE": str(kind), "NroDTE": str(count)}))
            for kind, count in Counter(document.kind for document in documents).items()
        ),
        version="1.0",
    )
    body = element("SetDTE", head, *(document.piece.raw for document in documents), ID="SetDoc")
    return outermost(name, _SCHEMAS[name], body, key)


def _name(documents: Sequence[Document]) -> str:
    if not documents:
        raise BadMessage(detail="an envelope needs a document")
    if len({document.is_boleta for document in documents}) > 1:
        raise BadMessage(detail="boletas go in envelopes of their own")
    if len({document.issuer for document in documents}) > 1:
        raise BadMessage(detail="the documents are of several issuers")
    name = "EnvioBOLETA" if documents[0].is_boleta else "EnvioDTE"
    if len(documents) > DOCUMENTS_MAX[name]:
        raise BadMessage(detail=f"an {name} holds {DOCUMENTS_MAX[name]} documents at most")
    return name
