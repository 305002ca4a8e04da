"""What the skill for tax documents says, in Spanish and in English."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from minga.agents.builtin.dates import in_words
from minga.agents.builtin.deadlines import Law
from minga.agents.builtin.question import Language
from minga.agents.builtin.skill import Declined
from minga.domain.task import Document
from minga.domain.tax_documents import Examined, Objection
from minga.domain.terms import term

_CLAIMED = frozenset({33, 34, 43})
"""Types that the SII's register takes claims for (its manual of 2017-08-07, p. 3)."""

_ALIKE_MAX = 3
"""Findings of one rule in one document that are shown; the others are counted."""


def judgement(examined: Examined, language: Language) -> str:
    """Whether it is right, what was proved, and what was found, the worst first."""
    lines = [f"{_capital(examined.title)}: {_verdict(examined, language)}"]
    lines += [f"- {each}" for each in examined.proved]
    for _, alike in groupby(examined.objections, key=lambda each: each.rule):
        same = list(alike)
        for each in same[:_ALIKE_MAX]:
            lines += _objection(each, language)
        if len(same) > _ALIKE_MAX:
            more = len(same) - _ALIKE_MAX
            lines.append(f"- … y {more} más de lo mismo." if language == "es" else f"- … and {more} more of the same.")
    return "\n".join(lines)


def claim(examined: Examined, received: date | None, law: Law, today: date, language: Language) -> list[str]:
    """Until when it can be claimed; without a day of receipt, the earliest that this can be."""
    es = language == "es"
    if examined.kind not in _CLAIMED:
        if examined.kind == 0:
            return []
        return [
            f"{_capital(examined.title)}: el registro de reclamos del SII solo recibe los tipos 33, 34 y 43."
            if es
            else f"{_capital(examined.title)}: the SII's register takes claims for types 33, 34 and 43 only."
        ]
    if received is not None:
        last = term(received, law.claim_days)
        left = last.left(today)
        until = in_words(last.last, language)
        if es:
            state = f"quedan {left} días" if left > 0 else "vence hoy" if left == 0 else f"venció hace {-left} días"
            return [
                f"Recibida el {in_words(received, language)}: se puede reclamar hasta la medianoche en que termina "
                f"el {until} "
                f"({state}). El registro del SII cierra antes ese día, a la hora en que el SII la recibió."
            ]
        state = f"{left} days left" if left > 0 else "it ends today" if left == 0 else f"it ended {-left} days ago"
        return [
            f"Received on {in_words(received, language)}: it can be claimed until the midnight that ends {until} "
            f"({state}). "
            "The SII's register closes earlier that day, at the hour at which the SII received it."
        ]
    first = examined.signed.date() if examined.signed else examined.issued
    return [_without_receipt(first, law, today, language)]


def not_understood(words: str, language: Language) -> Declined:
    if language == "es":
        return Declined(
            f"Reviso documentos tributarios, pero no entiendo {words}.",
            "Pregunta por ejemplo: minga run --file factura.xml '¿está correcta esta factura y hasta cuándo puedo "
            "reclamarla? La recibí el 2026-11-20'.",
        )
    return Declined(
        f"I check tax documents, but I do not understand {words}.",
        "Ask for example: minga run --file invoice.xml 'is this invoice correct and until when can I claim it? I "
        "received "
        "it on 2026-11-20'.",
    )


def no_document(files: Sequence[Document], language: Language) -> Declined:
    """None of the files that came with the task is a tax document."""
    what = "; ".join(_what_it_is(each, language) for each in files)
    if language == "es":
        return Declined(
            f"La tarea pregunta por un documento tributario, y ningún archivo adjunto lo es: {what}.",
            "Entrega el XML del documento (<DTE>): el emisor lo envía por correo junto al PDF, y también se descarga "
            "del sitio del SII. El plazo para reclamar se calcula sin archivo: minga run 'plazos de la factura "
            "recibida el 2026-11-02'.",
        )
    return Declined(
        f"The task asks about a tax document, and no file that came with it is one: {what}.",
        "Give the XML of the document (<DTE>): its issuer sends it by e-mail with the PDF, and it can be downloaded "
        "from the SII's site. The term to claim is told without a file: minga run 'deadlines of the invoice received "
        "on 2026-11-02'.",
    )


