"""The rules between documents."""

from array import array
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from minga.dte.batch.columns import UNITS, Columns, Index, rut_number, rut_text

CREDIT_NOTES = (61, 112)
DEBIT_NOTES = (56, 111)
NOTES = (*CREDIT_NOTES, *DEBIT_NOTES)
INVOICES = (33, 34, 110)
GUIDE = 52

_ANYONE = frozenset(map(rut_number, ("55555555-5", "66666666-6")))
"""RUTs that stand for a foreigner or for whoever buys: they name no receiver."""


@dataclass(frozen=True, slots=True)
class Told:
    """A rule broken by the document in ``row``."""

    row: int
    rule: str
    path: str
    found: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Bond:
    """A reference of a document to another of the batch. ``is_alone``: it names no other tax document."""

    row: int
    target: int
    link: int
    code: int
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Bonds:
    """All of them, as numbers: the references, and the documents that they name, in the order of the references."""

    columns: Columns
    links: "array[int]"
    targets: "array[int]"

    def __iter__(self) -> Iterator[Bond]:
        columns, count = self.columns, len(self.columns.link_row)
        for link, target in zip(self.links, self.targets, strict=True):
            row = columns.link_row[link]
            is_alone = (link == 0 or columns.link_row[link - 1] != row) and (
                link + 1 == count or columns.link_row[link + 1] != row
            )
            yield Bond(row, target, link, columns.link_code[link], is_alone)


@dataclass(slots=True)
class Sums:
    """What notes take from a document and add to it, and the notes that annul it."""

    less: int = 0
    more: int = 0
    annulled_by: list[Bond] = field(default_factory=list)
    last: Bond | None = None


def compared(index: Index) -> Iterator[Told]:
    """Everything that the documents of the index say of one another."""
    again: set[int] = set()
    yield from _twice(index, again)
    bonds, columns = _bonds(index, again), index.columns
    for bond in bonds:
        yield from _dated(columns, bond)
        if columns.kind[bond.row] in NOTES:
            yield from _note(columns, bond)
        elif columns.kind[bond.row] in INVOICES and columns.kind[bond.target] == GUIDE:
            yield from _billed_guide(columns, bond)
    yield from _strangers(index, again)
    annulled = _annulled(columns, bonds)
    yield from _sums(columns, bonds, annulled)
    yield from _billed_twice(columns, bonds, annulled)


def _twice(index: Index, again: set[int]) -> Iterator[Told]:
    """Documents of one name; ``again`` gains all but the first of each."""
    columns = index.columns
    for rows in index.groups():
        first = rows[0]
        for row in rows[1:]:
            again.add(row)
            is_same = columns.digest[row] == columns.digest[first]
            path = "Encabezado/IdDoc/Folio"
            yield Told(row, "batch-copy" if is_same else "batch-folio-twice", path, columns.place(first))


def _bonds(index: Index, again: set[int]) -> Bonds:
    columns, found = index.columns, Bonds(index.columns, array("I"), array("I"))
    for link, row in enumerate(columns.link_row):
        target = None if row in again else _target(index, link)
        if target is not None and target != row:
            found.links.append(link)
            found.targets.append(target)
    return found


def _target(index: Index, link: int) -> int | None:
    columns = index.columns
    return index.first(columns.link_issuer[link], columns.link_kind[link], columns.link_folio[link])


def _annulled(columns: Columns, bonds: Bonds) -> set[int]:
    """Documents that a note annuls which is not annulled itself."""
    pairs = [(bond.row, bond.target) for bond in bonds if bond.code == 1 and columns.kind[bond.row] in NOTES]
    touched = {target for _, target in pairs}
    return {target for row, target in pairs if row not in touched}


def _strangers(index: Index, again: set[int]) -> Iterator[Told]:
    """Notes to a document that their issuer did not make, and another did: of that type, folio, day and receiver."""
    columns = index.columns
    wanted = defaultdict(list)
    for link, row in enumerate(columns.link_row):
        receiver = columns.receiver[row]
        if columns.kind[row] not in NOTES or row in again or not columns.link_day[link]:
            continue
        if receiver and receiver not in _ANYONE and _target(index, link) is None:
            name = (columns.link_kind[link], columns.link_folio[link], columns.link_day[link], receiver)
            wanted[name].append(link)
    for row in range(len(columns.kind)) if wanted else ():
        name = (columns.kind[row], columns.folio[row], columns.day[row], columns.receiver[row])
        for link in wanted.pop(name, ()):
            found, expected = rut_text(columns.link_issuer[link]), rut_text(columns.issuer[row])
            yield Told(columns.link_row[link], "batch-note-issuer", _path(columns, link), found, expected)


