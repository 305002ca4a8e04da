"""JSON lines of any size and any damage, read in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from minga.sessions.formats.format import RAW_MAX, SetAside

LINE_MAX = 64_000_000
"""Bytes of one line; a longer one is set aside without being held in memory."""

PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON object of a file. ``number`` counts from 1."""

    number: int
    value: dict[str, Any]


def read_lines(path: Path) -> Iterator[Line | SetAside]:
    """Yield every line of ``path``: as an object, or set aside with the reason. Blank lines are passed over.

    Invalid UTF-8 is set aside, as is a last line without its end that is no JSON (a CLI may be writing it). Raises
    OSError.
    """
    with path.open("rb") as file:
        for number, raw in enumerate(_bounded(file), 1):
            if isinstance(raw, SetAside):
                yield SetAside(str(number), raw.reason, raw.raw)
            elif line := raw.strip():
                parsed = _parse(number, line)
                if isinstance(parsed, SetAside):
                    parsed = replace(parsed, is_unfinished=not raw.endswith(b"\n"))
                yield parsed


def _parse(number: int, line: bytes) -> Line | SetAside:
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return SetAside(str(number), f"no JSON: {wrong}", line[:RAW_MAX])
    if not isinstance(value, dict):
        return SetAside(str(number), "no JSON object", line[:RAW_MAX])
    return Line(number, value)


def _bounded(file: BinaryIO) -> Iterator[bytes | SetAside]:
    while line := file.readline(LINE_MAX):
        if len(line) < LINE_MAX or line.endswith(b"\n"):
            yield line
            continue
        while rest := file.readline(PIECE):
            if rest.endswith(b"\n"):
                break
        yield SetAside("", f"longer than {LINE_MAX} bytes", line[:RAW_MAX])


def raw_bytes(path: Path) -> Iterator[bytes]:
    """The bytes of a file in pieces of at most ``PIECE``. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
