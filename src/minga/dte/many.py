"""Many files: their documents to several processes, judged, and back in order; memory stays bounded."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path

from minga.domain.tax_documents import SEVERITIES, Severity
from minga.domain.terms import day_in_chile
from minga.dte.batch import Batch, Entry, entry
from minga.dte.checking import Checked, check_around, check_pieces
from minga.dte.document import Piece
from minga.dte.finding import Finding
from minga.dte.grounds import Grounds
from minga.dte.reading import Container, Head, containers, containers_in, head
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.spread import Processes, Spread, here

CHUNK = 50
"""Pieces that go to a process together: some 300 kB, checked in some 30 ms."""

SMALL = 200
"""Fewer pieces are checked where they are: processes take half a second to start."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one document (``kind`` DTE), or of what holds it: ``kind`` is that of a container, or ``file`` for
    a document alone; ``head`` is None then, and where a document could not be read. ``entry`` is what documents are
    compared by. This goes between processes, the document itself does not."""

    place: str
    kind: str
    head: Head | None
    findings: tuple[Finding, ...]
    held: dict[str, str]
    entry: Entry | None = None

    @property
    def worst(self) -> Severity | None:
        """None where nothing was found."""
        return min((each.severity for each in self.findings), key=SEVERITIES.index, default=None)


@dataclass(slots=True)
class _Open:
    """A container of which documents are still to come back."""

    container: Container
    heads: list[Head] = field(default_factory=list)
    back: int = 0

    @property
    def is_done(self) -> bool:
        return self.back == len(self.container.pieces)


def check(source: Path | str | bytes, grounds: Grounds | None = None, processes: int = 1) -> Iterator[Judged]:
    """Check every document in a file, a folder, an archive, or the bytes of one; what holds them; and what they say of
    one another. What is wrong inside is a finding.

    Without ``grounds`` it is checked as of today in Chile, without the SII's schemas (`Schemas.at` reads installed
    ones) and without values of the UF. Several ``processes`` are for a program whose main module does its work below
    ``if __name__ == "__main__":``, for each of them reads that module. Raises FileNotFoundError for a path where
    nothing is, ProcessLost where a process was ended.
    """
    chosen = grounds or Grounds(day_in_chile(SystemClock().now()))
    if isinstance(source, bytes):
        found = containers_in(source, "")
    elif (path := Path(source)).exists():
        found = containers(path)
    else:
        raise FileNotFoundError(str(path))
    return judge_files(found, chosen, lambda: Processes(processes) if processes > 1 else here)


def judge_files(containers: Iterable[Container], grounds: Grounds, spread: Callable[[], Spread]) -> Iterator[Judged]:
    """Check all that stands in the containers: each one's documents in their order, then the container itself, unless
    it is a document alone with nothing to say of it; at the end what documents say of one another. ``spread`` is asked
    for only where there is much to do."""
    batch = Batch()
    for judged in _in_order(containers, grounds, spread):
        if judged.entry:
            batch.add(judged.place, judged.entry)
        yield judged
    for between in batch.close():
        told = between.identity
        mark = Head(told.kind, told.folio, told.issuer, "", None, None, "")
        yield Judged(between.place, "batch", mark, (between.finding,), {})


def _in_order(containers: Iterable[Container], grounds: Grounds, spread: Callable[[], Spread]) -> Iterator[Judged]:
    waiting: deque[_Open] = deque()
    for judged in judge_many(_pieces(containers, waiting), grounds, spread):
        while waiting[0].is_done:
            yield from _covered(waiting.popleft(), grounds)
        waiting[0].back += 1
        if judged.head:
            waiting[0].heads.append(judged.head)
        yield judged
    while waiting:
        yield from _covered(waiting.popleft(), grounds)


def judge_many(pieces: Iterable[Piece], grounds: Grounds, spread: Callable[[], Spread]) -> Iterator[Judged]:
    """Check the pieces, in their order."""
    coming = iter(pieces)
    first = list(islice(coming, SMALL))
    rest = next(coming, None)
    if rest is None:
        yield from judge_all(grounds, first)
        return
    for judged in spread()(partial(_judge_list, grounds), _chunks(chain(first, [rest], coming))):
        yield from judged


def judge_all(grounds: Grounds, pieces: Iterable[Piece]) -> Iterator[Judged]:
    """Check the pieces here, in their order."""
    return map(_judged, check_pieces(pieces, grounds))


def _judged(checked: Checked) -> Judged:
    document = checked.document
    if document is None:
        return Judged(checked.place, "DTE", None, checked.findings, checked.held)
    return Judged(checked.place, "DTE", head(document), checked.findings, checked.held, entry(document))


def _pieces(containers: Iterable[Container], waiting: deque[_Open]) -> Iterator[Piece]:
    for container in containers:
        waiting.append(_Open(container))
        yield from container.pieces


def _covered(done: _Open, grounds: Grounds) -> Iterator[Judged]:
    container = done.container
    around = check_around(container, grounds, done.heads)
    if around.findings or container.kind != "DTE":
        kind = "file" if container.kind == "DTE" else container.kind
        yield Judged(container.place, kind, None, around.findings, around.held)


def _judge_list(grounds: Grounds, pieces: Sequence[Piece]) -> list[Judged]:
    return list(judge_all(grounds, pieces))


def _chunks(pieces: Iterator[Piece]) -> Iterator[list[Piece]]:
    while chunk := list(islice(pieces, CHUNK)):
        yield chunk
