"""An answer that has to fit a JSON Schema, and data in code blocks that has to be of the language it names."""

import ast
import csv
import io
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.claims import TEXT_MAX, Claim, first, line_at, summed_up
from minga.verification.code.python_code import is_shown_wrong, parsed
from minga.verification.json_extras import without_extras
from minga.verification.parts import Block, parts

_ERRORS_MAX = 20
_SHOWN_MAX = 80
_UNUSABLE = (ValueError, RecursionError, jsonschema_rs.ReferencingError)

_TO_FILL = re.compile(r"<|\{\{|\{%|\betc\b")
"""In templates and sketches."""

_TYPES = frozenset({"number", "string", "boolean", "integer", "int", "str", "bool", "float", "any", "object", "array"})
"""Stand for values where only the shape of an object is shown."""


_HASH = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|(?<=\s)#[^\n]*')
_NOT_JSON = re.compile(r"python|\brepr\b|javascript|\bjs\b|json5|jsonc", re.IGNORECASE)
_OF_JAVASCRIPT = frozenset({"null", "true", "false", "undefined", "NaN", "Infinity"})
_OF_LITERALS = (
    ast.Module, ast.Expr, ast.Dict, ast.List, ast.Constant, ast.Name, ast.UnaryOp, ast.USub, ast.Load
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schema:
    """The answer as a whole, or its only block of JSON, fits the schema that was asked for.

    References to other places are not followed: nothing is fetched. A schema that is none itself can refute nothing.
    """

    name = "schema"

    def look(self, work: Work) -> Checked | None:
        return summed_up(self.name, list(_of_schema(work)), proves=not work.changed) if work.schema.strip() else None


def why_unusable(schema: str) -> str:
    """Why nothing can be checked by ``schema``, the text of a JSON Schema; empty where it can be used."""
    try:
        _validator(schema)
    except _UNUSABLE as wrong:
        return _short(wrong)
    return ""


def _validator(schema: str) -> Any:
    """Raises what is in `_UNUSABLE`."""
    return jsonschema_rs.validator_for(json.loads(schema), retriever=_not_fetched)


def _of_schema(work: Work) -> Iterator[Claim]:
    try:
        validator = _validator(work.schema)
    except _UNUSABLE as wrong:
        yield Claim(CheckState.UNPROVEN, f"the schema that was asked for cannot be used: {_short(wrong)}")
        return
    text, line = _json_of(work.answer.removeprefix("\ufeff"))  # a byte order mark, which readers may ignore (RFC 8259)
    try:
        value = json.loads(text, parse_constant=_no_json)
    except json.JSONDecodeError as wrong:
        yield Claim(CheckState.FAILED, f"line {line + wrong.lineno - 1}: the answer is no JSON: {wrong.msg}")
        return
    except (ValueError, RecursionError) as wrong:
        yield Claim(CheckState.FAILED, f"line {line}: the answer is no JSON: {_short(wrong)}")
        return
    errors = [error for error, _ in zip(validator.iter_errors(value), range(_ERRORS_MAX), strict=False)]
    for error in errors:
        path = "".join(f"/{step}" for step in error.instance_path) or "/"
        yield Claim(CheckState.FAILED, f"{path} of the answer does not fit the schema: {_short(error.message)}")
    if not errors:
        yield Claim(CheckState.PASSED, "the answer fits the schema")


def _json_of(answer: str) -> tuple[str, int]:
    """The text that is meant as JSON, and its first line: the only block of JSON, else the whole answer."""
    blocks = [block for block in parts(answer).blocks if block.language in ("json", "")]
    named = [block for block in blocks if block.language == "json"] or blocks
    return (named[0].text, named[0].line) if len(named) == 1 else (answer, 1)


def _not_fetched(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched")


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is no number in JSON (RFC 8259, section 6)")


@dataclass(frozen=True, slots=True)
class Data:
    """Blocks marked as JSON, TOML or CSV are such. Left alone is one with an ellipsis in it, a sketch; and one that is
    shown as faulty, or stands so in the prompt."""

    name = "data"

    def look(self, work: Work) -> Checked | None:
        cut = parts(work.answer)
        prose = cut.prose.split("\n")
        meant = (
            block for block in cut.blocks if not is_shown_wrong(prose, block) and block.text.strip() not in work.prompt
        )
        loosely = bool(_NOT_JSON.search(cut.prose[:TEXT_MAX]))
        claims, notes = first(claim for block in meant for claim in _of_block(block, loosely=loosely))
        return summed_up(self.name, claims, notes)


def _of_block(block: Block, *, loosely: bool) -> Iterator[Claim]:
    """``loosely``: the words around it name what else it may be."""
    check = _CHECKS.get(block.language)
    if check is None or not block.text.strip() or "..." in block.text or "…" in block.text:
        return
    wrong = check(block.text)
    where = line_at(block.line + (wrong.line if wrong else 1) - 1)
    language = block.language
    if wrong is None:
        yield Claim(CheckState.PASSED, f"{where}: the block is {language}", formal=True)
    else:
        state = CheckState.UNPROVEN if loosely and _is_literal(block.text) else wrong.state
        yield Claim(state, f"{where}: the block is no {language}: {wrong.says}")


@dataclass(frozen=True, slots=True)
class _Wrong:
    says: str
    line: int = 1
    state: CheckState = CheckState.FAILED


def _json(text: str) -> _Wrong | None:
    """JSON, or a document of it in each line. What is meant as something near it is no fault of an explanation: JSON5,
    a part of an object, a literal of Python or JavaScript, a request with its head."""
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        lines = [line for line in text.split("\n") if line.strip()]
        if len(lines) > 1 and all(map(_is_json, lines)):
            return None
        sketched = any(line.lstrip().startswith(("//", "#", "/*", "+", "- ")) for line in lines)
        state = CheckState.UNPROVEN if sketched or _TO_FILL.search(text) or _is_near_json(text) else CheckState.FAILED
        return _Wrong(wrong.msg, wrong.lineno, state)
    except (ValueError, RecursionError) as wrong:
        return _Wrong(_short(wrong), state=CheckState.UNPROVEN)
    return None


def _is_near_json(text: str) -> bool:
    bare = without_extras(_HASH.sub(lambda met: met[1] or " ", text)).strip()
    if bare[:1] not in ("{", "["):
        return _is_json(f"{{{bare.rstrip(',')}}}") or not bare.startswith('"')
    if _is_json(bare):
        return True
    return _is_literal(bare, keys_bare=True)


def _is_literal(text: str, *, keys_bare: bool = False) -> bool:
    """Whether it is an object as Python or JavaScript write them; with ``keys_bare`` only one with keys without
    quotation marks."""
    try:
        nodes = list(ast.walk(parsed(text.strip())))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    names = [node for node in nodes if isinstance(node, ast.Name)]
    if keys_bare and not any(id(node) in keys or node.id in _TYPES for node in names):
        return False
    words = {node.id for node in names if id(node) not in keys}
    return words <= _OF_JAVASCRIPT | _TYPES and all(isinstance(node, _OF_LITERALS) for node in nodes)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _toml(text: str) -> _Wrong | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        sketched = _TO_FILL.search(text) or any(line.startswith(("+", "-", "$")) for line in text.split("\n"))
        return _Wrong(_short(wrong), state=CheckState.UNPROVEN if sketched else CheckState.FAILED)
    except (ValueError, RecursionError) as wrong:
        return _Wrong(_short(wrong), state=CheckState.UNPROVEN)
    return None


def _csv(text: str) -> _Wrong | None:
    """RFC 4180, section 2: each line has the same number of fields. Commas, or semicolons where the header has them."""
    header = text.split("\n", 1)[0]
    mark = ";" if header.count(";") > header.count(",") else "\t" if "\t" in header else ","
    rows = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        width = len(next(rows, []))
        for row in rows:
            if row and len(row) != width and width > 1:
                return _Wrong(f"{len(row)} fields instead of {width}", rows.line_num)
    except csv.Error as wrong:
        return _Wrong(_short(wrong), state=CheckState.UNPROVEN)
    return None


def _short(wrong: object) -> str:
    text = " ".join(str(wrong).split())
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]} …"


_CHECKS: dict[str, Callable[[str], _Wrong | None]] = {"json": _json, "jsonl": _json, "toml": _toml, "csv": _csv}
