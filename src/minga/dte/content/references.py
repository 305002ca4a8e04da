"""Referencia: what a document refers to, and what a note does to it (Formato DTE v2.5, pp. 45-47; samples p. 9)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from minga.domain.terms import months_after
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.reckoning import value, word
from minga.dte.referable import is_known, is_tax_document, referable

NOTES = (56, 61, 111, 112)
EXPORT_NOTES = (111, 112)
GUIDES = ("50", "52")

ANNULLED_BY = {
    61: frozenset(["30", "32", "33", "34", "35", "38", "39", "40", "41", "43", "45", "46", "55", "56", "103"]),
    56: frozenset(("60", "61")),
    112: frozenset(("110", "111")),
    111: frozenset(("112",)),
}
"""The documents that each note can annul: a credit note invoices and debit notes, a debit note credit notes."""

RETURN_MONTHS = 6
"""From the delivery, in which goods that come back give back their IVA (DL 825 art. 70)."""

_CASE = re.compile(r"CASO \d+-\d+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A line of Referencia, as written: ``kind`` is TpoDocRef."""

    path: str
    place: int
    kind: str
    folio: str
    code: str
    day: date | None
    other: str
    is_global: bool
    reason: str

    @property
    def is_tax(self) -> bool:
        return is_tax_document(self.kind)


def references(document: Document) -> Sequence[Reference]:
    """The references of a document, in its order."""
    nodes = document.body.parts.get("Referencia", ())
    return [_reference(node, place, len(nodes)) for place, node in enumerate(nodes, 1)]


def look(document: Document, grounds: Grounds, report: Report) -> None:
    """Everything about references, which are read once."""
    found = references(document)
    if document.kind in NOTES:
        _note(document, found, report)
    for each in found:
        _kind(document, each, report)
        _folio(each, report)
        if each.kind == "SET" and (each.place != 1 or not _CASE.fullmatch(each.reason)):
            report.fault("ref-set", each.path, each.reason, "CASO nnnn-n")
        if each.other and not each.is_tax:
            report.fault("ref-other-issuer", each.path + "/RUTOtr", each.kind)
        elif each.other and each.other.upper() == document.issuer.upper():
            report.fault("ref-own-issuer", each.path + "/RUTOtr", each.other)
        if each.kind == str(document.kind) and not each.other and each.folio.lstrip("0") == str(document.folio):
            report.fault("ref-itself", each.path + "/FolioRef", each.folio)
        if each.day is not None and document.issued is not None and each.day > document.issued:
            rule = "ref-later-note" if document.kind in NOTES and each.is_tax else "ref-later"
            report.fault(rule, each.path + "/FchRef", each.day, document.issued)
    _customs(document, found, report)
    _deducted(document, found, report)


def _note(document: Document, found: Sequence[Reference], report: Report) -> None:
    taxed = [each for each in found if each.is_tax]
    if not taxed:
        report.fault("ref-tax-missing", "Referencia")
    elif document.kind in EXPORT_NOTES and not any(each.kind in ("110", "111", "112") for each in taxed):
        report.fault("ref-export", taxed[0].path + "/TpoDocRef", taxed[0].kind, "110")
    for each in taxed:
        if not each.code:
            report.fault("ref-code-missing", each.path + "/CodRef")
        elif each.code in ("1", "2") and len(taxed) > 1:
            report.fault("ref-single", each.path + "/CodRef", len(taxed), 1)
        if each.code == "1":
            _annulled(document, each, report)
            _late(document, each, report)
        elif each.code == "2":
            _corrected_text(document, each, report)


def _annulled(document: Document, each: Reference, report: Report) -> None:
    if each.kind not in ANNULLED_BY[document.kind]:
        report.fault("ref-annulled-kind", each.path + "/TpoDocRef", each.kind)
    elif each.kind in referable().paper:
        report.fault("ref-annulled-paper", each.path + "/TpoDocRef", each.kind)


