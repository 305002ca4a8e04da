"""A document on the paper roll of a till, 80 mm wide and as long as it must be."""

from collections.abc import Sequence
from itertools import zip_longest

from minga.dte.printing.foot import QUIET
from minga.dte.printing.heading import Row
from minga.dte.printing.logo import draw_logo
from minga.dte.printing.paper import BLACK, Paper, height_of, width_of, wrapped
from minga.dte.printing.sheet import RECEIPT, WORTHLESS, Item, Letterhead, Sheet
from minga.dte.printing.stamp import bar_code

WIDTH = 80.0
"""The manual: 75 mm at least."""

MARGIN = 5.0
STAMP_LEFT = 20.0
STAMP_COLUMNS = 8
MODULE = 0.25
"""The finest bar of the stamp: two dots of a thermal printer of 203 dots an inch."""

ROW_HEIGHT = 0.5
HEIGHT_MAX = 40.0
"""Of the stamp."""

_SIZE = 8.0
_ENDLESS = 5000.0


def draw_ticket(sheet: Sheet, letterhead: Letterhead, copies: Sequence[bool]) -> bytes:
    """A PDF with one sheet for each of ``copies``, which say whether it is the assignable one."""
    draft = Paper(WIDTH, _ENDLESS, "", is_draft=True)
    lengths = [Roll(draft, sheet).draw(letterhead, assignable=each) + MARGIN for each in copies]
    paper = Paper(WIDTH, lengths[0], f"{sheet.title} N° {sheet.folio}")
    for assignable, following in zip_longest(copies, lengths[1:]):
        Roll(paper, sheet).draw(letterhead, assignable=assignable)
        paper.next_page(following)
    return paper.done()


