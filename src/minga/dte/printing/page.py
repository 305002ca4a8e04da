"""A document on sheets of letter or A4: head, parties, references, lines, and at the foot of the last sheet totals,
receipt and stamp. A line that does not fit any more goes to the next sheet."""

from collections.abc import Sequence
from dataclasses import dataclass

from minga.dte.printing.details import Column, Drawn, columns_of, draw_head, draw_items, measured
from minga.dte.printing.foot import draw_foot, foot_height
from minga.dte.printing.heading import Row
from minga.dte.printing.logo import draw_logo
from minga.dte.printing.paper import BLACK, GREY, RED, Paper, height_of, width_of, wrapped
from minga.dte.printing.sheet import WORTHLESS, Letterhead, Sheet

SIZES = {"letter": (215.9, 279.4), "a4": (210.0, 297.0)}
"""Width and height in millimetres; the manual takes 215 x 110 to 215 x 330."""

MARGIN = 12.0
BOX = (74.0, 30.0)
"""Of the document's name: the manual takes 55 x 15 to 80 x 40 mm, lines of 0.5 to 1 mm, letters of 10 and more."""

REFERENCES_MAX = 12
"""With a line for each."""


@dataclass(slots=True)
class Desk:
    """Where the drawing has got to: ``y`` is the next free place from above."""

    paper: Paper
    sheet: Sheet
    y: float

    @property
    def left(self) -> float:
        return MARGIN

    @property
    def right(self) -> float:
        return self.paper.width - MARGIN


def draw_pages(sheet: Sheet, letterhead: Letterhead, size: str, copies: Sequence[bool]) -> bytes:
    """A PDF with one copy for each of ``copies``, which say whether it is the assignable one."""
    width, height = SIZES[size]
    paper = Paper(width, height, f"{sheet.title} N° {sheet.folio}")
    for assignable in copies:
        _draw_copy(Desk(paper, sheet, MARGIN), letterhead, assignable=assignable)
    return paper.done()


def _draw_copy(desk: Desk, letterhead: Letterhead, *, assignable: bool) -> None:
    _mark(desk)
    _draw_top(desk, letterhead)
    columns = columns_of(desk.sheet, desk.right - desk.left)
    rows = [measured(item, columns) for item in desk.sheet.items]
    foot = foot_height(desk.sheet, assignable=assignable)
    bottom = desk.paper.height - MARGIN
    heights = [row.height for row in rows]
    sheets = split(heights, bottom - desk.y - 13, bottom - MARGIN - 22, foot - 1)
    start = 0
    for number, count in enumerate(sheets, 1):
        if number > 1:
            desk.paper.next_page()
            _mark(desk)
            _draw_continued(desk)
        is_last = number == len(sheets)
        until = bottom - (foot + 4 if is_last else 5)
        _draw_lines(desk, columns, rows[start : start + count], until)
        start += count
        if len(sheets) > 1:
            where = f"Página {number} de {len(sheets)}"
            desk.paper.text((desk.right, bottom + 4), where, 7, align="right", color=GREY)
        if is_last:
            draw_foot(desk.paper, desk.sheet, (desk.left, desk.right, bottom - foot), assignable=assignable)
    desk.paper.next_page()


def split(heights: Sequence[float], first: float, later: float, foot: float) -> list[int]:
    """How many rows stand on each sheet, of which the last one has the foot too. The room of a sheet is ``first`` or
    ``later``; at least one row goes on each."""
    sheets: list[int] = []
    rest, room = list(heights), first
    while sum(rest) > room - foot and len(rest) > 1:
        count, used = 0, 0.0
        while count < len(rest) - 1 and used + rest[count] <= room:
            used += rest[count]
            count += 1
        count = max(count, 1)
        sheets.append(count)
        rest, room = rest[count:], later
    return [*sheets, len(rest)]


def _mark(desk: Desk) -> None:
    """That a trial is worth nothing."""
    desk.y = MARGIN
    if desk.sheet.is_trial:
        desk.paper.across("SIN VALIDEZ TRIBUTARIA", 54)
        desk.paper.text((desk.paper.width / 2, 8.5), WORTHLESS, 9, bold=True, align="center", color=RED)


def _draw_top(desk: Desk, letterhead: Letterhead) -> None:
    below = max(_draw_issuer(desk, letterhead), _draw_box(desk))
    desk.y = below + 7
    desk.paper.text((desk.right, desk.y), desk.sheet.day, 9, align="right")
    desk.y += 3
    _draw_rows(desk, (*desk.sheet.receiver, *desk.sheet.terms))
    if desk.sheet.transport:
        _draw_rows(desk, desk.sheet.transport, "Transporte")
    if desk.sheet.customs:
        _draw_rows(desk, desk.sheet.customs, "Exportación")
    if desk.sheet.references:
        draw = _draw_references if len(desk.sheet.references) <= REFERENCES_MAX else _draw_many_references
        draw(desk)


def _draw_issuer(desk: Desk, letterhead: Letterhead) -> float:
    """The manual's order: name, giro, addresses. Returns where it ends."""
    x, y = desk.left, desk.y
    width = desk.right - desk.left - BOX[0] - 6
    if letterhead.logo:
        x += draw_logo(desk.paper, letterhead.logo, (x, y)) + 4
        width -= x - desk.left
    for place, text in enumerate(desk.sheet.issuer):
        size, bold = (13.0, True) if place == 0 else (8.5, False)
        for line in wrapped(text, width, size, bold=bold):
            y += height_of(size)
            desk.paper.text((x, y), line, size, bold=bold)
        y += 1 if place == 0 else 0
    return y


