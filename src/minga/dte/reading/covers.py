"""What envelopes, messages and books say, judged: by themselves and beside the documents in them."""

from collections.abc import Callable
from datetime import date

from minga.dte.document import Unreadable, read
from minga.dte.finding import Finding
from minga.dte.grounds import Grounds, Report
from minga.dte.node import as_day
from minga.dte.reading import answers, books, cessions, envelopes, folios, guide_books, seals, shape
from minga.dte.reading.container import Container, Head, Heads, head
from minga.dte.rulebook import findings

Look = Callable[[Container, Heads, Grounds, Report], None]
"""Looks at a container, and at the heads of the documents in it that could be read, in their order."""

LOOKS: tuple[Look, ...] = (
    *envelopes.LOOKS,
    *seals.LOOKS,
    *answers.LOOKS,
    *cessions.LOOKS,
    *folios.LOOKS,
    *books.LOOKS,
    *guide_books.LOOKS,
)


PARTS: tuple[Look, ...] = (*shape.LOOKS, *LOOKS)
"""The schema first."""


def check_container(
    container: Container, grounds: Grounds, heads: Heads | None = None, looks: tuple[Look, ...] = PARTS
) -> tuple[Finding, ...]:
    """Its findings, those of reading it first. Without ``heads`` its documents are read for them. ``looks``: some only
    of the check."""
    report = Report(list(container.faults))
    if container.cover is not None:
        found = tuple(_heads(container)) if heads is None else heads
        for look in looks:
            look(container, found, grounds, report)
    return tuple(findings(report.faults, 0, _day(container)))


def _heads(container: Container) -> list[Head]:
    found = []
    for piece in container.pieces:
        try:
            found.append(head(read(piece)))
        except Unreadable:
            continue
    return found


def _day(container: Container) -> date | None:
    """The day that a rule must hold on: of the period that a book or report is about."""
    caratula = container.caratula
    if caratula is None:
        return None
    return caratula.day("FchInicio") or as_day(f"{caratula.of('PeriodoTributario')}-01")
