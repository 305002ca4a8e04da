"""The stamp (TED) as a PDF417 bar code: the bytes of the TED, without white space between its tags.

Error level 5 and the sizes are those of the SII's manual of printed samples (2014), p. 12; level 5 of another source.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import zxingcpp
from PIL import Image

from minga.dte.document import Piece

ERROR_LEVEL = "5"
ROWS_MAX = 90
"""A PDF417 has no more rows."""

ROW_MODULES = 3
"""The picture's rows are three times as high as its finest bar is wide."""

DOTS = 4
"""Of the picture, a finest bar: viewers that smooth pictures leave its edges sharp enough."""

_TED = re.compile(r"<TED[\s>].*?</TED>", re.DOTALL)
_BETWEEN = re.compile(r">\s+<")


@dataclass(frozen=True, slots=True)
class BarCode:
    """``modules`` wide and ``rows`` high."""

    picture: Image.Image
    modules: int
    rows: int


class TooLong(ValueError):
    """No PDF417 could hold the stamp."""


def ted_of(piece: Piece) -> bytes | None:
    """The TED of a document as it is signed and printed; None where there is none."""
    found = _TED.search(piece.raw.decode(piece.encoding, "replace"))
    return _BETWEEN.sub("><", found[0]).encode("iso-8859-1", "xmlcharrefreplace") if found else None


@lru_cache(maxsize=16)
def bar_code(ted: bytes, columns: int) -> BarCode:
    """With ``columns`` of data, or as many more as it needs. Raises TooLong."""
    for wide in range(columns, 31):
        try:
            made = zxingcpp.create_barcode(ted, zxingcpp.BarcodeFormat.PDF417, ec_level=ERROR_LEVEL, columns=wide)
        except ValueError:
            continue
        rows = made.to_image(scale=1, add_quiet_zones=False).shape[0] // ROW_MODULES
        if rows <= ROWS_MAX:
            return _drawn(made, rows)
    raise TooLong(f"a TED of {len(ted)} bytes is too long for a PDF417")


def _drawn(made: zxingcpp.Barcode, rows: int) -> BarCode:
    dots = made.to_image(scale=DOTS, add_quiet_zones=False)
    picture = Image.fromarray(dots)
    return BarCode(picture, picture.width // DOTS, rows)