def _late(document: Document, each: Reference, report: Report) -> None:
    """Six months after the document that it annuls, a note may take no IVA back (DL 825 art. 70)."""
    if document.kind != 61 or each.day is None or document.issued is None or each.day.year >= date.max.year:
        return
    last = months_after(each.day, RETURN_MONTHS)
    if document.issued <= last or not document.body.amount("Encabezado/Totales/IVA"):
        return
    if document.body.of("Encabezado/IdDoc/IndNoRebaja") != "1":
        report.fault("ref-annulled-late", each.path + "/FchRef", each.day, f"<= {last}")


def _corrected_text(document: Document, each: Reference, report: Report) -> None:
    if document.kind in (56, 111):
        report.fault("ref-text-debit", each.path + "/CodRef", each.code)
    lines = document.lines
    for place, line in enumerate(lines, 1):
        if value(line, "MontoItem"):
            where = f"Detalle[{place}]" if len(lines) > 1 else "Detalle"
            report.fault("ref-text-amount", where + "/MontoItem", word(line, "MontoItem"), 0)
    if document.body.amount("Encabezado/Totales/MntTotal"):
        report.fault(
            "ref-text-amount", "Encabezado/Totales/MntTotal", document.body.of("Encabezado/Totales/MntTotal"), 0
        )
    text = " ".join(word(line, name) for line in lines for name in ("NmbItem", "DscItem")).lower()
    if "donde dice" not in text or "debe decir" not in text:
        report.fault("ref-text-words", "Detalle/NmbItem", "", "Donde dice … debe decir …")


def _kind(document: Document, each: Reference, report: Report) -> None:
    if document.is_boleta:
        if each.kind.isdecimal() and each.kind not in referable().boleta:
            report.fault("ref-boleta-kind", each.path + "/TpoDocRef", each.kind)
    elif each.kind.isdecimal() and not is_known(each.kind):
        report.fault("ref-kind", each.path + "/TpoDocRef", each.kind)


def _folio(each: Reference, report: Report) -> None:
    is_zero = bool(each.folio) and not each.folio.strip("0")
    if each.is_global and not is_zero:
        report.fault("ref-global-folio", each.path + "/FolioRef", each.folio, 0)
    elif is_zero and not each.is_global:
        report.fault("ref-folio-zero", each.path + "/FolioRef", each.folio)
    if each.is_global and not each.reason:
        report.fault("ref-global-reason", each.path + "/RazonRef")
    if each.is_tax and each.folio and not (each.folio.isascii() and each.folio.isdecimal()):
        report.fault("ref-folio-digits", each.path + "/FolioRef", each.folio)


def _customs(document: Document, found: Sequence[Reference], report: Report) -> None:
    if document.kind == 110:
        _at_most_one("ref-dus", ("807",), found, report)
        _at_most_one("ref-waybill", ("811",), found, report)
    elif document.kind == 52:
        _at_most_one("ref-guide-customs", ("807", "810"), found, report)


def _at_most_one(rule: str, kinds: tuple[str, ...], found: Sequence[Reference], report: Report) -> None:
    those = [each for each in found if each.kind in kinds]
    if len(those) > 1:
        report.fault(rule, those[1].path + "/TpoDocRef", len(those), 1)


def _deducted(document: Document, found: Sequence[Reference], report: Report) -> None:
    """A guía that deducts items names the guía that they were on."""
    if document.kind != 52 or any(each.kind in GUIDES for each in found):
        return
    if any(word(line, "IndExe") == "5" for line in document.lines):
        report.fault("ref-deducted", "Referencia")


def _reference(node: Node, place: int, count: int) -> Reference:
    return Reference(
        f"Referencia[{place}]" if count > 1 else "Referencia",
        place,
        word(node, "TpoDocRef"),
        word(node, "FolioRef"),
        word(node, "CodRef"),
        node.day("FchRef"),
        word(node, "RUTOtr"),
        word(node, "IndGlobal") == "1",
        word(node, "RazonRef"),
    )


LOOKS = (look,)
