"""Where a project keeps its rules: `.minga/rules.md`, written by its people."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.domain.errors import BadInput, RulesUnreadable
from minga.domain.rules import StandingRule
from minga.rules import documents
from minga.rules.documents import Change, Document
from minga.rules.markdown import Piece, Unclosed, pieces
from minga.rules.moving import without

NAME = ".minga/rules.md"

TITLE = "# Rules"


@dataclass(frozen=True, slots=True)
class Source:
    """``pieces``: the rules that stand in the file, in its order; none where there is no file."""

    document: Document
    pieces: tuple[Piece, ...]

    def added(self, more: Sequence[Piece], gone: Collection[str] = ()) -> Change:
        """With these at its end, each under its heading; without those that are ``gone`` (`Piece.said`)."""
        text = self.document.text
        ends = "\r\n" if "\r\n" in text else "\n"
        text = without(text, gone) or (TITLE + ends if text else "")
        left = [one for one in self.pieces if one.said not in gone]
        lines: list[str] = [] if text else [TITLE]
        section = left[-1].section if left else ""
        before = left[-1] if left else None
        for piece in more:
            if piece.section != section:
                lines += ["", f"## {piece.section}" if piece.section else "## General", ""]
            elif not (before and before.is_item and piece.is_item):
                lines.append("")
            section, before = piece.section, piece
            lines += plain(piece)
        joined = "" if text.endswith("\n") or not text else ends
        return Change(self.document, self.document.with_text(text + joined + "".join(line + ends for line in lines)))


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
