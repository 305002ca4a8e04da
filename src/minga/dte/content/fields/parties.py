"""Who stands in a document: generic RUTs, tourists, foreigners (Formato DTE v2.5, pp. 16-20)."""

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report

FOREIGNER = "55555555-5"
ANONYMOUS = "66666666-6"
TOURIST_NAME = "Extranjero sin RUT"
TOURIST_COMUNAS = ("Arica", "Camarones", "Putre", "General Lagos")

RECEIVER = "Encabezado/Receptor/RUTRecep"

_BOLETAS = frozenset({"35", "38", "39", "41"})
_COMUNAS = frozenset(each.upper() for each in TOURIST_COMUNAS)


def generic(document: Document, grounds: Grounds, report: Report) -> None:
    """55555555-5 is for exports and tourists, 66666666-6 for boletas and what corrects them."""
    found = document.receiver
    if document.is_export:
        if found != FOREIGNER:
            report.fault("rut-export", RECEIVER, found, FOREIGNER)
    elif found == FOREIGNER:
        if not document.body.has("Encabezado/IdDoc/TipoFactEsp"):
            report.fault("rut-foreigner", RECEIVER, found)
    elif found == ANONYMOUS and not document.is_boleta and not _corrects_a_boleta(document):
        report.fault("rut-anonymous", RECEIVER, found)


def _corrects_a_boleta(document: Document) -> bool:
    return any(each.of("TpoDocRef") in _BOLETAS for each in document.body.all("Referencia"))


def tourist(document: Document, grounds: Grounds, report: Report) -> None:
    """TipoFactEsp 1: a sale to a tourist, in one of four comunas."""
    body = document.body
    special = body.of("Encabezado/IdDoc/TipoFactEsp") == "1"
    if not special:
        if document.kind == 33 and body.has("Encabezado/Receptor/Extranjero/TipoDocID"):
            report.fault("tourist-only", "Encabezado/Receptor/Extranjero/TipoDocID")
        return
    if document.receiver != FOREIGNER:
        report.fault("tourist-rut", RECEIVER, document.receiver, FOREIGNER)
    comuna = body.of("Encabezado/Emisor/CmnaOrigen") or ""
    if comuna.upper() not in _COMUNAS:
        report.fault("tourist-comuna", "Encabezado/Emisor/CmnaOrigen", comuna, ", ".join(TOURIST_COMUNAS))
    for name, page in (("TipoDocID", "p.20"), ("NumId", "p.19")):
        if not body.of(f"Encabezado/Receptor/Extranjero/{name}"):
            report.fault("tourist-identity", f"Encabezado/Receptor/Extranjero/{name}", at=f"F25 {page}")
    name = body.of("Encabezado/Receptor/RznSocRecep") or ""
    if name.upper() != TOURIST_NAME.upper():
        report.fault("tourist-name", "Encabezado/Receptor/RznSocRecep", name, TOURIST_NAME)


def foreign_number(document: Document, grounds: Grounds, report: Report) -> None:
    """NumId is for 33 and 61 since the tourist invoice; the schema still takes it elsewhere."""
    if document.kind not in (33, 61):
        found = document.body.of("Encabezado/Receptor/Extranjero/NumId")
        if found:
            report.fault("rut-foreign-number", "Encabezado/Receptor/Extranjero/NumId", found)


LOOKS = (generic, tourist, foreign_number)
