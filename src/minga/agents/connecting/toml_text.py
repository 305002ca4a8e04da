"""TOML changed in place: tables are put behind the last line, keys of the document behind its other keys, and taken out
again; every byte that is not ours stays as it is. ``tomllib`` says what a text means, before and after each change.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minga.agents.connecting.json_text import Unparsed, line_of

_SKIP = re.compile(r"(?:[ \t\r\n]+|#[^\r\n]*)*")
_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.)?""")
_PIECE = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|'
    r"'''.*?'''(?:'{0,2})|"
    r'"(?:[^"\\\n]|\\.)*"|'
    r"'[^'\n]*'|#[^\r\n]*|[\[\]{}]|\r?\n|[^\"'#\[\]{}\r\n]+|\r",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A header (``[a.b]``: ``value_start`` is -1) or a key with its value; ``end`` is behind its line."""

    keys: tuple[str, ...]
    start: int
    end: int
    value_start: int = -1
    value_end: int = -1

    @property
    def is_header(self) -> bool:
        return self.value_start < 0


def read(text: str) -> dict[str, Any]:
    """Raises Unparsed."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"line (\d+)", str(wrong))
        last = text.count("\n") + 1
        raise Unparsed(int(found[1]) if found else last, re.sub(r" \(at .*\)$", "", str(wrong))) from wrong


def value_at(data: Mapping[str, Any], path: Sequence[str]) -> Any:
    """What stands at ``path``, or None."""
    here: Any = data
    for key in path:
        here = here.get(key) if isinstance(here, dict) else None
    return here


def statements(text: str) -> Iterator[Statement]:
    """The statements of a valid document, in order."""
    at = _skip(text, 0)
    while at < len(text):
        one = _statement(text, at)
        yield one
        at = _skip(text, one.end)


def _statement(text: str, start: int) -> Statement:
    if text[start] == "[":
        keys, at = _keys(text, start + (2 if text.startswith("[[", start) else 1))
        return Statement(keys, start, _line_end(text, text.index("]", at)))
    keys, at = _keys(text, start)
    value = at + 1
    while text[value] in " \t":
        value += 1
    end = _value_end(text, value)
    return Statement(keys, start, _line_end(text, end), value, end)


def table(path: Sequence[str], value: Mapping[str, Any], newline: str) -> str:
    """``value`` as a table of its own, with tables for what is nested."""
    plain = {key: one for key, one in value.items() if not isinstance(one, dict)}
    lines = [f"[{'.'.join(map(_name, path))}]", *(f"{_name(key)} = {written(one)}" for key, one in plain.items())]
    nested = [table((*path, key), one, newline) for key, one in value.items() if isinstance(one, dict)]
    return newline.join(["".join(line + newline for line in lines), *nested])


def written(value: Any) -> str:
    """A text, number, truth value or list of them."""
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value, ensure_ascii=False)  # what JSON escapes, TOML escapes too


def without_element(raw: str, value: Any) -> str:
    """A list as it is written, without ``value`` where that is written as `written` does it, and its comma."""
    one = re.escape(written(value))
    return re.sub(rf"{one}[ \t]*,[ \t]*|[ \t]*,[ \t]*{one}|{one}", "", raw, count=1)


def block_of(text: str, path: Sequence[str]) -> tuple[int, int] | None:
    """Where the table ``path`` begins and ends, with the tables below it that follow at once; None if it is no table of
    its own."""
    wanted = tuple(path)
    begin, end = -1, -1
    for one in statements(text):
        if begin < 0:
            if one.is_header and one.keys == wanted:
                begin, end = one.start, one.end
        elif one.is_header and one.keys[: len(wanted)] != wanted:
            break
        else:
            end = one.end
    return (begin, end) if begin >= 0 else None


def key_at(text: str, path: Sequence[str]) -> Statement | None:
    """The statement of the key ``path``, where it stands in the table of that name (or before all tables)."""
    return next((one for one in _keys_of(text, path[:-1]) if one.keys == (path[-1],)), None)


def end_of_keys(text: str, path: Sequence[str]) -> int | None:
    """Where another key of the table ``path`` is put: behind its last key, or its header; None if there is no such
    table."""
    ends = [one.end for one in _keys_of(text, path)]
    header = next((one.end for one in statements(text) if one.is_header and one.keys == tuple(path)), None)
    return max(ends, default=header if path else 0)


def is_first_key(text: str, start: int, key: Statement) -> bool:
    """Whether nothing stands between the header at ``start`` and ``key``."""
    return not text[_line_end(text, start) : key.start].strip()


def _keys_of(text: str, path: Sequence[str]) -> Iterator[Statement]:
    """The keys below the header ``path``; before all headers if it is empty."""
    here: tuple[str, ...] = ()
    for one in statements(text):
        if one.is_header:
            here = one.keys
        elif here == tuple(path):
            yield one


def line_where(text: str, path: Sequence[str]) -> int:
    """The line in which what stands at ``path`` is written, or begins to be; 1 where that cannot be told."""
    here: tuple[str, ...] = ()
    best = (0, 0)
    for one in statements(text):
        keys = one.keys if one.is_header else (*here, *one.keys)
        here = one.keys if one.is_header else here
        shared = sum(1 for a, b in zip(keys, path, strict=False) if a == b)
        if keys[: len(path)] == tuple(path[: len(keys)]) and shared > best[0]:
            best = (shared, one.start)
    return line_of(text, best[1])


def _name(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def _skip(text: str, at: int) -> int:
    match = _SKIP.match(text, at)
    assert match is not None
    return match.end()


def _keys(text: str, at: int) -> tuple[tuple[str, ...], int]:
    keys: list[str] = []
    while match := _KEY.match(text, at):
        quoted, literal, bare, dot = match.groups()
        keys.append(_unquoted(quoted) if quoted is not None else literal if literal is not None else bare)
        at = match.end()
        if not dot:
            break
    return tuple(keys), at


def _unquoted(text: str) -> str:
    found: str = tomllib.loads(f'key = "{text}"')["key"]
    return found


def _value_end(text: str, at: int) -> int:
    """Where the value that begins at ``at`` ends: at the end of its line, outside of brackets and texts."""
    depth, end = 0, at
    for match in _PIECE.finditer(text, at):
        piece = match[0]
        if piece in ("[", "{"):
            depth += 1
        elif piece in ("]", "}"):
            depth -= 1
        if piece in ("\n", "\r\n"):
            if not depth:
                break
        elif piece[0] != "#" and piece.strip():
            end = match.start() + len(piece.rstrip(" \t"))
    return end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
