"""Where a project keeps its rules: `.minga/rules.md`, written by its people."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.domain.errors import BadInput, RulesUnreadable
from minga.domain.rules import StandingRule
from minga.rules import documents
from minga.rules.documents import Change, Document
from minga.rules.markdown import Piece, Unclosed, headings, pieces
from minga.rules.moving import without

NAME = ".minga/rules.md"

TITLE = "# Rules"

GENERAL = "General"
"""The heading of rules of no heading in files that an earlier Minga wrote."""


@dataclass(frozen=True, slots=True)
class Source:
    """``pieces``: the rules that stand in the file, in its order; none where there is no file."""

    document: Document
    pieces: tuple[Piece, ...]

    def added(self, more: Sequence[Piece], gone: Collection[str] = ()) -> Change:
        """With these, each at the end of what stands under its heading, and those of no heading before the first one,
        or under `GENERAL` where that is there; without those that are ``gone`` (`Piece.said`)."""
        text = self.document.text
        ends = "\r\n" if "\r\n" in text else "\n"
        text = without(text, gone) or TITLE + ends
        for section, new in _by_section(text, more).items():
            text = _with(text, section, new, ends)
        return Change(self.document, self.document.with_text(text))


def read(root: Path) -> Source:
    """Raises RulesUnreadable, RulesElsewhere."""
    document = documents.read(root, NAME)
    return Source(document, tuple(pieces_of(document)))


def pieces_of(document: Document) -> list[Piece]:
    """Raises RulesUnreadable."""
    try:
        return pieces(document.text)
    except Unclosed as unclosed:
        detail = f"{unclosed.detail} begins in line {unclosed.line} and never ends"
        raise RulesUnreadable(path=document.name, detail=detail) from None


def _by_section(text: str, more: Iterable[Piece]) -> dict[str, list[Piece]]:
    found: dict[str, list[Piece]] = {}
    general = GENERAL if any(one.section == GENERAL for one in pieces(text)) else ""
    for piece in more:
        found.setdefault(piece.section or general, []).append(piece)
    return found


def _with(text: str, section: str, more: Iterable[Piece], ends: str) -> str:
    """The text with more rules under a heading, which is made at its end where it is not there."""
    lines = (text if text.endswith("\n") else text + ends).split("\n")
    there = [one for one in pieces(text) if one.section == section]
    before = there[-1] if there else None
    at = before.last if before else len(lines) - 1 if section else _first_heading(text, len(lines) - 1)
    added = [] if before or not section else ["", f"## {section}"]
    for piece in more:
        is_next = bool(before and before.is_item and piece.is_item)
        added += plain(piece) if is_next else ["", *plain(piece)]
        before = piece
    if at == 0 or not (there or lines[at - 1].strip()):
        added = added[1:]
    if lines[at].strip():
        added.append("")
    return "\n".join([*lines[:at], *(line + ends[:-1] for line in added), *lines[at:]])


def _first_heading(text: str, otherwise: int) -> int:
    """How many lines stand before the first heading that is no title."""
    found = headings(text)
    title = next((one for one in found if one.level == 1), None)
    return next((one.line - 1 for one in found if one != title), otherwise)


def root_of(cwd: Path) -> Path:
    """The nearest folder with rules or skills of its own within the repository; else the repository's root; outside of
    one the folder itself."""
    above: list[Path] = []
    for folder in (cwd, *cwd.parents):
        above.append(folder)
        if (folder / ".git").exists():
            break
    else:
        above = [cwd]
    return next((one for one in above if (one / NAME).exists() or (one / ".minga/skills").is_dir()), above[-1])


def piece_of(text: str, section: str = "") -> Piece:
    """Of a rule that was told, not written: one line. Raises BadInput where it would not be read as that rule."""
    piece = Piece((f"- {' '.join(text.split())}",), 0, section)
    try:
        is_read = [one.text for one in pieces(piece.markdown[0])] == [piece.text]
    except Unclosed:
        is_read = False
    if not is_read:
        raise BadInput(detail=f"{text!r} would be read as something else than a rule: a fence or a line in Markdown")
    return piece


def pieces_told(rules: Iterable[StandingRule]) -> tuple[list[Piece], list[StandingRule]]:
    """`piece_of` each; and those that are none."""
    made: list[Piece] = []
    left: list[StandingRule] = []
    for one in rules:
        try:
            made.append(piece_of(one.text))
        except BadInput:
            left.append(one)
    return made, left


def plain(piece: Piece) -> list[str]:
    """Its lines, without trailing spaces; moved to the left, unless they are code since they are not."""
    if piece.kind == "code":
        return [line.rstrip() for line in piece.markdown]
    indent = len(piece.markdown[0]) - len(piece.markdown[0].lstrip())
    return [(line[indent:] if not line[:indent].strip() else line).rstrip() for line in piece.markdown]
