"""Rules in Markdown: each item of a list is one, and each paragraph; what is indented or fenced below belongs to it.

Headings, HTML and indented code begin and end as CommonMark 0.31.2 says (4.2-4.6), but for a tag that ends in a line of
its own: it is never a part of the rule above.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from minga.domain.rules import folded

_FENCE = re.compile(r"[ \t]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+(?=\S)")
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")
_RULER = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_COMMENT = re.compile(r"\s*<!--")
_VERBATIM = re.compile(r" {0,3}<(pre|script|style|textarea)(?=[\s>]|$)", re.IGNORECASE)
_BLOCKS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|"
    "fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|"
    "menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|"
    "track|ul"
)
_HTML = re.compile(rf" {{0,3}}(?:</?(?:{_BLOCKS})(?=[\s/>]|$)|</[a-z][a-z0-9_-]*\s*>[ \t]*$)", re.IGNORECASE)
_TAG = re.compile(r" {0,3}<[a-z][a-z0-9_-]*(?:\s[^<>]*)?/?>[ \t]*$", re.IGNORECASE)
"""It begins HTML only where no paragraph goes on."""

Kind = Literal["", "html", "code"]
"""What is no rule, though it stands between them: HTML, and indented code that belongs to no item."""


CODE_INDENT = 4
"""Columns from which on a line outside of items and paragraphs is code."""


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
    kind: Kind = ""

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
        return not self.kind and bool(_ITEM.match(self.markdown[0]))


@dataclass(frozen=True, slots=True)
class Heading:
    """``line`` and ``last``: its lines, from 1 on; one that is underlined has more than one."""

    line: int
    last: int
    level: int


@dataclass(slots=True)
class _Reading:
    section: str = ""
    has_title: bool = False
    pieces: list[Piece] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    begin: int = 0
    blank: bool = False
    kind: Kind = ""
    is_plain: bool = True

    def end(self) -> None:
        while self.lines and not self.lines[-1].strip():
            self.lines.pop()
        piece = Piece(tuple(self.lines), self.begin, self.section, self.kind)
        if piece.text:
            self.pieces.append(piece)
        self.lines, self.blank, self.kind, self.is_plain = [], False, "", True

    def add(self, number: int, line: str) -> None:
        if not self.lines:
            self.begin = number
        self.lines.append(line)
        self.blank = False

    def is_below(self, line: str) -> bool:
        """Whether it is indented as what belongs to the present item."""
        return bool(self.lines and _ITEM.match(self.lines[0])) and _indent(line) >= _indent(self.lines[0]) + 2

    def is_paragraph(self) -> bool:
        """Whether the next line may go on with one."""
        return bool(self.lines) and not (self.blank or self.kind or _ITEM.match(self.lines[0])) and self.is_plain

    def title(self, heading: Heading, text: str) -> None:
        """The first heading of the first level is the title of the whole."""
        self.end()
        self.headings.append(heading)
        level = heading.level
        if level == 1 and not self.has_title:
            self.has_title = True
        else:
            self.section = text

    def take(self, number: int, line: str) -> None:
        """A line outside fences and comments."""
        if self.kind == "html" and not self.blank and line.strip():
            self.add(number, line)
        elif heading := _HEADING.match(line):
            self.title(Heading(number, number, len(heading[1])), heading[2])
        elif self.is_paragraph() and (mark := _UNDERLINE.match(line)):
            text, begin = _as_one_line(self.lines), self.begin
            self.lines = []
            self.title(Heading(begin, number, 1 if mark[1][0] == "=" else 2), text)
        elif not line.strip():
            self.blank = True
            if self.lines:
                self.lines.append(line)
        elif self.is_below(line):
            self.add(number, line)
        elif _RULER.match(line):
            self.end()
        elif _HTML.match(line) or (_TAG.match(line) and not self.is_paragraph()):
            self.begin_other("html", number, line)
        elif _indent(line) >= CODE_INDENT and (not self.lines or self.blank):
            self.begin_other("code", number, line)
        elif self.kind == "code" and _indent(line) >= CODE_INDENT:
            self.add(number, line)
        elif self.kind or not self.lines or self.blank or _ITEM.match(line):
            self.end()
            self.add(number, line)
        else:
            self.add(number, line)

    def begin_other(self, kind: Kind, number: int, line: str) -> None:
        self.end()
        self.kind = kind
        self.add(number, line)

    def fence(self, number: int, lines: Sequence[str]) -> None:
        """It belongs to what stands directly above it."""
        if not self.lines or _ITEM.match(lines[0]) or self.kind == "code" or (self.kind and self.blank):
            self.end()
        for place, line in enumerate(lines):
            self.add(number + place, line)
        self.is_plain = False

    def verbatim(self, number: int, lines: Sequence[str]) -> None:
        if not self.is_below(lines[0]):
            self.end()
            self.kind = "html"
        for place, line in enumerate(lines):
            self.add(number + place, line)
        if self.kind:
            self.end()

    def comment(self) -> None:
        """HTML goes on after it."""
        kind: Kind = "html" if self.kind == "html" and not self.blank else ""
        self.end()
        self.kind = kind


def pieces(text: str) -> list[Piece]:
    """The rules of a text, in order, and what stands between them. Raises Unclosed."""
    return _read(text).pieces


def headings(text: str) -> list[Heading]:
    """In order. Raises Unclosed."""
    return _read(text).headings


def _read(text: str) -> _Reading:
    reading = _Reading()
    lines = [line.rstrip("\r") for line in text.split("\n")]
    skipped = _front_matter(lines)
    for number, part, kind in parts(lines):
        if number <= skipped:
            continue
        if kind == "fence":
            reading.fence(number, part)
        elif kind == "verbatim":
            reading.verbatim(number, part)
        elif kind == "comment":
            reading.comment()
        else:
            reading.take(number, part[0])
    reading.end()
    return reading


def parts(lines: Sequence[str]) -> Iterator[tuple[int, list[str], str]]:
    """Each line alone, or whole a fence, a comment, or HTML in which Markdown does not count; with the number of its
    first line. Raises Unclosed."""
    at = 0
    while at < len(lines):
        end, kind = at, "line"
        if fence := _FENCE.match(lines[at]):
            end, kind = _closes(lines, at, fence[1]), "fence"
        elif _COMMENT.match(lines[at]):
            end, kind = _comment_ends(lines, at), "comment"
        elif verbatim := _VERBATIM.match(lines[at]):
            end, kind = _verbatim_ends(lines, at, verbatim[1].lower()), "verbatim"
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


def _verbatim_ends(lines: Sequence[str], begin: int, tag: str) -> int:
    """Where it never ends, it is its first line only: a block of Minga's below must be found."""
    return next((at for at in range(begin, len(lines)) if f"</{tag}>" in lines[at].lower()), begin)


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
        elif line := _BULLET.sub("", " ".join(part), count=1).strip():
            joint = "; " if told and not told.endswith((":", ";", "`:")) and _BULLET.match(part[0]) else " "
            told = f"{told}{joint}{line}" if told else line
    return told