def _dated(columns: Columns, bond: Bond) -> Iterator[Told]:
    """A reference tells the day of the document."""
    told, real = columns.link_day[bond.link], columns.day[bond.target]
    if told and real and told != real:
        path = _path(columns, bond.link) + "/FchRef"
        yield Told(bond.row, "batch-date", path, str(date.fromordinal(told)), str(columns.issued(bond.target)))


def _note(columns: Columns, bond: Bond) -> Iterator[Told]:
    """A note beside the document that it corrects: same receiver, not before it, all of it where it annuls."""
    row, target = bond.row, bond.target
    ours, theirs = columns.receiver[row], columns.receiver[target]
    if ours and theirs and ours != theirs and not {ours, theirs} & _ANYONE:
        yield Told(row, "batch-note-receiver", "Encabezado/Receptor/RUTRecep", rut_text(ours), rut_text(theirs))
    if columns.day[row] and columns.day[row] < columns.day[target]:
        found, expected = str(columns.issued(row)), str(columns.issued(target))
        yield Told(row, "batch-note-before", "Encabezado/IdDoc/FchEmis", found, expected)
    if bond.code == 1 and abs(columns.total[row] - columns.total[target]) > UNITS:
        path = "Encabezado/Totales/MntTotal"
        yield Told(row, "batch-annul-amount", path, _money(columns.total[row]), _money(columns.total[target]))


def _billed_guide(columns: Columns, bond: Bond) -> Iterator[Told]:
    """An invoice beside the guía that it bills."""
    row, target = bond.row, bond.target
    ours, theirs = columns.receiver[row], columns.receiver[target]
    if ours and theirs and ours != theirs and not {ours, theirs} & _ANYONE:
        yield Told(row, "batch-guide-receiver", "Encabezado/Receptor/RUTRecep", rut_text(ours), rut_text(theirs))
    if columns.day[row] and columns.day[row] < columns.day[target]:
        yield Told(
            row, "batch-guide-later", _path(columns, bond.link), str(columns.issued(row)), str(columns.issued(target))
        )


def _sums(columns: Columns, bonds: Bonds, annulled: set[int]) -> Iterator[Told]:
    """All notes to a document together: not more than it, and one that annuls it. What a note annuls does not count."""
    by_target: dict[int, Sums] = defaultdict(Sums)
    for bond in bonds:
        kind = columns.kind[bond.row]
        if kind not in NOTES or bond.row in annulled:
            continue
        sums = by_target[bond.target]
        if bond.code == 1:
            sums.annulled_by.append(bond)
        if not bond.is_alone:
            continue
        if kind in CREDIT_NOTES or columns.kind[bond.target] in CREDIT_NOTES:
            sums.less += columns.total[bond.row]
            sums.last = bond
        else:
            sums.more += columns.total[bond.row]
    for target, sums in by_target.items():
        for bond in sums.annulled_by[1:]:
            yield Told(
                bond.row, "batch-annulled-twice", _path(columns, bond.link), columns.place(sums.annulled_by[0].row)
            )
        whole = columns.total[target] + sums.more
        if sums.last is not None and sums.less - whole > UNITS and len(sums.annulled_by) < 2:
            row = sums.last.row
            yield Told(row, "batch-over-credited", "Encabezado/Totales/MntTotal", _money(sums.less), _money(whole))


def _billed_twice(columns: Columns, bonds: Bonds, annulled: set[int]) -> Iterator[Told]:
    """A guía that two invoices bill."""
    billed: dict[int, int] = {}
    for bond in bonds:
        if columns.kind[bond.target] == GUIDE and columns.kind[bond.row] in INVOICES and bond.row not in annulled:
            first = billed.setdefault(bond.target, bond.row)
            if first != bond.row:
                yield Told(bond.row, "batch-guide-twice", _path(columns, bond.link), columns.place(first))


def _path(columns: Columns, link: int) -> str:
    place = columns.link_place[link]
    return f"Referencia[{place}]" if place else "Referencia"


def _money(units: int) -> str:
    return f"{units / UNITS:.4f}".rstrip("0").rstrip(".")
