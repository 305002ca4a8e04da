"""Whether tax documents that came with the task are right, until when one can be claimed, and what a rule demands."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from minga.agents.builtin import dates, deadlines, dte_text, invoice_text
from minga.agents.builtin.deadlines import Law
from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.receipts import receipt
from minga.agents.builtin.skill import Answered, Declined, Fact
from minga.agents.builtin.words import blank, quoted, unaccounted, vocabulary
from minga.domain.events import ToolKind
from minga.domain.task import Document
from minga.domain.tax_documents import DteEngine, Examined
from minga.domain.terms import term

_DOCUMENT = re.compile(
    r"\b(?:facturas?|boletas?|notas? de (?:credito|debito)|guias?(?: de despacho)?|liquidaci(?:on|ones)|dtes?"
    r"|documentos?(?: tributarios?)?|xml|invoices?|receipts?|credit notes?|debit notes?)\b"
)
_TAX = re.compile(
    r"\b(?:facturas?|boletas?|notas? de (?:credito|debito)|guias?(?: de despacho)?|liquidaci(?:on|ones)|dtes?"
    r"|documentos? tributarios?|invoices?|credit notes?|debit notes?)\b"
)
"""Of a file that is none, a question that names a tax document; others may be about any file."""

_CHECK = re.compile(
    r"\b(?:correct(?:[ao]s?)?|valid[ao]s?|bien(?: hech[ao]s?| emitid[ao]s?)?|problemas?|errores|error"
    r"|revis\w+|valida(?:r|me)?|verific\w+|comprueb\w+|comprobar|chequea\w*|check(?:ed)?|valid|right|errors?|wrong)\b"
)
_CLAIM = re.compile(r"\b(?:reclam\w*|rechaz\w*|claim\w*|dispute\w*|reject\w*)\b")
_TERM = re.compile(r"\b(?:hasta cuando|cuando|plazos?|hasta que (?:dia|fecha)|until when|when|deadlines?|how long)\b")
_RULE = re.compile(
    r"^[\s¿]*(?:explica(?:me)?|que (?:dice|exige|significa)|explain|what does)\s+(?:la\s+|the\s+)?(?:regla|rule)\s+"
    r"[«\"'“`]?(?P<rule>[a-z0-9]+(?:-[a-z0-9]+)+)[»\"'”`]?(?:\s+(?:say|demand|mean))?[\s?.]*$"
)
_PHRASES = re.compile(
    r"\b(?:por favor|hasta que (?:dia|fecha)|until when|until which (?:day|date)|how long|notas? de (?:credito|debito)"
    r"|guias? de despacho|documentos? tributarios?|credit notes?|debit notes?)\b"
)
_VOCABULARY = vocabulary(
    """
    esta estan este estos estas es son la las el los lo le les me mi mis una un de del al que y o e en con por si hay
    tiene tienen trae algun alguna algo puedo podemos puede se ha sido fue hecha hecho emitida emitido factura facturas
    boleta boletas guia guias liquidacion liquidaciones dte dtes documento documentos xml adjunto adjunta adjuntos
    archivo archivos electronica electronicas electronico correcta correcto correctas correctos valida valido validas
    validos bien problema problemas error errores revisa revisar revisame validar validame verifica verificar
    verificame comprueba comprobar chequea chequear reclamar reclamarla reclamarlo reclamo rechazar rechazarla hasta
    cuando plazo plazos dia fecha recibi recibimos recibida recibido recepcion llego hoy ayer hora
    is are this these that the a an of and or in it its they i we can could may my our with has have any was were been
    made issued invoice invoices receipt receipts document documents attached file files correct valid right wrong
    errors check checked validate verify please claim dispute reject until when deadline deadlines how long day date
    received today yesterday got on tell me whether if for to what
    """
)

_DOCUMENTS_MAX = 50
"""More documents than this are for a program: `minga dte check`."""


class DteSkill:
    name = "dte"
    kind = ToolKind.READ

    def __init__(self, engine: DteEngine, law: Law | None = None) -> None:
        self._engine = engine
        self._law = law or deadlines.load()

    def describe(self, language: Language) -> str:
        if language == "es":
            return (
                "Revisar documentos tributarios (DTE) adjuntos: "
                "«¿está correcta esta factura y hasta cuándo puedo reclamarla?» --file factura.xml"
            )
        return (
            "Check Chilean tax documents (DTE) given with the task: "
            '"is this invoice correct and until when can I claim it?" --file invoice.xml'
        )

    async def answer(self, question: Question) -> Answered | Declined | None:
        if asked := _RULE.match(question.folded):
            return self._rule(asked["rule"], question.language)
        wants_claim = bool(_CLAIM.search(question.folded) and _TERM.search(question.folded))
        asked_about = question.documents and _DOCUMENT.search(question.folded)
        if not asked_about or not (wants_claim or _CHECK.search(question.folded)):
            return None
        files = [each for each in question.documents if holds_document(each)]
        others = [each for each in question.documents if not holds_document(each)]
        mentions = dates.find(question.folded, question.language, question.today)
        spans = [
            *((each.start, each.end) for each in mentions),
            *(m.span() for m in _PHRASES.finditer(question.folded)),
        ]
        left = unaccounted(blank(question.folded, spans), _VOCABULARY)
        if not files:
            is_about_tax = not left and _TAX.search(question.folded) is not None
            return dte_text.no_document(others, question.language) if is_about_tax else None
        if left:
            return dte_text.not_understood(quoted(left), question.language)
        received = receipt(question.folded, mentions, question) if mentions else None
        if isinstance(received, Declined):
            return received
        examined = [
            each
            for file in files
            for each in self._engine.examine(file.name, as_bytes(file.text), question.today, question.language)
        ]
        if len(examined) > _DOCUMENTS_MAX:
            return dte_text.too_many(len(examined), question.language)
        told = self._told(question, examined, received, wants_claim)
        left_out = [dte_text.left_out(each, question.language) for each in others]
        return replace(told, text="\n\n".join([told.text, *left_out]))

    def _told(
        self, question: Question, examined: Sequence[Examined], received: date | None, wants_claim: bool
    ) -> Answered:
        language = question.language
        parts = [dte_text.judgement(each, language) for each in examined]
        facts: tuple[Fact, ...] = ()
        if wants_claim:
            for each in examined:
                parts += dte_text.claim(each, received, self._law, question.today, language)
            claim = term(received or question.today, self._law.claim_days)
            facts = invoice_text.facts(claim, None, self._law, language)
        given = {"documents": [each.title for each in examined], "received": received.isoformat() if received else None}
        return Answered("\n\n".join(parts), json.dumps(given, ensure_ascii=False), facts)

    def _rule(self, rule: str, language: Language) -> Answered | Declined:
        told = self._engine.explain(rule, language)
        if told is None:
            return dte_text.no_such_rule(rule, language)
        return Answered(told, json.dumps({"rule": rule}))


def holds_document(document: Document) -> bool:
    """Whether a file is XML with a tax document, or a message of the SII's."""
    return "<DTE" in document.text or "SiiDte" in document.text


_DECLARED = re.compile(r"""<\?xml[^>]*encoding\s*=\s*["'](?P<name>[\w.-]+)["']""")


def as_bytes(text: str) -> bytes:
    """The file as it was: what is signed are its bytes. A task holds text that was read as UTF-8, else Windows-1252."""
    declared = _DECLARED.match(text.lstrip("\ufeff"))
    for encoding in (declared["name"] if declared else "utf-8", "cp1252", "utf-8"):
        try:
            return text.encode(encoding)
        except (LookupError, UnicodeEncodeError):
            continue
    return text.encode("utf-8", "replace")
