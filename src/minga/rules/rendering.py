"""What would stand in the files of the CLIs, and what that changes for each CLI."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from minga.domain.errors import BadInput, BlockDamaged
from minga.rules import blocks, documents
from minga.rules.blocks import Block, Damaged
from minga.rules.documents import Change, Document
from minga.rules.markdown import Piece
from minga.rules.readers import Reader, cover, names, readers
from minga.rules.source import NAME, pieces_of, plain

HEADING = "## Standing rules"

MEMORY = "Minga's memory (minga memory rules)"
"""What personal rules are written from."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should know before it is written. ``twice``: the CLI reads the rules in all of the files.
    ``hidden``: it will no longer read the files, as another one is there. ``untold``: it reads the files and not those
    with Minga's block. ``cut``: the file is longer than what it reads."""

    kind: Literal["twice", "hidden", "untold", "cut"]
    cli: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """``files``: in which the rules stand then. ``edited``: those whose block was changed by hand, so that writing it
    loses something."""

    root: Path
    files: tuple[str, ...]
    changes: tuple[Change, ...]
    edited: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is there, with its block, if any, and what stands outside of it. ``wrong``: why it cannot be written;
    told only where it is to be written."""

    document: Document
    block: Block | None
    own: str
    wrong: BadInput | None = None


def plan(
    root: Path,
    rules: Sequence[Piece],
    clis: Collection[str] | None,
    more: Iterable[str] = (),
    own: Mapping[str, str] | None = None,
) -> Plan:
    """Put ``rules`` into the files that ``clis`` read, and into ``more``. None: into those that have a block, or, where
    none has one, into those of all CLIs. What a file says by hand is not said again in its block.
    ``own``: what files are to say by hand, instead of what they do.

    Raises BlockDamaged, RulesUnreadable, RulesElsewhere.
    """
    there = look(root)
    begun = _begun(there)
    if clis is None:
        clis = () if begun or more else readers()
    chosen = cover(clis, there, [*begun, *more], lambda name: bool(there[name].own.strip()) if name in there else False)
    return _planned(root, rules, chosen, there, NAME, own or {})


def plan_without(root: Path, clis: Collection[str] = ()) -> Plan:
    """Take the blocks out, of the files that these CLIs read, or of all. A file that holds nothing else goes."""
    there = look(root)
    of_these = {name for one in clis for group in readers()[one].reads for name in group}
    chosen = [name for name in _begun(there) if not clis or name in of_these]
    return _planned(root, (), chosen, there, NAME)


def plan_personal(files: Iterable[Path], rules: Sequence[Piece]) -> list[Plan]:
    """Put the rules that are a person's own into the files in their homes of the CLIs, behind their links: people keep
    such files elsewhere, one for several CLIs."""
    plans = []
    for path in dict.fromkeys(Path(os.path.realpath(one)) for one in files):
        there = {path.name: _written(path.parent, path.name)} if path.exists() else {}
        one = _planned(path.parent, rules, [path.name], there, MEMORY)
        far = [replace(change, document=replace(change.document, is_far=True)) for change in one.changes]
        plans.append(replace(one, files=one.files if rules else (), changes=tuple(far), remarks=()))
    return plans


def look(root: Path) -> dict[str, Written]:
    """The files that are there, by name."""
    return {name: _written(root, name) for name in names() if (root / name).exists()}


def body(rules: Sequence[Piece]) -> list[str]:
    """The lines of a block: under no heading first, then each heading once."""
    sections: dict[str, list[Piece]] = {"": []}
    for rule in rules:
        sections.setdefault(rule.section, []).append(rule)
    lines = [HEADING]
    for section, pieces in sections.items():
        lines += ["", f"### {_guarded(section)}"] if section else []
        was_item = False
        for piece in pieces:
            lines += [] if was_item and piece.is_item else [""]
            lines += ["<!-- -->", ""] if was_item and piece.kind == "code" else []  # else it would belong to the item
            lines += map(_guarded, plain(piece))
            was_item = piece.is_item
    return lines if rules else []


def as_written(rule: Piece) -> str:
    """What the rule says in a block; see `Piece.said`."""
    return replace(rule, markdown=tuple(map(_guarded, rule.markdown))).said


def written_from(rules: Sequence[Piece], block: Block) -> Sequence[Piece] | None:
    """Those of the rules that Minga wrote into the block; rules are added at the end, or at that of what stands under
    a heading. None: it wrote others."""
    return next((one for one in _earlier(rules) if blocks.digest(body(one)) == block.written), None)


def _earlier(rules: Sequence[Piece]) -> Iterable[Sequence[Piece]]:
    for count in range(len(rules), -1, -1):
        yield rules[:count]
    for section in dict.fromkeys(one.section for one in rules):
        places = [at for at, one in enumerate(rules) if one.section == section]
        for count in range(len(places)):
            newer = set(places[count:])
            yield [one for at, one in enumerate(rules) if at not in newer]


def _guarded(line: str) -> str:
    """A rule neither ends a block nor begins a comment that swallows it; `markdown` sees that its fences are closed."""
    return line.replace("<!--", "&lt;!--").replace("-->", "--&gt;")


def _begun(there: Mapping[str, Written]) -> list[str]:
    """Those in which a block stands, or the remains of one."""
    return [
        name for name, one in there.items() if one.block or (one.wrong and blocks.NAME in str(one.document.content))
    ]


def _written(root: Path, name: str) -> Written:
    document = Document(root, name, root / name, b"")
    try:
        document = documents.read(root, name)
        return _parted(document)
    except BadInput as wrong:
        return Written(document, None, "", wrong)


def _parted(document: Document) -> Written:
    """Raises BlockDamaged, RulesUnreadable."""
    try:
        block = blocks.find(document.text)
    except Damaged as damaged:
        raise BlockDamaged(path=document.name, line=damaged.line, detail=damaged.detail) from None
    return Written(document, block, blocks.without(document.text, block) if block else document.text)


def _planned(
    root: Path,
    rules: Sequence[Piece],
    chosen: Sequence[str],
    there: Mapping[str, Written],
    source: str,
    own: Mapping[str, str] = MappingProxyType({}),
) -> Plan:
    changes: dict[Path, Change] = {}
    edited: list[str] = []
    after: dict[str, Written] = dict(there)
    for name in chosen:
        one = there[name] if name in there else _written(root, name)
        if one.wrong:
            raise one.wrong
        by_hand = own.get(name, one.own)
        read = pieces_of(Document(root, name, one.document.real, by_hand.encode()))
        said = {piece.said for piece in read if not piece.kind}
        content = body([rule for rule in rules if rule.kind or rule.said not in said])
        if one.block and one.block.is_edited and list(one.block.content) != content:
            edited.append(name)
        change = Change(one.document, _after(one, content, source, own.get(name)))
        if change.after != one.document.content:
            changes.setdefault(one.document.real, change)
        if change.after is not None:
            after[name] = _parted(Document(root, name, one.document.real, change.after))
        else:
            after.pop(name, None)
    for change in changes.values():
        documents.check_writable(change)
    files = tuple(name for name in chosen if name in after)
    remarks = tuple(remark for name, one in readers().items() for remark in _remarks(name, one, there, after))
    return Plan(root, files, tuple(changes.values()), tuple(edited), remarks)


def _after(one: Written, content: Sequence[str], source: str, own: str | None) -> bytes | None:
    document = one.document
    if content:
        return document.with_text(blocks.put(document.text if own is None else own, content, source))
    if one.block is None:
        return document.content
    return document.with_text(one.own) if one.own.strip() else None


def _remarks(cli: str, reader: Reader, before: Mapping[str, Written], after: Mapping[str, Written]) -> Iterable[Remark]:
    read_before, read = reader.read(before), reader.read(after)
    told = [name for name in read if after[name].block]
    if len({after[name].document.content for name in told}) > 1:
        yield Remark("twice", cli, tuple(told))
    hidden = tuple(name for name in read_before if name in after and name not in read and before[name].own.strip())
    if hidden:
        yield Remark("hidden", cli, hidden)
    if (
        not told
        and read
        and any(one.block for name, one in after.items() if any(name in each for each in reader.reads))
    ):
        yield Remark("untold", cli, read)
    long = tuple(name for name in told if 0 < reader.bytes < len(after[name].document.content or b""))
    if long:
        yield Remark("cut", cli, long)
