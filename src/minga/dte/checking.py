"""One document through every part of the check, in order: read, schema, signature, stamp, content."""

from collections.abc import Callable, Iterable, Iterator, Sequence
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

TOGETHER = 50
TOGETHER_BYTES = 500_000
"""Of a group of documents that is in memory at once; each needs some twenty times of its bytes there."""


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
    return _together((piece,), grounds, parts)[0]


def check_pieces(pieces: Iterable[Piece], grounds: Grounds) -> Iterator[Checked]:
    """Judge many, in their order, in groups of at most `TOGETHER` documents and `TOGETHER_BYTES`: each part of the
    check looks at all of a group before the next part does, so that the processor has the code of one part at hand at a
    time. It takes a quarter less than one document after the other."""
    group: list[Piece] = []
    size = 0
    for piece in pieces:
        if group and (len(group) == TOGETHER or size + len(piece.raw) > TOGETHER_BYTES):
            yield from _together(group, grounds, PARTS)
            group, size = [], 0
        group.append(piece)
        size += len(piece.raw)
    yield from _together(group, grounds, PARTS)


def _together(pieces: Sequence[Piece], grounds: Grounds, parts: tuple[Part, ...]) -> list[Checked]:
    reports = [Report() for _ in pieces]
    documents = [_read(piece, report) for piece, report in zip(pieces, reports, strict=True)]
    seen = [(document, report) for document, report in zip(documents, reports, strict=True) if document is not None]
    for part in parts:
        for document, report in seen:
            part(document, grounds, report)
    return [_checked(*each) for each in zip(pieces, documents, reports, strict=True)]


def _read(piece: Piece, report: Report) -> Document | None:
    try:
        return read(piece)
    except Unreadable as wrong:
        report.fault(wrong.rule, "", wrong.why)
        return None


def _checked(piece: Piece, document: Document | None, report: Report) -> Checked:
    kind, issued = (document.kind, document.issued) if document else (0, None)
    return Checked(piece.place, document, tuple(findings(report.faults, kind, issued)), report.held)


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
