"""Many documents: in pieces to several processes, judged, and back in order; memory stays bounded."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain, islice

from minga.dte.checking import check_piece
from minga.dte.document import Identity, Piece
from minga.dte.finding import SEVERITIES, Finding, Severity
from minga.dte.grounds import Grounds
from minga.infrastructure.spread import Spread

CHUNK = 50
"""Pieces that go to a process together: some 300 kB, checked in some 30 ms."""

SMALL = 200
"""Fewer pieces are checked where they are: processes take half a second to start."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one document, without the document: this goes between processes."""

    place: str
    identity: Identity | None
    issued: date | None
    findings: tuple[Finding, ...]
    held: dict[str, str]

    @property
    def worst(self) -> Severity | None:
        """None where nothing was found."""
        return min((each.severity for each in self.findings), key=SEVERITIES.index, default=None)


def judge_many(pieces: Iterable[Piece], grounds: Grounds, spread: Callable[[], Spread]) -> Iterator[Judged]:
    """Check the pieces, in their order. ``spread`` is asked for only where there are more than `SMALL`."""
    coming = iter(pieces)
    first = list(islice(coming, SMALL))
    rest = next(coming, None)
    if rest is None:
        yield from map(partial(judge, grounds), first)
        return
    for judged in spread()(partial(_judge_all, grounds), _chunks(chain(first, [rest], coming))):
        yield from judged


def judge(grounds: Grounds, piece: Piece) -> Judged:
    """Check one piece."""
    checked = check_piece(piece, grounds)
    issued = checked.document.issued if checked.document else None
    return Judged(checked.place, checked.identity, issued, checked.findings, checked.held)


def _judge_all(grounds: Grounds, pieces: Sequence[Piece]) -> list[Judged]:
    return [judge(grounds, piece) for piece in pieces]


def _chunks(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    while chunk := list(islice(pieces, CHUNK)):
        yield chunk
