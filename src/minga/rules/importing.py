"""The rules that people wrote into the files of single CLIs, as one list."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path

from minga.domain.memory import RULE_LENGTH
from minga.rules.documents import Document
from minga.rules.markdown import Piece
from minga.rules.moving import without
from minga.rules.readers import shared
from minga.rules.rendering import HEADING, Written, as_written, body, look, written_from
from minga.rules.source import pieces_of

NEAR = 0.85
"""Share of the letters of two texts, in order, from which on they say nearly the same."""

_NO_RULES = ("this file provides guidance to", "this file contains instructions for", "this file guides")
"""How CLIs begin the files that they write themselves."""


@dataclass(frozen=True, slots=True)
class Found:
    """A rule in a file; ``same``: the other files that say it, too."""

    piece: Piece
    file: str
    same: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Near:
    """Two rules that say nearly the same, both kept: which one is meant a person must say."""

    one: str
    other: str


Why = str
"""Why a piece is no rule that can be taken over: ``long``, ``secret``, ``reference``, ``html``, ``code``."""


@dataclass(frozen=True, slots=True)
class Import:
    """``files``: those that were read. ``taken``: what `.minga/rules.md` does not say yet. ``known``: how many it
    says. ``left``: a file, a line and why what stands there is left where it is. ``gone``: what it says, and an edit
    took out of Minga's block in a file; ``unsure``: or it is newer than the block, which cannot be told. ``not_taken``:
    what an edit of the block moved to another place or heading, or worded so that it folds alike, or said once instead
    of twice. ``stuck``: files whose block holds what is left or not taken, so that it stays as it is."""

    files: tuple[str, ...]
    taken: tuple[Found, ...]
    known: int
    near: tuple[Near, ...]
    left: tuple[tuple[str, int, Why], ...]
    gone: tuple[Found, ...] = ()
    unsure: tuple[Found, ...] = ()
    stuck: tuple[str, ...] = ()
    not_taken: tuple[Found, ...] = ()


def found(root: Path, rules: Sequence[Piece], holds_secret: Callable[[str], bool]) -> Import:
    """What is written by hand in the files of the CLIs, also into Minga's block. Raises RulesUnreadable,
    BlockDamaged."""
    there = {name: one for name, one in look(root).items() if name in shared()}
    seen: set[Path] = set()
    taken: dict[str, Found] = {}
    said = {rule.said for rule in rules} | {as_written(rule) for rule in rules}
    known: set[str] = set()
    left: list[tuple[str, int, Why]] = []
    stuck: list[str] = []
    not_taken: list[Found] = []
    for name, one in there.items():
        if one.wrong:
            raise one.wrong
        if one.document.real in seen:
            continue
        seen.add(one.document.real)
        not_taken += _not_taken(name, one, rules)
        for piece in _by_hand(one):
            if piece.said in said:
                known.add(piece.said)
            elif why := _unfit(piece, holds_secret):
                left += [(name, piece.line, why)] if why != "head" else []
                stuck += [name] if one.block and one.block.begin < piece.line <= one.block.end else []
            else:
                before = taken.get(piece.said)
                taken[piece.said] = (
                    Found(before.piece, before.file, (*before.same, name)) if before else Found(piece, name)
                )
    gone, unsure = _gone(there, rules)
    kept = [rule for rule in rules if rule.said not in {one.piece.said for one in gone}]
    near = tuple(_near([one.piece for one in taken.values()], kept))
    new = tuple(taken.values())
    stuck += [one.file for one in not_taken]
    at_rest = tuple(dict.fromkeys(stuck))
    return Import(
        tuple(there), new, len(known), near, tuple(left), tuple(gone), tuple(unsure), at_rest, tuple(not_taken)
    )


def left_by_hand(root: Path, said: Collection[str]) -> dict[str, str]:
    """What the files would say by hand without these rules (`Piece.said`); those in which they stand. Raises
    RulesUnreadable."""
    there = {name: one.own for name, one in look(root).items() if name in shared() and not one.wrong}
    return {name: left for name, own in there.items() if (left := without(own, said)) != own}


def _gone(there: Mapping[str, Written], rules: Sequence[Piece]) -> tuple[list[Found], list[Found]]:
    """What edited blocks do not say any more, and what they may never have said. What is still written by hand
    somewhere is not gone."""
    outside = {name: {piece.said for piece in _read(one, one.own) if not piece.kind} for name, one in there.items()}
    anywhere = set().union(*outside.values())
    gone: dict[str, Found] = {}
    unsure: dict[str, Found] = {}
    for name, one in there.items():
        if one.block is None or not one.block.is_edited:
            continue
        inside = {piece.said for piece in _read(one, "\n".join(one.block.content))}
        told = [rule for rule in rules if rule.kind or rule.said not in outside[name]]
        written = written_from(told, one.block)
        missing = [rule for rule in (told if written is None else written) if as_written(rule) not in inside]
        found = unsure if written is None else gone
        for rule in missing:
            if not rule.kind and rule.said not in anywhere:
                found.setdefault(rule.said, Found(rule, name))
    return list(gone.values()), [one for said, one in unsure.items() if said not in gone]


def _not_taken(name: str, one: Written, rules: Sequence[Piece]) -> list[Found]:
    """Of an edited block, what it says as before, and differently all the same."""
    if one.block is None or not one.block.is_edited:
        return []
    outside = {piece.said for piece in _read(one, one.own) if not piece.kind}
    written = written_from([rule for rule in rules if rule.kind or rule.said not in outside], one.block)
    if written is None:
        return []
    before, after = (list(_read(one, "\n".join(lines))) for lines in (body(written), one.block.content))
    inside, known = {piece.said for piece in after}, {piece.said for piece in before}
    before = [piece for piece in before if piece.kind or piece.said in inside]
    after = [piece for piece in after if piece.said in known]
    was, now = ([(piece.section, piece.text) for piece in pieces] for pieces in (before, after))
    found: dict[str, Found] = {}
    for what, begin, end, first, last in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        for piece in (*before[begin:end], *after[first:last]) if what != "equal" else ():
            found.setdefault(piece.said, Found(piece, name))
    return list(found.values())


def _read(one: Written, text: str) -> Iterable[Piece]:
    document = one.document
    return pieces_of(Document(document.root, document.name, document.real, text.encode()))


def _by_hand(one: Written) -> list[Piece]:
    """What Minga wrote itself is no rule of a person's, unless they changed it."""
    lines = one.document.text.split("\n")
    if one.block and not one.block.is_edited:
        begin, end = one.block.begin, one.block.end + 1
        lines[begin:end] = [""] * (end - begin)  # so the numbers of the lines stay
    own = HEADING.lstrip("# ")
    pieces = _read(one, "\n".join(lines))
    return [replace(piece, section="") if piece.section == own else piece for piece in pieces]


def _unfit(piece: Piece, holds_secret: Callable[[str], bool]) -> Why:
    """Empty where it is fit."""
    if piece.kind:
        return piece.kind
    if piece.text.lower().startswith(_NO_RULES):
        return "head"
    if holds_secret("\n".join(piece.markdown)):
        return "secret"
    if piece.text.startswith("@"):
        return "reference"
    return "long" if len(piece.text) > RULE_LENGTH else ""


def _near(taken: Sequence[Piece], rules: Sequence[Piece]) -> list[Near]:
    """Pairs among what is new, and of what is new with what was there."""
    pairs = [(one, other) for at, one in enumerate(taken) for other in (*rules, *taken[:at])]
    return [Near(other.text, one.text) for one, other in pairs if _is_near(one.said, other.said)]


def _is_near(one: str, other: str) -> bool:
    compared = SequenceMatcher(None, one, other, autojunk=False)
    return all(ratio() >= NEAR for ratio in (compared.real_quick_ratio, compared.quick_ratio, compared.ratio))
