"""A sheet to draw on, in millimetres from its upper left corner, which becomes a PDF. The one user of reportlab."""

import io
from collections.abc import Iterator
from typing import Literal
from unicodedata import normalize

from PIL import Image
from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

Align = Literal["left", "right", "center"]

RGB = tuple[float, float, float]

BLACK: RGB = (0, 0, 0)
RED: RGB = (0.78, 0.05, 0.05)
GREY: RGB = (0.45, 0.45, 0.45)
PALE: RGB = (0.94, 0.94, 0.94)

MM = 72 / 25.4
"""Points in a millimetre."""

LEADING = 1.22
"""Of a line of text: its height over the size of its letters."""

_PLAIN, _BOLD = "Helvetica", "Helvetica-Bold"


class Paper:
    """The same drawing gives the same bytes. Letters are those that `shown` tells."""

    def __init__(self, width: float, height: float, title: str, *, is_draft: bool = False) -> None:
        """On a draft no picture is drawn: it is to be measured only."""
        self.width, self.height = width, height
        self._is_draft = is_draft
        self._file = io.BytesIO()
        self._canvas = Canvas(self._file, pagesize=(width * MM, height * MM), invariant=1, pageCompression=1)
        self._canvas.setTitle(title)
        self._canvas.setCreator("Minga")

    def text(
        self,
        at: tuple[float, float],
        text: str,
        size: float,
        *,
        bold: bool = False,
        align: Align = "left",
        color: RGB = BLACK,
    ) -> None:
        """One line; ``at`` is on its base line, at its left end, right end or middle."""
        x, y = at
        self._canvas.setFont(_BOLD if bold else _PLAIN, size)
        self._canvas.setFillColor(Color(*color))
        draw = {
            "left": self._canvas.drawString,
            "right": self._canvas.drawRightString,
            "center": self._canvas.drawCentredString,
        }[align]
        draw(x * MM, (self.height - y) * MM, shown(text))

    def line(self, start: tuple[float, float], end: tuple[float, float], thick: float = 0.2) -> None:
        self._canvas.setLineWidth(thick * MM)
        self._canvas.setStrokeColor(Color(*BLACK))
        (x1, y1), (x2, y2) = start, end
        self._canvas.line(x1 * MM, (self.height - y1) * MM, x2 * MM, (self.height - y2) * MM)

    def box(
        self,
        at: tuple[float, float],
        size: tuple[float, float],
        thick: float = 0.2,
        color: RGB = BLACK,
        fill: RGB | None = None,
    ) -> None:
        """``at`` is its upper left corner, ``size`` its width and height. With ``thick`` 0 it has no border."""
        (x, y), (width, height) = at, size
        self._canvas.setLineWidth(thick * MM)
        self._canvas.setStrokeColor(Color(*color))
        if fill:
            self._canvas.setFillColor(Color(*fill))
        self._canvas.rect(
            x * MM,
            (self.height - y - height) * MM,
            width * MM,
            height * MM,
            stroke=int(thick > 0),
            fill=int(bool(fill)),
        )

    def picture(self, picture: Image.Image, at: tuple[float, float], size: tuple[float, float]) -> None:
        """Stretched to ``size``."""
        if self._is_draft:
            return
        (x, y), (width, height) = at, size
        self._canvas.drawImage(
            ImageReader(picture), x * MM, (self.height - y - height) * MM, width * MM, height * MM, mask=None
        )

    def across(self, text: str, size: float) -> None:
        """Large pale letters from the lower left to the upper right, below all that is drawn later."""
        self._canvas.saveState()
        self._canvas.translate(self.width / 2 * MM, self.height / 2 * MM)
        self._canvas.rotate(50)
        self._canvas.setFont(_BOLD, size)
        self._canvas.setFillColor(Color(0.9, 0.9, 0.9))
        self._canvas.drawCentredString(0, 0, shown(text))
        self._canvas.restoreState()

    def next_page(self, height: float | None = None) -> None:
        """``height``: of the next page, where it is another one."""
        self._canvas.showPage()
        if height is not None:
            self.height = height
            self._canvas.setPageSize((self.width * MM, height * MM))

    def done(self) -> bytes:
        """The PDF. Nothing can be drawn any more."""
        self._canvas.save()
        return self._file.getvalue()


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    return float(stringWidth(shown(text), _BOLD if bold else _PLAIN, size)) / MM


def height_of(size: float) -> float:
    """Of a line of text."""
    return size * LEADING / MM


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """Lines that are no wider than ``width``; a word that is gets cut. One empty line for no text."""
    lines: list[str] = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size, bold=bold) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and width_of(lines[-1] + letter, size, bold=bold) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def shown(text: str) -> str:
    """In the letters that there are: accents that stand apart are put on them, dashes and spaces of other kinds are
    the common ones, and what else is missing is a question mark."""
    return _common(text).encode(_LETTERS, "replace").decode(_LETTERS)


def lost(text: str) -> Iterator[str]:
    """The characters of which `shown` makes a question mark."""
    for letter in _common(text):
        try:
            letter.encode(_LETTERS)
        except UnicodeEncodeError:
            yield letter


def _common(text: str) -> str:
    return text if text.isascii() else normalize("NFC", text).translate(_ALIKE)


_LETTERS = "cp1252"
"""Those of the fonts that every reader of PDF has: Latin-1, dashes, quotation marks and the euro."""

_ALIKE = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2212", "-")
    | dict.fromkeys("\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000", " ")
    | dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", "")
)
