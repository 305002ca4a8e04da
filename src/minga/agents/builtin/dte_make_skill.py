"""Makes a tax document from a short form that came with the task: one for a trial, worth nothing."""

import json
import re
from datetime import datetime, time

from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.skill import Answered, Declined
from minga.agents.builtin.words import quoted, unaccounted, vocabulary
from minga.domain.errors import BadInput
from minga.domain.events import ToolKind
from minga.domain.task import Document
from minga.domain.tax_documents import Drafted, DteEngine
from minga.domain.terms import chile

_ASKED = re.compile(
    r"\b(?:haz|hacer|hazme|genera(?:r|me)?|emite|emitir|arma(?:r|me)?|crea(?:r|me)?|make|generate|create)\b"
)
_WHAT = re.compile(
    r"\b(?:facturas?|boletas?|notas?|guias?|liquidacion|dtes?|documento|xml|invoices?|credit notes?|debit notes?)\b"
)
_SHORT_FORM = re.compile(r"^\s*(?:type\s*=|\{\s*\"\w+\"\s*:|\[issuer\]|#.*\n\s*type\s*=)", re.MULTILINE)
_VOCABULARY = vocabulary(
    """
    haz hacer hazme genera generar generame emite emitir arma armar armame crea crear creame la el una un esta este
    factura boleta nota notas de credito debito guia despacho liquidacion dte documento tributario electronica
    electronico xml con los las datos del archivo adjunto adjunta a partir desde para por favor en exenta exportacion
    compra prueba
    make generate create the a an this invoice credit debit note dispatch guide sales slip document tax electronic xml
    from with data of file attached please for trial export exempt
    """
)


class DteMakeSkill:
    name = "dte-make"
    kind = ToolKind.READ

    def __init__(self, engine: DteEngine) -> None:
        self._engine = engine

    def describe(self, language: Language) -> str:
        if language == "es":
            return (
                "Hacer un documento tributario de prueba desde su forma corta: «haz esta factura» --file factura.toml"
            )
        return 'Make a Chilean tax document for a trial from its short form: "make this invoice" --file invoice.toml'

    async def answer(self, question: Question) -> Answered | Declined | None:
        forms = [each for each in question.documents if _SHORT_FORM.search(each.text)]
        if not forms or not _ASKED.search(question.folded) or not _WHAT.search(question.folded):
            return None
        left = unaccounted(question.folded, _VOCABULARY)
        if left or len(forms) != len(question.documents):
            return _not_understood(quoted(left), question.language)
        moment = datetime.combine(question.today, time(12), chile())
        try:
            made = [(each, self._engine.draft(each.text, moment, question.language)) for each in forms]
        except BadInput as wrong:
            return Declined(wrong.message, wrong.remedy_text)
        text = "\n\n".join(_told(form, drafted, question.language) for form, drafted in made)
        return Answered(text, json.dumps({"forms": [each.name for each in forms]}, ensure_ascii=False))


def _told(form: Document, drafted: Drafted, language: Language) -> str:
    es = language == "es"
    amounts = "\n".join(f"- {name}: {amount}" for name, amount in drafted.amounts.items() if amount)
    head = (
        f"{drafted.title}: hecha y revisada con todas las reglas, sin errores. Es de prueba: no tiene validez "
        "tributaria."
        if es
        else f"{drafted.title}: made, and checked by every rule without an error. It is for a trial: worth nothing."
    )
    real = "La de verdad, con tu certificado y tus folios" if es else "The real one, with your certificate and folios"
    xml = drafted.content.decode("iso-8859-1")
    return f"{head}\n{amounts}\n\n{real}: minga dte make {form.name} --key CERT.p12\n\n```xml\n{xml}\n```"


def _not_understood(words: str, language: Language) -> Declined:
    if language == "es":
        reason = f"Hago documentos desde su forma corta, pero no entiendo {words or 'los otros archivos'}."
        return Declined(
            reason, "Pregunta: minga run --file factura.toml 'haz esta factura'. La forma: minga dte make --help"
        )
    reason = f"I make documents from their short form, but I do not understand {words or 'the other files'}."
    return Declined(reason, "Ask: minga run --file invoice.toml 'make this invoice'. The form: minga dte make --help")
