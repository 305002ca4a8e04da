"""Compares the SII's register (RCV) with tax documents, both of which came with the task."""

import json
import re
from datetime import datetime, time

from minga.agents.builtin.dte_skill import as_bytes, holds_document
from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.skill import Answered, Declined
from minga.agents.builtin.words import quoted, unaccounted, vocabulary
from minga.domain.errors import BadInput
from minga.domain.events import ToolKind
from minga.domain.tax_documents import Compared, DteEngine
from minga.domain.terms import chile

_ASKED = re.compile(
    r"\b(?:compara\w*|cuadra\w*|concilia\w*|coteja\w*|calza\w*|falta\w*|compare|reconcile|match|missing|differs?)\b"
)
_REGISTER = re.compile(r"\b(?:rcv|registros?|libros?|registers?)\b")
_VOCABULARY = vocabulary(
    """
    compara comparar comparame cuadra cuadrar concilia conciliar coteja cotejar calza calzan falta faltan que
    cual cuales
    el la los las un una este esta estos estas mi mis con contra y entre de del al en por favor rcv registro registros
    libro compra compras venta ventas documento documentos factura facturas dte dtes xml archivo archivos
    adjunto adjuntos
    sii hay diferencias diferencia
    compare reconcile match is are what which missing differ differs the a this these my with against and between of in
    please register registers purchase purchases sales sale document documents invoice invoices xml file files attached
    sii's sii any differences difference there
    """
)
_SHOWN_MAX = 30


class DteCompareSkill:
    name = "dte-reconcile"
    kind = ToolKind.READ

    def __init__(self, engine: DteEngine) -> None:
        self._engine = engine

    def describe(self, language: Language) -> str:
        if language == "es":
            return "Comparar el registro del SII con documentos: «compara el RCV con mis facturas» --file rcv.csv …"
        return 'Compare the SII\'s register with documents: "compare the RCV with my invoices" --file rcv.csv …'

    async def answer(self, question: Question) -> Answered | Declined | None:
        documents = {each.name: as_bytes(each.text) for each in question.documents if holds_document(each)}
        registers = {each.name: each.text.encode() for each in question.documents if each.name not in documents}
        if not registers or not _ASKED.search(question.folded) or not _REGISTER.search(question.folded):
            return None
        left = unaccounted(question.folded, _VOCABULARY)
        if left or not documents:
            return _not_understood(quoted(left), question.language)
        moment = datetime.combine(question.today, time(0), chile())
        try:
            compared = self._engine.compare(registers, documents, moment, question.language)
        except BadInput as wrong:
            return Declined(wrong.message, wrong.remedy_text)
        given = {"registers": list(registers), "documents": list(documents)}
        return Answered(_told(compared, question.language), json.dumps(given, ensure_ascii=False))


def _told(compared: Compared, language: Language) -> str:
    es = language == "es"
    lines = [
        f"El registro tiene {compared.entries} documentos, los archivos {compared.documents}; en los dos están "
        f"{compared.matched}."
        if es
        else f"The register has {compared.entries} documents, the files {compared.documents}; in both are "
        f"{compared.matched}."
    ]
    if not compared.differences:
        lines.append("Nada difiere." if es else "Nothing differs.")
    else:
        lines.append(
            "Diferencias, primero las de más dinero en riesgo:" if es else "Differences, most money at risk first:"
        )
        lines += [f"- {each}" for each in compared.differences[:_SHOWN_MAX]]
        more = len(compared.differences) - _SHOWN_MAX
        if more > 0:
            lines.append(
                f"- … y {more} más: minga dte reconcile" if es else f"- … and {more} more: minga dte reconcile"
            )
    if compared.unread:
        lines.append("No se pudo leer, y no se comparó:" if es else "Could not be read, and was not compared:")
        lines += [f"- {each}" for each in compared.unread[:_SHOWN_MAX]]
    return "\n".join(lines)


def _not_understood(words: str, language: Language) -> Declined:
    if language == "es":
        reason = f"Comparo el registro con documentos, pero no entiendo {words}." if words else "Faltan los documentos."
        return Declined(
            reason, "Entrega ambos: minga run --file rcv.csv --file factura.xml 'compara el RCV con mis facturas'."
        )
    reason = (
        f"I compare the register with documents, but do not understand {words}." if words else "Documents are missing."
    )
    return Declined(
        reason, "Give both: minga run --file rcv.csv --file invoice.xml 'compare the RCV with my invoices'."
    )
