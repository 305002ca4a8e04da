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
from minga.dte.reading import Container, Head, Unopened, containers_in, head, unopened
from minga.dte.rulebook import rules
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.spread import Processes, Spread, here

CHUNK = 50
"""Pieces or small files that go to a process together: some 300 kB, checked in some 30 ms."""

SMALL = 200
"""Fewer are checked where they are: processes take half a second to start."""

Source = Container | Unopened


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one document (``kind`` DTE), or of what holds it: ``kind`` is that of a container, or ``file`` for
    a document alone; ``head`` is None then, and where a document could not be read. ``entry`` is what documents are
    compared by. This goes between processes, its rules by their ids; the document itself does not."""

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

    def __reduce__(self) -> "tuple[Callable[..., Judged], tuple[object, ...]]":
        told = [(each.rule.id, each.path, each.found, each.expected, each.at) for each in self.findings]
        return _come, (self.place, self.kind, self.head, told, self.held, self.entry)


def _come(
    place: str,
    kind: str,
    head: Head | None,
    told: list[tuple[str, str, str, str, str]],
    held: dict[str, str],
    entry: Entry | None,
) -> Judged:
    """From another process."""
    book = rules()
    findings = tuple(Finding(book[rule], *rest) for rule, *rest in told)
    return Judged(place, kind, head, findings, held, entry)


_Told = tuple[Judged, ...] | None
"""What an item comes to: of a piece its document, of a file all that it holds; None of one that is an archive."""


@dataclass(slots=True)
class _Open:
    """A container of which documents are still to come back, or a file that is to come back as a whole."""

    source: Container | Unopened
    heads: list[Head] = field(default_factory=list)
    back: int = 0

    @property
    def is_done(self) -> bool:
        return self.back == (len(self.source.pieces) if isinstance(self.source, Container) else 1)


def check(source: Path | str | bytes, grounds: Grounds | None = None, processes: int = 1) -> Iterator[Judged]:
    """Check every document in a file, a folder, an archive, or the bytes of one; what holds them; and what they say of
    one another. What is wrong inside is a finding.

    Without ``grounds`` it is checked as of today in Chile, without the SII's schemas (`Schemas.at` reads installed
    ones) and without values of the UF. Several ``processes`` are for a program whose main module does its work below
    ``if __name__ == "__main__":``, for each of them reads that module. Raises FileNotFoundError for a path where
    nothing is, ProcessLost where a process was ended.
    """
    chosen = grounds or Grounds(day_in_chile(SystemClock().now()))
    found: Iterator[Container | Unopened]
    if isinstance(source, bytes):
        found = containers_in(source, "")
    elif (path := Path(source)).exists():
        found = unopened(path)
    else:
        raise FileNotFoundError(str(path))
    return judge_files(found, chosen, lambda: Processes(processes) if processes > 1 else here)


def judge_files(found: Iterable[Source], grounds: Grounds, spread: Callable[[], Spread]) -> Iterator[Judged]:
    """Check all that stands in containers and files: each one's documents in their order, then the container itself,
    unless it is a document alone with nothing to say of it; at the end what documents say of one another. ``spread`` is
    asked for only where there is much to do."""
    batch = Batch()
    for judged in _in_order(found, grounds, spread):
        if judged.entry:
            batch.add(judged.place, judged.entry)
        yield judged
    for between in batch.close():
        told = between.identity
        mark = Head(told.kind, told.folio, told.issuer, "", None, None, "")
        yield Judged(between.place, "batch", mark, (between.finding,), {})


def _in_order(found: Iterable[Source], grounds: Grounds, spread: Callable[[], Spread]) -> Iterator[Judged]:
    waiting: deque[_Open] = deque()
    for told in _spread(_items(found, waiting), grounds, spread):
        while waiting[0].is_done:
            yield from _covered(waiting.popleft(), grounds)
        first = waiting[0]
        first.back += 1
        if told is None:
            assert isinstance(first.source, Unopened), "only a file can be an archive"
            yield from _in_order(first.source.containers(), grounds, lambda: here)
            continue
        first.heads += [each.head for each in told if each.head]
        yield from told
    while waiting:
        yield from _covered(waiting.popleft(), grounds)


def _items(found: Iterable[Source], waiting: deque[_Open]) -> Iterator[Piece | Unopened]:
    for source in found:
        waiting.append(_Open(source))
        if isinstance(source, Container):
            yield from source.pieces
        else:
            yield source


def _covered(done: _Open, grounds: Grounds) -> Iterator[Judged]:
    return _around(done.source, done.heads, grounds) if isinstance(done.source, Container) else iter(())


def _around(container: Container, heads: Sequence[Head], grounds: Grounds) -> Iterator[Judged]:
    around = check_around(container, grounds, heads)
    if around.findings or container.kind != "DTE":
        kind = "file" if container.kind == "DTE" else container.kind
        yield Judged(container.place, kind, None, around.findings, around.held)


def _spread(items: Iterator[Piece | Unopened], grounds: Grounds, spread: Callable[[], Spread]) -> Iterator[_Told]:
    """What each item comes to, in their order."""
    first = list(islice(items, SMALL))
    rest = next(items, None)
    if rest is None:
        yield from _judge_items(grounds, first)
        return
    for told in spread()(partial(_judge_chunk, grounds), _chunks(chain(first, [rest], items))):
        yield from told


def _judge_chunk(grounds: Grounds, items: Sequence[Piece | Unopened]) -> list[_Told]:
    return list(_judge_items(grounds, items))


def _judge_items(grounds: Grounds, items: Sequence[Piece | Unopened]) -> Iterator[_Told]:
    """Files are opened, and their documents are judged with the others in groups."""
    opened = [each.container() if isinstance(each, Unopened) else each for each in items]
    judged = judge_all(grounds, (piece for each in opened for piece in _pieces(each)))
    for each in opened:
        told = tuple(islice(judged, len(_pieces(each))))
        if isinstance(each, Container):
            told += tuple(_around(each, [one.head for one in told if one.head], grounds))
        yield told if each else None


def _pieces(opened: Piece | Container | None) -> Sequence[Piece]:
    return () if opened is None else (opened,) if isinstance(opened, Piece) else opened.pieces


def judge_all(grounds: Grounds, pieces: Iterable[Piece]) -> Iterator[Judged]:
    """Check the pieces here, in their order."""
    return map(_judged, check_pieces(pieces, grounds))


def _judged(checked: Checked) -> Judged:
    document = checked.document
    if document is None:
        return Judged(checked.place, "DTE", None, checked.findings, checked.held)
    return Judged(checked.place, "DTE", head(document), checked.findings, checked.held, entry(document))


def _chunks(items: Iterator[Piece | Unopened]) -> Iterator[list[Piece | Unopened]]:
    while chunk := list(islice(items, CHUNK)):
        yield chunk
