"""The lines of a register's file as cells, whatever its encoding, separator and quotes."""

import csv
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader, TextIOWrapper
from typing import AnyStr

LINE_MAX = 64 * 1024
"""Bytes or letters; a line of the SII's has a few hundred."""

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def lines(stream: BufferedReader) -> Iterator[tuple[int, str | None]]:
    """Each line with its number, from 1; None for one that is too long. UTF-8 with or without a mark, UTF-16 with one;
    what is no UTF-8 is read as Windows-1252, of which ISO-8859-1 is a part, line by line."""
    head = stream.peek(3)[:3]
    if head[:2] in _UTF16:
        text = TextIOWrapper(stream, "utf-16", errors="replace")
        yield from _numbered(lambda: text.readline(LINE_MAX), "\n", lambda line: line.rstrip("\r\n"))
        return
    if head == _BOM:
        stream.read(3)
    yield from _numbered(lambda: stream.readline(LINE_MAX), b"\n", _decoded)


def cells(line: str, separator: str, least: int) -> Sequence[str]:
    """The cells of a line, without white space around them. A quote that is never closed does not eat the line:
    where fewer than ``least`` cells come of it, quotes are taken as letters."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    try:
        found = next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        found = []
    if len(found) < least:
        found = line.split(separator)
    return [cell.strip() for cell in found]


def _numbered(
    read: Callable[[], AnyStr], end: AnyStr, text_of: Callable[[AnyStr], str]
) -> Iterator[tuple[int, str | None]]:
    number = 0
    while line := read():
        number += 1
        if len(line) < LINE_MAX:
            yield number, text_of(line)
            continue
        while line and not line.endswith(end):
            line = read()
        yield number, None


def _decoded(raw: bytes) -> str:
    raw = raw.rstrip(b"\r\n")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
