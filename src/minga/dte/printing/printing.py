"""One document as a PDF."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Literal

from minga.domain.errors import UnfitFile
from minga.dte.document import Document
from minga.dte.printing.page import draw_pages
from minga.dte.printing.paper import lost
from minga.dte.printing.sheet import Letterhead, sheet_of
from minga.dte.printing.stamp import TooLong
from minga.dte.printing.ticket import draw_ticket

Paper = Literal["letter", "a4", "ticket"]

Copies = Literal["all", "original", "assignable"]
"""``all``: the original, and the assignable copy of those that have one."""


def unprintable(document: Document, letterhead: Letterhead) -> str:
    """The characters that the letters of the print lack, each once: they stand in it as question marks."""
    return "".join(dict.fromkeys(lost("\n".join(_texts(asdict(sheet_of(document, letterhead)))))))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def print_document(
    document: Document, letterhead: Letterhead, paper: Paper = "letter", copies: Copies = "all"
) -> bytes:
    """A PDF. Raises UnfitFile for a stamp that is too long for a bar code, or a logo that is no picture."""
    sheet = sheet_of(document, letterhead)
    wanted = [copies == "assignable"] if copies != "all" else [False, True]
    drawn = [assignable for assignable in wanted if sheet.assignable or not assignable] or [False]
    try:
        if paper == "ticket":
            return draw_ticket(sheet, letterhead, drawn)
        return draw_pages(sheet, letterhead, paper, drawn)
    except TooLong as wrong:
        raise UnfitFile(detail="its stamp is too long for a bar code", suggestion="") from wrong
