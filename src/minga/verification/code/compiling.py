"""Code that does not even parse: Python in the answer, and changed files of Python, JSON and TOML.

JavaScript and TypeScript are left to the project's own commands: telling a regular expression from a division needs
their whole grammar.
"""

import json
import re
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.claims import Claim, cut_short, first, summed_up
from minga.verification.code.announced import announced
from minga.verification.code.python_code import Code, in_answer, in_files, parsed
from minga.verification.code.undefined import undefined_in
from minga.verification.files.tree import Tree
from minga.verification.json_extras import without_extras

_NO_PYTHON = re.compile(
    r"^[ \t]*(?:[$%!+]|- |-$|@@|\.\.\.|…|pip |python3? |uv |<)|\.\.\.|…|\{\{|\{%|<[a-z_ ]{2,30}>"
    r"|^\w{2,40}(?:Error|Exception|Warning): |^Traceback \(most",
    re.MULTILINE,
)
"""Shell, magics of notebooks, diffs, templates, what a run that failed wrote, and gaps that the reader is to fill."""

_CONTINUED = re.compile(r"(?:elif|else|except|finally|case)\b|[)\]},.]")

_NEWER = re.compile(
    r"^[ \t]*type [A-Za-z_]\w{0,80}[ \t]*[=\[]|\b(?:def|class) \w{1,80}\[|^[ \t]*except\*? [\w. ]{1,80},|"
    r"\b[ft]r?[\"']|\blazy ",
    re.MULTILINE | re.IGNORECASE,
)
"""What a Python newer than this one may read: type statements, type parameters, quotes within f-strings (3.12), several
exceptions without parentheses and t-strings (3.14)."""

_MEANT = re.compile(
    r"(?:^|[/_.-])(?:fixtures?|testdata|test_data|data|samples?|bad|broken|invalid|malformed|templates?)(?:[/_.-]|$)"
)
"""Paths of files that may be wrong on purpose."""

_PSEUDO = re.compile(
    r"^[ \t]*(?:(?:para|sino|mientras|repetir|hasta|entonces|por cada|foreach|for each|fin|end ?if"
    r"|end ?for|function|begin|procedure|then)\b|(?:si|if)\b[^\n]{1,200}(?<!:)(?:\bentonces|\bthen)\b)",
    re.MULTILINE | re.IGNORECASE,
)
"""Begins lines of an algorithm that is written in words."""

_SIGNS_BETWEEN = tuple(f"invalid character '{sign}'" for sign in "→⇒⟶←⇐≠≤≥≈×÷")
"""What is written between code and what comes of it."""

_SIGNATURE = re.compile(r"[ \t]*(?:(?:async )?def|class) \w{1,80}[ \t]*[(\[:]?")


@dataclass(frozen=True, slots=True)
class Compiles:
    name: str = "compiles"

    def look(self, work: Work) -> Checked | None:
        tree = Tree(work.cwd)
        of_answer = (claim for code in in_answer(work) if (claim := _block(code, work)))
        of_files = (_file(code, work) for code in in_files(work, tree))
        claims, notes = first(chain(of_answer, of_files, _data_files(work, tree)))
        return summed_up(self.name, claims, (*notes, *cut_short(work.answer)))


def _block(code: Code, work: Work) -> Claim | None:
    """None for a fragment, and for what only calls itself Python."""
    wrong = _fault(code.source)
    if wrong is None and _lacks_names(code, work):
        return None
    if wrong is None:
        return Claim(CheckState.PASSED, f"{code.at(1)}: the code parses")
    if not isinstance(wrong, SyntaxError):
        return Claim(CheckState.UNPROVEN, f"{code.at(1)}: the code nests too deeply to be parsed")
    if code.shown_wrong or "ython 2" in work.answer or _is_fragment(code.text, wrong):
        return None
    if _line(code.text, wrong).strip() in work.prompt or _may_be_newer(code.text, wrong):
        return Claim(CheckState.UNPROVEN, f"{code.at(wrong.lineno)}: not parsed, perhaps for another Python")
    return Claim(CheckState.FAILED, _syntax(code, wrong))


