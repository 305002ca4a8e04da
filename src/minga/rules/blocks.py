"""Minga's block in a text: found by its marks, put in, taken out; all else stays byte for byte."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from minga.rules.markdown import Unclosed, parts

NAME = "minga:rules"

_BEGIN = re.compile(rf"[ \t]*<!--[ \t]*{NAME}\b[ \t]*(?P<hash>[0-9a-f]*)(?P<joined>\+?)")
_END = re.compile(rf"[ \t]*<!--[ \t]*/{NAME}\b")


class Damaged(Exception):
    """The marks do not fit each other: ``detail``, from 1 on in ``line``."""

    def __init__(self, line: int, *, detail: str) -> None:
        super().__init__(line, detail)
        self.line = line
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Block:
    """Where it stands: the lines of its marks, from 0 on. ``is_edited``: its content is not what Minga wrote.
    ``joined``: the text had no end of line where Minga put it in. ``written``: the `digest` of what Minga wrote."""

    begin: int
    end: int
    content: tuple[str, ...]
    is_edited: bool
    joined: bool
    written: str


def find(text: str) -> Block | None:
    """The block of a text. Raises Damaged: a mark without its other, or a second block; or something that is never
    closed stands before the place where a block would begin, and would swallow it."""
    lines = text.split("\n")
    begins, ends = _marks(lines)
    if not begins and not ends:
        return None
    if not begins or (ends and ends[0] < begins[0]):
        raise Damaged(ends[0] + 1, detail="an end mark without a begin mark")
    if not ends:
        raise Damaged(begins[0] + 1, detail="a begin mark without an end mark")
    if len(begins) > 1 or len(ends) > 1:
        second = begins[1] if len(begins) > 1 else ends[1]
        raise Damaged(second + 1, detail="a second block")
    begin, end = begins[0], ends[0]
    content = tuple(line.rstrip() for line in lines[begin + 1 : end])
    mark = _BEGIN.match(lines[begin])
    assert mark
    return Block(begin, end, content, mark["hash"] != digest(content), bool(mark["joined"]), mark["hash"])


def outside(text: str) -> str:
    """What is hand-written. Raises Damaged."""
    block = find(text)
    return without(text, block) if block else text


def put(text: str, content: Sequence[str], source: str) -> str:
    """``text`` with ``content`` in its block; a new block stands at the end. ``source``: what it was written from.
    Raises Damaged."""
    block = find(text)
    if block is None:
        ends = "\r\n" if "\r\n" in text else "\n"
        joined = bool(text) and not text.endswith("\n")
        whole = _whole(content, source, joined=joined)
        before = text + (ends if joined else "") + (ends if text else "")
        return before + "".join(line + ends for line in whole)
    lines = text.split("\n")
    tail = "\r" if lines[block.end].endswith("\r") else ""
    whole = _whole(content, source, joined=block.joined)
    carriage = "\r" if lines[block.begin].endswith("\r") else ""
    kept = [line + carriage for line in whole[:-1]]
    return "\n".join([*lines[: block.begin], *kept, whole[-1] + tail, *lines[block.end + 1 :]])


def without(text: str, block: Block) -> str:
    """``text`` as it was before the block was put in."""
    lines = text.split("\n")
    before, after = lines[: block.begin], lines[block.end + 1 :]
    if before and not before[-1].strip():
        before.pop()
    if block.joined and after == [""]:
        return "\n".join(before).removesuffix("\r" if lines[block.begin].endswith("\r") else "")
    return "\n".join([*before, *after])


def digest(content: Sequence[str]) -> str:
    """Of what people see: ends of lines and spaces before them do not count."""
    return hashlib.sha256("\n".join(line.rstrip() for line in content).encode()).hexdigest()[:16]


def _whole(content: Sequence[str], source: str, *, joined: bool) -> list[str]:
    token = digest(content) + ("+" if joined else "")
    mark = f"<!-- {NAME} {token} from {source}; change it there, then run: minga rules render -->"
    return [mark, *content, f"<!-- /{NAME} -->"]


def _marks(lines: Sequence[str]) -> tuple[list[int], list[int]]:
    """Lines of begin and end marks; what is shown in a fence is none."""
    begins: list[int] = []
    ends: list[int] = []
    try:
        for number, part, kind in parts(lines):
            if kind == "comment" and _BEGIN.match(part[0]):
                begins.append(number - 1)
            elif kind == "comment" and _END.match(part[0]):
                ends.append(number - 1)
    except Unclosed as unclosed:
        raise Damaged(unclosed.line, detail=f"{unclosed.detail} begins here and never ends") from None
    return begins, ends
