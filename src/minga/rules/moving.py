"""A text without the rules that stand elsewhere now."""

from collections.abc import Collection
from itertools import takewhile

from minga.rules.markdown import headings, pieces


def without(text: str, said: Collection[str]) -> str:
    """``text`` without the rules that ``said`` names (`Piece.said`), and without headings under which nothing is left.
    Empty where only headings are left. Raises Unclosed."""
    lines = text.split("\n")
    gone = {at for one in pieces(text) if one.said in said and not one.kind for at in range(one.line - 1, one.last)}
    if not gone:
        return text
    found = headings(text)
    levels = {one.line - 1: one.level for one in found}
    underlines = {at for one in found for at in range(one.line, one.last)}
    for at in sorted(levels, reverse=True):
        below = _below(at, levels, len(lines))
        own = {at, *takewhile(underlines.__contains__, below)}
        if gone & set(below) and not any(lines[one].strip() for one in below if one not in gone | own):
            gone |= own
    left = [at for at in range(len(lines)) if at not in gone]
    if not any(lines[at].strip() for at in left if at not in levels and at not in underlines):
        return ""
    return "\n".join(lines[at] for at in _single_spaced(lines, left))


def _below(at: int, levels: dict[int, int], count: int) -> range:
    """The lines of a heading, to the next one that is no lower."""
    end = next((other for other in sorted(levels) if other > at and levels[other] <= levels[at]), count)
    return range(at + 1, end)


def _single_spaced(lines: list[str], left: list[int]) -> list[int]:
    """Without the empty lines that would follow upon another one where something went."""
    kept: list[int] = []
    before = -1
    for at in left:
        follows = at == before + 1
        is_blank = not lines[at].strip() and at != len(lines) - 1
        if follows or not is_blank or (kept and lines[kept[-1]].strip()):
            kept.append(at)
            before = at
    return kept
