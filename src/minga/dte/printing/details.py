"""The table of lines on a page: which columns it has, how high each line is, and its drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from minga.dte.printing.paper import GREY, PALE, Align, Paper, height_of, wrapped
from minga.dte.printing.sheet import Item, Sheet

SIZE = 8.0
NOTE_SIZE = 7.0
HEAD_HEIGHT = 6.0
CODE_WIDTH = 24.0
GAP = 1.2
"""Above each line."""


@dataclass(frozen=True, slots=True)
class Column:
    """``field`` is that of an `Item`."""

    title: str
    field: str
    width: float
    align: Align


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line with its texts broken into lines of print."""

    item: Item
    code: tuple[str, ...]
    name: tuple[str, ...]
    notes: tuple[str, ...]
    height: float


def columns_of(sheet: Sheet, width: float) -> tuple[Column, ...]:
    """Code and discount only where a line has one; the name takes what is left."""
    codes = any(item.code for item in sheet.items)
    changed = any(item.discount for item in sheet.items)
    before = [Column("N°", "number", 8, "center"), *([Column("Código", "code", CODE_WIDTH, "left")] if codes else [])]
    after = [
        Column("Cantidad", "quantity", 19, "right"),
        Column("Unid.", "unit", 12, "center"),
        Column("P. unitario", "price", 23, "right"),
        *([Column("Dscto./Rec.", "discount", 21, "right")] if changed else []),
        Column("Valor", "amount", 28, "right"),
    ]
    left = width - sum(column.width for column in (*before, *after))
    return (*before, Column("Descripción", "name", left, "left"), *after)


def measured(item: Item, columns: Sequence[Column]) -> Drawn:
    width = next(column.width for column in columns if column.field == "name") - 3
    code = tuple(wrapped(item.code, CODE_WIDTH - 3, SIZE))
    name = tuple(wrapped(item.name, width, SIZE))
    notes = tuple(line for note in item.notes for line in wrapped(note, width, NOTE_SIZE))
    height = max(len(code) * height_of(SIZE), len(name) * height_of(SIZE) + len(notes) * height_of(NOTE_SIZE))
    return Drawn(item, code, name, notes, GAP + height)


def draw_head(paper: Paper, columns: Sequence[Column], left: float, top: float, right: float) -> float:
    """Returns where the first line begins."""
    paper.box((left, top), (right - left, HEAD_HEIGHT), 0.2, fill=PALE)
    x = left
    for column in columns:
        _cell(paper, column, x, top + HEAD_HEIGHT - 1.8, column.title, bold=True)
        x += column.width
    return top + HEAD_HEIGHT


def draw_items(paper: Paper, columns: Sequence[Column], rows: Sequence[Drawn], left: float, top: float) -> None:
    y = top
    for row in rows:
        base, x = y + GAP + height_of(SIZE) - 0.6, left
        for column in columns:
            if column.field in ("code", "name"):
                _draw_text(paper, row.code if column.field == "code" else row.name, x + 1.5, base)
            else:
                _cell(paper, column, x, base, getattr(row.item, column.field), bold=False)
            if column.field == "name":
                _draw_notes(paper, row, x + 1.5, base)
            x += column.width
        y += row.height


def _draw_text(paper: Paper, lines: Sequence[str], x: float, base: float) -> None:
    for number, line in enumerate(lines):
        paper.text((x, base + number * height_of(SIZE)), line, SIZE)


def _draw_notes(paper: Paper, row: Drawn, x: float, base: float) -> None:
    below = base + (len(row.name) - 1) * height_of(SIZE)
    for number, line in enumerate(row.notes, 1):
        paper.text((x, below + number * height_of(NOTE_SIZE)), line, NOTE_SIZE, color=GREY)


def _cell(paper: Paper, column: Column, x: float, base: float, text: str, *, bold: bool) -> None:
    place = {"left": x + 1.5, "right": x + column.width - 1.5, "center": x + column.width / 2}[column.align]
    paper.text((place, base), text, SIZE, bold=bold, align=column.align)
