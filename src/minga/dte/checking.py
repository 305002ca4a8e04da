"""One document through every part of the check, in order: read, schema, signature, stamp, content."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minga.domain.tax_documents import SEVERITIES, Severity
from minga.dte.content import LOOKS
from minga.dte.document import Document, Identity, Piece, Unreadable, read
from minga.dte.finding import Finding
from minga.dte.grounds import Grounds, Report
from minga.dte.reading import Container, Head, check_container
from minga.dte.rulebook import findings
from minga.dte.schemas import looking
from minga.dte.signatures import message, signature
from minga.dte.stamps import stamp

Part = Callable[[Document, Grounds, Report], None]
"""Looks at the whole document and adds to the report."""

PARTS: tuple[Part, ...] = (looking.look, signature, stamp, *LOOKS)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one document. ``document`` is None where it could not be read."""

    place: str
    document: Document | None
    findings: tuple[Finding, ...]
    held: dict[str, str]

    @property
    def identity(self) -> Identity | None:
        return self.document.identity if self.document else None

    @property
    def worst(self) -> Severity | None:
        """None where nothing was found."""
        return min((each.severity for each in self.findings), key=SEVERITIES.index, default=None)


def check_piece(piece: Piece, grounds: Grounds, parts: tuple[Part, ...] = PARTS) -> Checked:
    """Judge one document. Never raises for what stands in it: that is a finding. ``parts``: some only of the check."""
    report = Report()
    try:
        document = read(piece)
    except Unreadable as wrong:
        report.fault(wrong.rule, "", wrong.why)
        return Checked(piece.place, None, tuple(findings(report.faults, 0, None)), report.held)
    for part in parts:
        part(document, grounds, report)
    found = tuple(findings(report.faults, document.kind, document.issued))
    return Checked(piece.place, document, found, report.held)


@dataclass(frozen=True, slots=True)
class Around:
    """What became of all that is around the documents of a file: cover, signatures, what was wrong with reading it."""

    findings: tuple[Finding, ...]
    held: dict[str, str]


def check_around(container: Container, grounds: Grounds, heads: Sequence[Head]) -> Around:
    """Judge a container itself; ``heads`` are those of its documents that could be read."""
    report = Report()
    for each in container.signed:
        message(each, grounds, report)
    found = (*check_container(container, grounds, heads), *findings(report.faults, 0, None))
    return Around(found, report.held)
