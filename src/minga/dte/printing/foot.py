"""The foot of a page: totals at the right; receipt, charges and instalments at the left, and below them the stamp."""

from collections.abc import Sequence

from minga.dte.printing.heading import Row
from minga.dte.printing.paper import GREY, PALE, Paper, height_of, wrapped
from minga.dte.printing.sheet import RECEIPT, Sheet
from minga.dte.printing.stamp import BarCode, bar_code

TOTALS_WIDTH = 78.0
STAMP_LEFT = 20.0
"""The manual: 2 cm at least from the left edge of the paper."""

STAMP_WIDTH = 74.0
STAMP_HEIGHTS = (20.0, 40.0)
STAMP_COLUMNS = 14
QUIET = 3.0
"""White around the stamp."""

RECEIPT_HEIGHT = 36.0
_SIZE = 8.5
_ROW = 5.2


def foot_height(sheet: Sheet, *, assignable: bool) -> float:
    left = _left_height(sheet, assignable=assignable) + _stamp_height(sheet)
    return max(len(sheet.totals) * _ROW + (14 if assignable else 4), left)


def draw_foot(paper: Paper, sheet: Sheet, place: tuple[float, float, float], *, assignable: bool) -> None:
    """``place`` is its left and right edge and where it begins."""
    left, right, top = place
    bottom = top + foot_height(sheet, assignable=assignable)
    _draw_totals(paper, sheet.totals, right, top)
    y, width = top, right - left - TOTALS_WIDTH - 5
    if assignable:
        _draw_receipt(paper, left, y, width)
        y += RECEIPT_HEIGHT + 3
        paper.text((right, bottom), sheet.assignable, 13, bold=True, align="right")
    for title, rows in (("Comisiones y otros cargos", sheet.charges), ("Plan de pagos", sheet.instalments)):
        if rows:
            y = _draw_list(paper, title, rows, (left, y, width))
    _draw_stamp(paper, sheet, bottom)


def _left_height(sheet: Sheet, *, assignable: bool) -> float:
    lists = sum(6.0 + 4 * len(rows) for rows in (sheet.charges, sheet.instalments) if rows)
    return lists + (RECEIPT_HEIGHT + 3 if assignable else 0)


def _stamp_height(sheet: Sheet) -> float:
    legend = 3.2 * len(sheet.legend) + 1
    return legend if sheet.ted is None else 2 * QUIET + _size_of(bar_code(sheet.ted, STAMP_COLUMNS))[1] + legend


def _size_of(code: BarCode) -> tuple[float, float]:
    least, most = STAMP_HEIGHTS
    return STAMP_WIDTH, min(max(code.rows * 3 * STAMP_WIDTH / code.modules, least), most)


def _draw_stamp(paper: Paper, sheet: Sheet, bottom: float) -> None:
    y = bottom - 3.2 * len(sheet.legend)
    middle = STAMP_LEFT + STAMP_WIDTH / 2
    if sheet.ted is not None:
        code = bar_code(sheet.ted, STAMP_COLUMNS)
        size = _size_of(code)
        paper.picture(code.picture, (STAMP_LEFT, y - QUIET - size[1]), size)
    for text in sheet.legend:
        y += 3.0
        paper.text((middle, y), text, 7, align="center")


def _draw_totals(paper: Paper, totals: Sequence[Row], right: float, top: float) -> None:
    left = right - TOTALS_WIDTH
    paper.box((left, top), (TOTALS_WIDTH, len(totals) * _ROW))
    y = top
    for label, amount in totals:
        large = label == "MONTO TOTAL"
        if large:
            paper.box((left, y), (TOTALS_WIDTH, _ROW), 0.2, fill=PALE)
        base = y + _ROW - 1.5
        paper.text((left + 2, base), _cut(label, TOTALS_WIDTH - 34), _SIZE, bold=large)
        paper.text((right - 2, base), amount, _SIZE, bold=large, align="right")
        y += _ROW


def _cut(label: str, width: float) -> str:
    """A long name of a tax is cut: its amount must stay readable."""
    lines = wrapped(label, width, _SIZE)
    return lines[0] if len(lines) == 1 else f"{wrapped(label, width - 3, _SIZE)[0]}…"


def _draw_receipt(paper: Paper, left: float, top: float, width: float) -> None:
    paper.box((left, top), (width, RECEIPT_HEIGHT))
    paper.text((left + 2, top + 4.5), "Acuse de recibo", 8.5, bold=True)
    half, y = width / 2, top + 11
    for row in ((("Nombre", 0.0, width),), (("R.U.T.", 0.0, half), ("Fecha", half, width)), (
        ("Recinto", 0.0, half),
        ("Firma", half, width),
    )):  # fmt: skip
        for label, start, end in row:
            paper.text((left + 2 + start, y), f"{label}:", 8)
            paper.line((left + 15 + start, y + 0.4), (left + end - 2, y + 0.4), 0.1)
        y += 5.5
    y -= 1
    for line in wrapped(RECEIPT, width - 4, 6.2):
        paper.text((left + 2, y), line, 6.2, color=GREY)
        y += height_of(6.2)


def _draw_list(paper: Paper, title: str, rows: Sequence[Row], place: tuple[float, float, float]) -> float:
    left, y, width = place
    paper.text((left, y + 3.5), title, 8, bold=True)
    y += 4.5
    for label, amount in rows:
        y += 4
        paper.text((left, y - 0.8), label, 8)
        paper.text((left + width, y - 0.8), amount, 8, align="right")
    return y + 1.5