def _draw_box(desk: Desk) -> float:
    width, height = BOX
    x, middle = desk.right - width, desk.right - width / 2
    desk.paper.box((x, desk.y), BOX, 0.8, RED)
    title = wrapped(desk.sheet.title, width - 6, 12, bold=True)
    texts = [(f"R.U.T.: {desk.sheet.rut}", 13.0), *((line, 12.0) for line in title), (f"N° {desk.sheet.folio}", 13.0)]
    free = height - sum(height_of(size) for _, size in texts)
    gap = free / (len(texts) + 1)
    y = desk.y
    for text, size in texts:
        y += gap + height_of(size)
        desk.paper.text((middle, y - 0.9), text, size, bold=True, align="center", color=RED)
    if not desk.sheet.unit:
        return desk.y + height
    desk.paper.text((middle, desk.y + height + 5), desk.sheet.unit, 9, bold=True, align="center", color=RED)
    return desk.y + height + 5


def _draw_rows(desk: Desk, rows: Sequence[Row], title: str = "") -> None:
    """Labels and texts in two columns within a frame."""
    size, width, top = 8.0, (desk.right - desk.left) / 2, desk.y
    start = top + 1.0
    if title:
        desk.paper.text((desk.left + 2, top + 4.5), title, size, bold=True)
        start = top + 5.5
    half = (len(rows) + 1) // 2
    ends = [
        _draw_column(desk.paper, column, (desk.left + 2 + place * width, start), width - 4)
        for place, column in enumerate((rows[:half], rows[half:]))
    ]
    desk.y = max(ends) + 2
    desk.paper.box((desk.left, top), (desk.right - desk.left, desk.y - top))
    desk.y += 3


def _draw_column(paper: Paper, rows: Sequence[Row], at: tuple[float, float], width: float) -> float:
    """Returns where it ends."""
    size, (x, y) = 8.0, at
    indent = max((width_of(label, size, bold=True) for label, _ in rows), default=0.0) + 4
    for label, text in rows:
        for number, line in enumerate(wrapped(text, width - indent, size)):
            y += height_of(size) + 0.5
            if number == 0:
                paper.text((x, y), label, size, bold=True)
                paper.text((x + indent - 2.2, y), ":", size)
            paper.text((x + indent, y), line, size)
    return y


def _draw_many_references(desk: Desk) -> None:
    """Those of one type, and for one reason, one after the other: a line for each would leave no room."""
    size, alike = 7.5, dict[tuple[str, str], list[str]]()
    for each in desk.sheet.references:
        alike.setdefault((each.kind, each.reason), []).append(f"{each.folio} ({each.day})" if each.day else each.folio)
    top, y = desk.y, desk.y + 4
    desk.paper.text((desk.left + 2, y), "Documentos de referencia", size, bold=True)
    for (kind, reason), folios in alike.items():
        text = f"{kind}: {', '.join(folios)}{f'. {reason}' if reason else ''}"
        for line in wrapped(text, desk.right - desk.left - 4, size):
            y += height_of(size)
            desk.paper.text((desk.left + 2, y), line, size)
    desk.paper.box((desk.left, top), (desk.right - desk.left, y - top + 2))
    desk.y = y + 5


def _draw_references(desk: Desk) -> None:
    size, widths = 7.5, (62.0, 32.0, 22.0)
    places = [desk.left + 2, desk.left + 2 + widths[0], desk.left + 2 + sum(widths[:2]), desk.left + 2 + sum(widths)]
    top, y = desk.y, desk.y + 4
    heads = ("Documento de referencia", "Folio", "Fecha", "Razón")
    for x, text in zip(places, heads, strict=True):
        desk.paper.text((x, y), text, size, bold=True)
    for each in desk.sheet.references:
        reason = wrapped(each.reason, desk.right - places[3] - 2, size)
        kind = wrapped(each.kind, widths[0] - 3, size)
        y += 1
        for number in range(max(len(reason), len(kind))):
            y += height_of(size)
            cells = (kind, [each.folio], [each.day], reason)
            for x, lines in zip(places, cells, strict=True):
                if number < len(lines):
                    desk.paper.text((x, y), lines[number], size)
    desk.paper.box((desk.left, top), (desk.right - desk.left, y - top + 2))
    desk.y = y + 5


def _draw_continued(desk: Desk) -> None:
    """The head of a further sheet: whose document it goes on with."""
    desk.y = MARGIN + 5
    text = f"{desk.sheet.title} N° {desk.sheet.folio}"
    room = desk.right - desk.left - width_of(text, 10, bold=True) - 6
    desk.paper.text((desk.left, desk.y), wrapped(desk.sheet.issuer[0], room, 10, bold=True)[0], 10, bold=True)
    desk.paper.text((desk.right, desk.y), text, 10, bold=True, align="right", color=RED)
    desk.y += 4


def _draw_lines(desk: Desk, columns: Sequence[Column], rows: Sequence[Drawn], until: float) -> None:
    """The table, framed down to ``until``."""
    top = desk.y
    desk.y = draw_head(desk.paper, columns, desk.left, top, desk.right)
    draw_items(desk.paper, columns, rows, desk.left, desk.y)
    desk.paper.box((desk.left, top), (desk.right - desk.left, until - top), 0.2, BLACK)
    x = desk.left
    for column in columns[:-1]:
        x += column.width
        desk.paper.line((x, top), (x, until), 0.1)
