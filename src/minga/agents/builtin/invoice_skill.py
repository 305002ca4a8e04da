"""Claim and payment deadlines of an invoice under Ley 19.983, from the day on which the invoice was received."""

import json
import re
from dataclasses import dataclass
from datetime import date

from minga.agents.builtin import dates, deadlines, invoice_text
from minga.agents.builtin.deadlines import Law
from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.receipts import EVENTS, receipt
from minga.agents.builtin.skill import Answered, Declined
from minga.agents.builtin.words import blank, quoted, unaccounted, vocabulary
from minga.domain.events import ToolKind
from minga.domain.terms import Term, term

_TOPIC = re.compile(r"\b(?:facturas?|invoices?)\b")
_TERM = re.compile(
    r"\b(?:plazos?|hasta|cuando|venc\w+|limite|quedan?|faltan?|dias|tiempo|todavia|aun|alcanzo"
    r"|deadlines?|until|when|due|left|remain\w*|days|long|still|by|term|terms)\b"
)
_CLAIM = re.compile(
    r"\b(?:reclam\w*|rechaz\w*|objetar\w*|claim\w*|disput\w*|reject\w*|object)\b|\b(?:8|ocho|eight) (?:dias|days)\b"
)
_PAY = re.compile(r"\b(?:pag\w*|pay\w*|be paid)\b|\b(?:30|treinta|thirty) (?:dias|days)\b")
_CLAIM_OF_PAYMENT = re.compile(
    r"\breclam\w*\s+(?:(?:el|del?|un|su|mi|este)\s+)?pago|\bclaim(?:ing)?\s+(?:(?:the|my|for)\s+)*pay\w*"
)
"""Claiming the payment is suing for it: its limit is the prescription of the action, not the term of art. 3."""

_HAPPENED = re.compile(
    r"\bse (?:pago|reclamo|recibio|emitio)\b|\bcuando (?:me |se |fue )?(?:recib|llego|emit)\w*"
    r"|\bwhen (?:was|were) (?!(?:the )?(?:payment|claim|deadline))|\bwhen (?:i|we) (?:received|got)\b"
)
_PAST = re.compile(r"\b(?:pagó|reclamó|rechazó|objetó)\b", re.IGNORECASE)
"""Questions about what happened: nothing here knows that. Without its accent `pagó` is a word of other questions."""

_PHRASES = re.compile(
    r"\bbe paid\b|"
    r"\bpor favor\b|\bcuanto tiempo\b|\bhow much time\b|\bde acuerdo a\b"
    r"|\b(?:8|ocho|eight|30|treinta|thirty) (?:dias|days)\b"
    r"|\b(?:la |the )?(?:ley|law|act)(?: n(?:°|º|o|ro)?\.?)? ?19[.,]?983\b|\b19[.,]?983\b"
    r"|\b(?:factura|invoice)(?: electronica)? (?:n(?:°|º|o|ro)\.?|numero|folio|number|no\.?|#) ?[0-9]+\b"
)
_VOCABULARY = vocabulary(
    """
    ya hasta cuando que cual cuales es son fue el la los las lo de del en un una al a y o con por para si se me nos le
    mi mis
    nuestra su hoy dia dias fecha fechas plazo plazos limite ultimo vence vencen vencio vencimiento termina corridos
    puedo podemos puede debo debemos debe deben tengo tenemos tiene tienen hay queda quedan falta faltan cuantos todavia
    aun alcanzo tiempo reclamar reclamarla reclamarle reclamo reclamos rechazar rechazarla rechazo objetar objetarla
    pagar
    pagarla pagarme pagarnos pago pagos recibi recibimos recibio recibida recibidas recepcion llego factura facturas
    electronica emitida emitio emision fechada ley segun calcula calcular calculame dime desde cliente comprador deudor
    proveedor hacer mercaderia mercaderias mercancia mercancias producto productos servicio servicios bienes entrega
    when what which is are was were be the a an of for to on by until i we my our me us it its must can could do does
    have
    has deadline deadlines term terms date dates day days last due long how many time left remain remaining still from
    under chilean law claim claims claiming dispute disputing reject rejecting object pay paying payment payments
    invoice invoices electronic received receipt got arrived arrival issued issue period end ends dated and or please
    tell calculate
    compute if this that today customer buyer debtor supplier goods product products service services delivery s
    """
)
_FUTURE_DAYS_MAX = 366


@dataclass(frozen=True, slots=True)
class _Wanted:
    claim: bool
    payment: bool


class InvoiceSkill:
    name = "ley-19983-deadlines"
    kind = ToolKind.READ

    def __init__(self, law: Law | None = None) -> None:
        self._law = law or deadlines.load()

    def describe(self, language: Language) -> str:
        if language == "es":
            return (
                "Plazos de reclamo (8 días) y de pago (30 días) de una factura, Ley 19.983: "
                "«plazos de la factura recibida el 2026-11-02»"
            )
        return (
            "Claim (8 days) and payment (30 days) deadlines of a Chilean invoice, Ley 19.983: "
            '"deadlines of the invoice received on 2026-11-02"'
        )

    async def answer(self, question: Question) -> Answered | Declined | None:
        text, language = question.folded, question.language
        if not _TOPIC.search(text) or question.documents:
            return None
        mentions = dates.find(text, language, question.today)
        if not mentions and not _TERM.search(text):
            return None
        spans = [*((each.start, each.end) for each in mentions), *(match.span() for match in _PHRASES.finditer(text))]
        left = unaccounted(blank(text, spans), _VOCABULARY)
        if left:
            about = EVENTS.search(text) is not None and _TERM.search(text) is not None
            return invoice_text.not_understood(quoted(left), language) if about else None
        if _CLAIM_OF_PAYMENT.search(text):
            return invoice_text.claim_of_payment(language)
        if _HAPPENED.search(text) or _PAST.search(question.text):
            return invoice_text.past(language)
        if not _TERM.search(text):
            return invoice_text.what_to_do(language)
        received = receipt(text, mentions, question)
        if isinstance(received, Declined):
            return received
        return self._judge(received, _wanted(text), question)

    def _judge(self, received: date, wanted: _Wanted, question: Question) -> Answered | Declined:
        law, language = self._law, question.language
        if received < law.in_force:
            return invoice_text.before_the_law(received, law, language)
        if received < law.text_from:
            return invoice_text.older_text(received, law, language)
        if (received - question.today).days > _FUTURE_DAYS_MAX:
            return invoice_text.too_far(received, language)
        claim = term(received, law.claim_days) if wanted.claim else None
        payment = term(received, law.payment_days) if wanted.payment else None
        return Answered(
            invoice_text.render(received, claim, payment, law, question.today, language),
            json.dumps({"received": received.isoformat(), "today": question.today.isoformat()}),
            invoice_text.facts(claim, payment, law, language),
            tuple(_step(each) for each in (claim, payment) if each is not None),
        )


def _wanted(text: str) -> _Wanted:
    """Both where neither, or both, are named."""
    claim, payment = bool(_CLAIM.search(text)), bool(_PAY.search(text))
    return _Wanted(True, True) if claim == payment else _Wanted(claim, payment)


def _step(term: Term) -> str:
    return f"{term.received.isoformat()} + {term.days} = {term.last.isoformat()}"