def left_out(file: Document, language: Language) -> str:
    """A file beside tax documents that is none."""
    said = "No se revisó lo que no es un DTE" if language == "es" else "Not checked, for it is no DTE"
    return f"{said}: {_what_it_is(file, language)}."


def _what_it_is(file: Document, language: Language) -> str:
    es, begin = language == "es", file.text.lstrip("\ufeff \t\r\n")
    if begin.startswith("%PDF"):
        return f"{file.name} es un PDF, no el XML" if es else f"{file.name} is a PDF, not the XML"
    if root := _ROOT.search(begin) if begin.startswith("<") else None:
        name = f"<{root['name'][:40]}>"
        return f"{file.name} es XML de otra clase, {name}" if es else f"{file.name} is XML of another kind, {name}"
    return f"{file.name} no es XML" if es else f"{file.name} is no XML"


_ROOT = re.compile(r"<(?P<name>[A-Za-z_][\w:.-]*)")


def too_many(count: int, language: Language) -> Declined:
    if language == "es":
        return Declined(f"Son {count} documentos: demasiados para leerlos aquí.", "minga dte check ARCHIVO")
    return Declined(f"These are {count} documents: too many to read here.", "minga dte check FILE")


def no_such_rule(rule: str, language: Language) -> Declined:
    if language == "es":
        return Declined(f"No hay ninguna regla «{rule}».", "minga dte rules las muestra todas.")
    return Declined(f"There is no rule «{rule}».", "minga dte rules lists them all.")


def _verdict(examined: Examined, language: Language) -> str:
    es = language == "es"
    match examined.worst:
        case None:
            return "está correcta en todo lo que se revisó." if es else "it is right in all that was checked."
        case "note":
            return "está correcta; hay algo que saber:" if es else "it is right; there is something to know:"
        case "reparo":
            return "el SII la recibe, con reparos:" if es else "the SII takes it and objects:"
        case "error":
            return "no está correcta:" if es else "it is not right:"
        case "rejected":
            return (
                "no está correcta, y el SII la rechazaría:" if es else "it is not right, and the SII would reject it:"
            )


def _objection(each: Objection, language: Language) -> list[str]:
    es = language == "es"
    where = ": ".join(part for part in (each.path, each.told or _values(each, es=es)) if part)
    lines = [f"- {each.says}" + (f" ({where})" if where else "")]
    lines.append(f"  {'Norma' if es else 'Norm'}: {each.source} [{each.rule}]")
    lines.append(f"  {'Qué hacer' if es else 'What to do'}: {each.fix}")
    return lines


def _values(each: Objection, *, es: bool) -> str:
    if each.found and each.expected:
        return (
            f"dice {each.found}, debe decir {each.expected}" if es else f"says {each.found}, must say {each.expected}"
        )
    if each.found:
        return f"dice {each.found}" if es else f"says {each.found}"
    if each.expected:
        return f"se espera {each.expected}" if es else f"expected {each.expected}"
    return ""


def _without_receipt(first: date | None, law: Law, today: date, language: Language) -> str:
    es = language == "es"
    if first is None:
        return (
            "Para saber hasta cuándo se puede reclamar falta el día en que se recibió: dilo en la tarea."
            if es
            else "Until when it can be claimed depends on the day it was received: say it in the task."
        )
    last = term(first, law.claim_days)
    passed = last.left(today) < 0
    if es:
        state = "ese plazo ya venció" if passed else f"quedan {last.left(today)} días"
        return (
            f"Se puede reclamar dentro de los {law.claim_days} días corridos que siguen a su recepción, y el "
            "documento no "
            f"dice cuándo se recibió. No pudo ser antes de su firma, el {in_words(first, language)}: si fue ese "
            "mismo día, "
            f"hasta la medianoche en que termina el {in_words(last.last, language)} ({state}); cada día más tarde "
            "agrega "
            "un día. Di en la tarea cuándo la recibiste y doy la fecha exacta."
        )
    state = "that has passed" if passed else f"{last.left(today)} days left"
    return (
        f"It can be claimed within the {law.claim_days} consecutive days that follow its receipt, and the document "
        "does not "
        f"say when it was received. That cannot be before it was signed, {in_words(first, language)}: if it was that "
        "same "
        f"day, until the midnight that ends {in_words(last.last, language)} ({state}); each day later adds one. Say "
        "in the "
        "task when you received it, and I give the exact date."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
