"""Rules in Markdown: each item of a list is one, and each paragraph; what is indented or fenced below belongs to it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from minga.domain.rules import folded

_FENCE = re.compile(r"[ \t]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?=\S)")
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")
_RULER = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$")
_COMMENT = re.compile(r"\s*<!--")


class Unclosed(Exception):
    """What ``detail`` names begins in a line, from 1 on, and never ends: all that follows would belong to it."""

    def __init__(self, line: int, *, detail: str) -> None:
        super().__init__(line, detail)
        self.line = line
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Piece:
    """``markdown``: its lines as they stand; ``line`` and ``last``: the first and the last of them, from 1 on."""

    markdown: tuple[str, ...]
    line: int
    section: str

    @property
    def last(self) -> int:
        return self.line + len(self.markdown) - 1

    @property
    def text(self) -> str:
        """As one line."""
        return _as_one_line(self.markdown)

    @property
    def said(self) -> str:
        """What is compared."""
        return folded(self.text) or self.text

    @property
    def is_item(self) -> bool:
        return bool(_ITEM.match(self.markdown[0]))


@dataclass(slots=True)
class _Reading:
    section: str = ""
    has_title: bool = False
    pieces: list[Piece] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    begin: int = 0
    blank: bool = False

    def end(self) -> None:
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()
        piece = Piece(tuple(self.lines), self.begin, self.section)
        if piece.text:
            self.pieces.append(piece)
        self.lines, self.blank = [], False

    def add(self, number: int, line: str) -> None:
        if not self.lines:
            self.begin = number
        self.lines.append(line)
        self.blank = False

    def is_below(self, line: str) -> bool:
        """Whether it is indented as what belongs to the present item."""
        return bool(self.lines and _ITEM.match(self.lines[0])) and _indent(line) >= _indent(self.lines[0]) + 2

    def title(self, level: int, text: str) -> None:
        """The first heading of the first level is the title of the whole."""
        self.end()
        if level == 1 and not self.has_title:
            self.has_title = True
        else:
            self.section = text

    def take(self, number: int, line: str) -> None:
        """A line outside fences and comments."""
        heading = _HEADING.match(line)
        if heading:
            self.title(len(heading[1]), heading[2])
        elif not line.strip():
            self.blank = True
            if self.lines:
                self.lines.append(line)
        elif self.is_below(line):
            self.add(number, line)
        elif _RULER.match(line):
            self.end()
        elif not self.lines or self.blank or _ITEM.match(line):
            self.end()
            self.add(number, line)
        else:
            self.add(number, line)

    def fence(self, number: int, lines: Sequence[str]) -> None:
        """It belongs to what stands directly above it."""
        if not self.lines or _ITEM.match(lines[0]):
            self.end()
        for place, line in enumerate(lines):
            self.add(number + place, line)


def pieces(text: str) -> list[Piece]:
    """The rules of a text, in order. Raises Unclosed."""
    reading = _Reading()
    lines = [line.rstrip("\r") for line in text.split("\n")]
    skipped = _front_matter(lines)
    for number, part, kind in parts(lines):
        if number <= skipped:
            continue
        if kind == "fence":
            reading.fence(number, part)
        elif kind == "comment":
            reading.end()
        else:
            reading.take(number, part[0])
    reading.end()
    return reading.pieces


def level(line: str) -> int:
    """Of a heading; 0 where the line is none."""
    found = _HEADING.match(line)
    return len(found[1]) if found else 0


def parts(lines: Sequence[str]) -> Iterator[tuple[int, list[str], str]]:
    """Each line alone, or a fence or a comment whole, with the number of its first line. Raises Unclosed."""
    at = 0
    while at < len(lines):
        end, kind = at, "line"
        if fence := _FENCE.match(lines[at]):
            end, kind = _closes(lines, at, fence[1]), "fence"
        elif _COMMENT.match(lines[at]):
            end, kind = _comment_ends(lines, at), "comment"
        yield at + 1, list(lines[at : end + 1]), kind
        at = end + 1


def _closes(lines: Sequence[str], begin: int, mark: str) -> int:
    closing = re.compile(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*\r?$")
    for at in range(begin + 1, len(lines)):
        if closing.match(lines[at]):
            return at
    raise Unclosed(begin + 1, detail="a code fence")


def _comment_ends(lines: Sequence[str], begin: int) -> int:
    for at in range(begin, len(lines)):
        if "-->" in (lines[at].split("<!--", 1)[1] if at == begin else lines[at]):
            return at
    raise Unclosed(begin + 1, detail="a comment")


def _indent(line: str) -> int:
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip())


def _front_matter(lines: Sequence[str]) -> int:
    """How many lines it takes."""
    if lines and lines[0].lstrip("\ufeff").rstrip() == "---":
        for at, line in enumerate(lines[1:], 2):
            if line.rstrip() == "---":
                return at
    return 0


def _as_one_line(lines: Sequence[str]) -> str:
    told = ""
    for _, part, kind in parts(lines):
        if kind == "fence":
            code = "; ".join(f"`{line.strip()}`" for line in part[1:-1] if line.strip())
            told = f"{told} {code}".strip()
        elif line := _BULLET.sub("", part[0], count=1).strip():
            joint = "; " if told and not told.endswith((":", ";", "`:")) and _BULLET.match(part[0]) else " "
            told = f"{told}{joint}{line}" if told else line
    return told
