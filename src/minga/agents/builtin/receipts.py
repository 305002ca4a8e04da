"""On which day an invoice was received, as a task says it."""

import re
from datetime import date

from minga.agents.builtin import invoice_text
from minga.agents.builtin.dates import Mention
from minga.agents.builtin.question import Question
from minga.agents.builtin.skill import Declined

EVENTS = re.compile(
    r"\b(?:(?P<receipt>recibi\w*|recepcion\w*|llego|received|receipt|got|arrived|arrival)"
    r"|(?P<issue>emitid[ao]s?|emision|emitio|emitieron|issued|issue|dated|fechada)"
    r"|(?P<act>reclam\w*|pag\w*|vence\w*|vencimiento|claim\w*|disput\w*|pay\w*|due)"
    r"|(?P<count>quedan?|left|remain\w*|faltan?))\b"
)
_OBJECTS = re.compile(
    r"\b(?:(?P<invoice>facturas?|invoices?)"
    r"|(?P<goods>mercaderias?|mercancias?|productos?|servicios?|bienes|goods|products?|services?|entrega|delivery))\b"
)
_CLAUSE_MARKS = "¿?.;:,!"


def receipt(text: str, mentions: tuple[Mention, ...], question: Question) -> date | Declined:
    """The one day on which the invoice was received, or the question to put to the person."""
    language = question.language
    received: set[date] = set()
    issued: set[date] = set()
    on_goods = False
    for mention in mentions:
        event = _bound(EVENTS, text, mention)
        if event == "count" and mention.day == question.today:
            continue
        if event == "act" and mention.day == question.today and len(mentions) > 1:
            continue
        if mention.day is None:
            return invoice_text.ask(mention.doubt, language)
        if event == "issue":
            issued.add(mention.day)
        elif event != "receipt":
            return invoice_text.unbound(mention.written, language)
        elif _bound(_OBJECTS, text, mention) == "goods":
            on_goods = True
        else:
            received.add(mention.day)
    if len(received) > 1:
        return invoice_text.several(sorted(received), language)
    if not received:
        return invoice_text.no_receipt(on_goods, bool(issued), language)
    day = received.pop()
    return invoice_text.issued_later(language) if any(each > day for each in issued) else day


def _bound(pattern: re.Pattern[str], text: str, mention: Mention) -> str | None:
    """Which group's word governs a date: in the date's own clause if there is one, the nearest before it first."""
    start = max(text.rfind(mark, 0, mention.start) for mark in _CLAUSE_MARKS)
    end = min((place for mark in _CLAUSE_MARKS if (place := text.find(mark, mention.end)) >= 0), default=len(text))
    words = list(pattern.finditer(text))
    before = [word for word in words if word.end() <= mention.start]
    after = [word for word in words if word.start() >= mention.end]
    clause_before = [word for word in before if word.start() > start]
    clause_after = [word for word in after if word.end() <= end]
    nearest = [*clause_before[-1:], *clause_after[:1], *before[-1:], *after[:1]]
    return nearest[0].lastgroup if nearest else None