class Roll:
    """Draws from above; ``y`` is the next free place."""

    def __init__(self, paper: Paper, sheet: Sheet) -> None:
        self._paper = paper
        self._sheet = sheet
        self.y = MARGIN

    def draw(self, letterhead: Letterhead, *, assignable: bool) -> float:
        """The order of the manual, pp. 7-8. Returns where it ends."""
        sheet = self._sheet
        if sheet.is_trial:
            self._lines(WORTHLESS, 8, bold=True, centered=True)
            self.y += 1.5
        if letterhead.logo:
            draw_logo(self._paper, letterhead.logo, (MARGIN, self.y))
            self.y += 30
        self._box()
        for place, text in enumerate(sheet.issuer):
            self._lines(text, 9.5 if place == 0 else 7.5, bold=place == 0)
        self._rule()
        self._rows(sheet.receiver)
        self._rows((("Fecha", sheet.day), *sheet.terms))
        for rows in (sheet.transport, sheet.customs):
            if rows:
                self._rule()
                self._rows(rows)
        for each in sheet.references:
            self._lines(f"Ref.: {each.kind} N° {each.folio} {each.day} {each.reason}".strip(), 7.5)
        self._rule()
        for item in sheet.items:
            self._item(item)
        self._rule()
        self._amounts((*sheet.charges, *sheet.totals))
        if sheet.instalments:
            self._rule()
            self._amounts(sheet.instalments)
        if assignable:
            self._receipt()
        self._stamp()
        if assignable:
            self.y += 7
            self._paper.text((WIDTH - MARGIN, self.y), sheet.assignable, 11, bold=True, align="right")
        return self.y

    def _box(self) -> None:
        sheet, width = self._sheet, WIDTH - 2 * MARGIN
        title = wrapped(sheet.title, width - 6, 10.5, bold=True)
        texts = [f"R.U.T.: {sheet.rut}", *title, f"N° {sheet.folio}"]
        height = len(texts) * 5 + 4
        self._paper.box((MARGIN, self.y), (width, height), 0.6)
        y = self.y + 1.0
        for text in texts:
            y += 5
            self._paper.text((WIDTH / 2, y), text, 10.5, bold=True, align="center")
        self.y += height + 1
        if sheet.unit:
            self._lines(sheet.unit, 8.5, bold=True, centered=True)
        self.y += 2

    def _rows(self, rows: Sequence[Row]) -> None:
        for label, text in rows:
            indent = width_of(f"{label}: ", _SIZE, bold=True)
            lines = wrapped(text, WIDTH - 2 * MARGIN - indent, _SIZE)
            self.y += height_of(_SIZE)
            self._paper.text((MARGIN, self.y), f"{label}: ", _SIZE, bold=True)
            self._paper.text((MARGIN + indent, self.y), lines[0], _SIZE)
            for line in lines[1:]:
                self.y += height_of(_SIZE)
                self._paper.text((MARGIN + indent, self.y), line, _SIZE)

    def _item(self, item: Item) -> None:
        self._lines(item.name, _SIZE, bold=True)
        for note in item.notes:
            self._lines(note, 7)
        many = f"{item.quantity} {item.unit}".strip()
        left = f"{many} x {item.price}" if item.price and many else many or item.price
        if item.code:
            left = f"{item.code}   {left}"
        self._pair(left, item.amount)
        if item.discount:
            self._pair("Dscto./Rec.", f"({item.discount})")
        self.y += 0.8

    def _amounts(self, rows: Sequence[Row]) -> None:
        for label, amount in rows:
            large = label == "MONTO TOTAL"
            self._pair(label, amount, 10 if large else _SIZE, bold=large)

    def _pair(self, left: str, right: str, size: float = _SIZE, *, bold: bool = False) -> None:
        room = WIDTH - 2 * MARGIN - width_of(right, size, bold=bold) - 2
        lines = wrapped(left, room, size, bold=bold)
        for line in lines:
            self.y += height_of(size)
            self._paper.text((MARGIN, self.y), line, size, bold=bold)
        self._paper.text((WIDTH - MARGIN, self.y), right, size, bold=bold, align="right")

    def _receipt(self) -> None:
        self.y += 2
        top = self.y
        self.y += 1
        self._indented("Acuse de recibo", 8, bold=True)
        for label in ("Nombre", "R.U.T.", "Fecha", "Recinto", "Firma"):
            self.y += 6
            self._paper.text((MARGIN + 2, self.y), f"{label}:", 7.5)
            self._paper.line((MARGIN + 15, self.y + 0.4), (WIDTH - MARGIN - 2, self.y + 0.4), 0.1)
        self.y += 2
        self._indented(RECEIPT, 6)
        self.y += 2
        self._paper.box((MARGIN, top), (WIDTH - 2 * MARGIN, self.y - top))

    def _indented(self, text: str, size: float, *, bold: bool = False) -> None:
        for line in wrapped(text, WIDTH - 2 * MARGIN - 4, size, bold=bold):
            self.y += height_of(size)
            self._paper.text((MARGIN + 2, self.y), line, size, bold=bold)

    def _stamp(self) -> None:
        ted = self._sheet.ted
        self.y += QUIET + 1
        middle = WIDTH / 2
        if ted is not None:
            code = bar_code(ted, STAMP_COLUMNS)
            width = min(code.modules * MODULE, WIDTH - MARGIN - STAMP_LEFT)
            height = min(code.rows * ROW_HEIGHT, HEIGHT_MAX)
            self._paper.picture(code.picture, (STAMP_LEFT, self.y), (width, height))
            self.y += height + QUIET
            middle = STAMP_LEFT + width / 2
        for text in self._sheet.legend:
            lines = wrapped(text, 2 * min(middle - MARGIN, WIDTH - MARGIN - middle), 7)
            for line in lines:
                self.y += 3
                self._paper.text((middle, self.y), line, 7, align="center")

    def _lines(self, text: str, size: float, *, bold: bool = False, centered: bool = False) -> None:
        for line in wrapped(text, WIDTH - 2 * MARGIN, size, bold=bold):
            self.y += height_of(size)
            x = WIDTH / 2 if centered else MARGIN
            self._paper.text((x, self.y), line, size, bold=bold, align="center" if centered else "left", color=BLACK)

    def _rule(self) -> None:
        self.y += 2
        self._paper.line((MARGIN, self.y), (WIDTH - MARGIN, self.y), 0.15)
        self.y += 0.8