def _lacks_names(code: Code, work: Work) -> bool:
    """Whether it uses names that no other place of the answer speaks of: that it parses says little then."""
    try:
        lacking = undefined_in(code.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    others = announced(work).besides(code, defined=False) if lacking else ()
    return any(name not in others for name in lacking)


def _file(code: Code, work: Work) -> Claim:
    wrong = _fault(code.source)
    if wrong is None:
        return Claim(CheckState.PASSED, f"{code.path}: it parses")
    if not isinstance(wrong, SyntaxError) or _is_excused(code.path, work, _fault) or "{{" in code.text:
        return Claim(CheckState.UNPROVEN, f"{code.path}: not parsed, perhaps on purpose")
    if _may_be_newer(code.text, wrong):
        return Claim(CheckState.UNPROVEN, f"{code.at(wrong.lineno)}: not parsed, perhaps for another Python")
    return Claim(CheckState.FAILED, _syntax(code, wrong))


def _syntax(code: Code, wrong: SyntaxError) -> str:
    return f"{code.at(wrong.lineno)}: no valid Python ({wrong.msg}): {_line(code.text, wrong).strip()[:120]}"


def _fault(source: str | bytes) -> Exception | None:
    try:
        parsed(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as wrong:
        return wrong
    return None


def _line(text: str, wrong: SyntaxError) -> str:
    lines = text.splitlines()
    at = (wrong.lineno or 1) - 1
    return lines[at] if at < len(lines) else ""


def _is_fragment(text: str, wrong: SyntaxError) -> bool:
    """Whether ``text`` is a cut-out, or no Python at all, rather than faulty."""
    if (
        _NO_PYTHON.search(text)
        or (wrong.msg or "").startswith(_SIGNS_BETWEEN)
        or _CONTINUED.match(text.lstrip())
        or _PSEUDO.search(text)
        or _is_signature(text, wrong)
    ):
        return True
    code = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if code[-1].rstrip().endswith((":", "\\")) or not any(map(_is_codelike, code)):
        return True
    return isinstance(wrong, IndentationError) and _is_odd_cut(text, wrong)


def _is_signature(text: str, wrong: SyntaxError) -> bool:
    """Heads of functions without a colon, and without a body that would need one."""
    if wrong.msg != "expected ':'":
        return False
    code = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "@"))]
    return all(map(_SIGNATURE.match, code)) or (
        bool(_SIGNATURE.match(code[0])) and wrong.lineno == len(text.splitlines())
    )


def _is_odd_cut(text: str, wrong: IndentationError) -> bool:
    """A body that is a comment or left out at the end; or a first line that lost the indentation of the others."""
    lines = text.splitlines()
    rest = [line for line in lines[(wrong.lineno or 1) - 1 :] if line.strip() and not line.lstrip().startswith("#")]
    before = [line for line in lines[: (wrong.lineno or 1) - 1] if line.strip()]
    if not rest or (before and before[-1].lstrip().startswith("#")) or "unindent" in (wrong.msg or ""):
        return True
    first, _, others = text.partition("\n")
    return _fault(first) is None and _fault(textwrap.dedent(others)) is None


def _is_codelike(line: str) -> bool:
    return bool(re.search(r"[=()\[\]:]|\b(?:import|return|def|class|print|for|if|raise)\b", line))


def _may_be_newer(text: str, wrong: SyntaxError) -> bool:
    """Only this Python's own grammar is at hand. In 3.14 all of `_NEWER` is known but what comes later."""
    near = _line(text, wrong)
    return sys.version_info < (3, 14) and bool(_NEWER.search(near))


def _data_files(work: Work, tree: Tree) -> Iterator[Claim]:
    for change in work.changed:
        reader = _reader(change.path)
        if change.change == "deleted" or reader is None:
            continue
        data = tree.read(change.path)
        if data is None:
            continue
        wrong = reader(data)
        if wrong is None:
            yield Claim(CheckState.PASSED, f"{change.path}: it parses")
        elif _is_excused(change.path, work, reader) or b"{{" in data or b"{%" in data:
            yield Claim(CheckState.UNPROVEN, f"{change.path}: not parsed, perhaps on purpose")
        else:
            yield Claim(CheckState.FAILED, f"{change.path}: it does not parse: {wrong}")


def _reader(path: str) -> Callable[[bytes], Exception | None] | None:
    return {".json": _json_fault, ".toml": _toml_fault}.get(path[path.rfind(".") :].lower())


def _json_fault(data: bytes) -> Exception | None:
    """With comments and a comma after the last thing, which many programs allow in their settings."""
    try:
        json.loads(data)
    except UnicodeDecodeError as wrong:
        return wrong
    except (ValueError, RecursionError) as wrong:
        try:
            json.loads(without_extras(data.decode("utf-8-sig", errors="replace")))
        except (ValueError, RecursionError):
            return wrong
    return None


def _toml_fault(data: bytes) -> Exception | None:
    try:
        tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as wrong:
        return wrong
    return None


def _is_excused(path: str, work: Work, fault: Callable[[bytes], Exception | None]) -> bool:
    """The file is an example of something wrong, or did not parse before the work either."""
    if _MEANT.search(path.lower()):
        return True
    before = work.originals.read(path) if work.originals else None
    return before is not None and fault(before) is not None
