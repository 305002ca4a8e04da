"""The issuer's logo at the upper left: at most a fifth of the page (manual of printed samples, p. 5)."""

import io

from PIL import Image, UnidentifiedImageError

from minga.domain.errors import UnfitFile
from minga.dte.printing.paper import Paper

ROOM = (34.0, 28.0)
"""Millimetres."""


def draw_logo(paper: Paper, content: bytes, at: tuple[float, float]) -> float:
    """Returns its width. Raises UnfitFile where it is no picture."""
    picture = opened(content)
    scale = min(ROOM[0] / picture.width, ROOM[1] / picture.height)
    size = picture.width * scale, picture.height * scale
    paper.picture(picture, at, size)
    return size[0]


def check_logo(content: bytes) -> None:
    """Raises UnfitFile where it is no picture."""
    opened(content)


def opened(content: bytes) -> Image.Image:
    """The picture on white. Raises UnfitFile."""
    try:
        picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG"))
        picture.thumbnail((800, 800))
        seen = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as wrong:
        detail = "the logo is no picture in PNG or JPEG"
        raise UnfitFile(detail=detail, suggestion="") from wrong
    white = Image.new("RGBA", seen.size, "white")
    white.alpha_composite(seen)
    return white.convert("RGB")
