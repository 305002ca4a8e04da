"""How the bytes of a file are letters: what it declares, what it is, and where the two differ.

The SII reads by the declaration, so a document is judged by it, except where that cannot be: then by what fits.
"""

import codecs
import re
from dataclasses import dataclass

from minga.dte.finding import Fault

KNOWN = {
    "utf-8": "UTF-8",
    "iso8859-1": "ISO-8859-1",
    "cp1252": "windows-1252",
    "iso8859-15": "ISO-8859-15",
    "ascii": "ISO-8859-1",
}
"""By Python's name: what the XML library calls it. ASCII is read as what nearly every document is in."""

LATIN = "ISO-8859-1"


@dataclass(frozen=True, slots=True)
class Letters:
    """``data`` as in the file, without a mark of byte order; UTF-16 and UTF-32 become UTF-8, since tags are looked for
    in bytes."""

    data: bytes
    encoding: str
    faults: tuple[Fault, ...] = ()


_DECLARATION_MAX = 512
_DECLARATION = re.compile(rb"<\?xml\s[^<>]*?encoding\s*=\s*[\"']([A-Za-z][\w.-]*)[\"'][^<>]*\?>")
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_CONTROLS = bytes(range(0x80, 0xA0))


def letters(data: bytes) -> Letters:
    """Never raises."""
    wide = next((name for mark, name in _WIDE_MARKS if data.startswith(mark)), None)
    if wide is not None:
        return _narrowed(data, wide)
    marked = data.startswith(codecs.BOM_UTF8)
    if marked:
        data = data[len(codecs.BOM_UTF8) :]
    declared = _DECLARATION.match(data[: _spaces(data) + _DECLARATION_MAX], _spaces(data))
    name = declared[1].decode("ascii") if declared else ""
    encoding, fault = _judged(data, name, marked)
    return Letters(data, encoding, (fault,) if fault else ())


def without_declaration(data: bytes) -> bytes:
    """The same without ``<?xml …?>``, for a parser that is told the encoding."""
    start = _spaces(data)
    if not data.startswith(b"<?xml", start):
        return data
    end = data.find(b"?>", start)
    return data[end + 2 :] if end >= 0 else data


def _judged(data: bytes, name: str, marked: bool) -> tuple[str, Fault | None]:
    """The encoding to read by."""
    known = _known(name)
    if marked:
        false = bool(name) and known != "UTF-8"
        return "UTF-8", Fault("read-encoding-mark", "", name, "UTF-8") if false else None
    if name and known is None:
        return _fitting(data), Fault("read-encoding-unknown", "", name[:40], LATIN)
    if data.isascii():
        return known or "UTF-8", None
    if not name:
        fits = _fitting(data)
        return fits, None if fits == "UTF-8" else Fault("read-encoding-undeclared", "", "", LATIN)
    assert known is not None
    return _compared(data, name, known)


def _compared(data: bytes, name: str, known: str) -> tuple[str, Fault | None]:
    fits = _fitting(data)
    if name.upper() in _ASCII:
        return fits, Fault("read-encoding-false", "", name, fits)
    if known == "UTF-8" or (known == "windows-1252" and not _decodes(data, known)):
        return (known, None) if fits == known else (LATIN, Fault("read-encoding-false", "", name, LATIN))
    if fits == "UTF-8":
        return known, Fault("read-encoding-doubled", "", name, "UTF-8")
    if known != "windows-1252" and len(data.translate(None, _CONTROLS)) != len(data):
        return known, Fault("read-encoding-windows", "", name, "windows-1252")
    return known, None


def _fitting(data: bytes) -> str:
    return "UTF-8" if _decodes(data, "utf-8") else LATIN


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _known(name: str) -> str | None:
    try:
        return KNOWN.get(codecs.lookup(name).name) if name else None
    except LookupError:
        return None


def _narrowed(data: bytes, wide: str) -> Letters:
    fault = Fault("read-encoding-utf-16", "", wide.upper(), LATIN)
    try:
        text = data.decode(wide)
    except UnicodeDecodeError as wrong:
        return Letters(b"", "UTF-8", (fault, Fault("read-not-xml", "", str(wrong.reason))))
    return Letters(without_declaration(text.encode("utf-8", "replace")), "UTF-8", (fault,))


def _spaces(data: bytes) -> int:
    """How many spaces stand before anything else, of the first few."""
    head = data[:256]
    return len(head) - len(head.lstrip())


_ASCII = ("ASCII", "US-ASCII", "ANSI_X3.4-1968", "ISO646-US")
