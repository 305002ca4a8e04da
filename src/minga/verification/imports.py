"""Names that code takes from elsewhere: the modules, what is imported from them, used of them, and called in them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from minga.domain.verdict import Checked, CheckState, Work
from minga.verification.bindings import bindings, ignored_lines, unguarded
from minga.verification.claims import Claim, summed_up
from minga.verification.modules import Modules
from minga.verification.parts import parts
from minga.verification.python_code import Code, in_answer, in_files, parsed
from minga.verification.stdlib import is_stdlib
from minga.verification.tree import Tree
from minga.verification.undefined import undefined
from minga.verification.uses import Uses

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}")

_DEFINED = re.compile(
    r"(?:\b(?:def|class|import|as)\s{1,9}|\b)([A-Za-z_]\w{0,100})(?=\s{0,9}(?:[=:(,]|$))", re.MULTILINE
)

_TEXT_MAX = 400_000
"""Characters of the answer and of the prompt in which names are looked for."""


@dataclass(frozen=True, slots=True)
class Names:
    """Does a module, a name in it, an attribute, a function's argument exist? Names of code that is not at hand stay
    unproven; nothing is imported but modules of the standard library."""

    name: str = "names"

    def look(self, work: Work) -> Checked | None:
        tree = Tree(work.cwd)
        modules = Modules(tree)
        claims = [
            claim
            for code in (*in_answer(work), *in_files(work, tree))
            if not code.shown_wrong
            for claim in _piece(code, work, modules)
        ]
        return summed_up(self.name, claims)


def _piece(code: Code, work: Work, modules: Modules) -> Iterator[Claim]:
    try:
        body = parsed(code.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    uses = Uses.of(code, modules, body, frozenset() if code.path else _announced(code, work))
    told: set[str] = set()
    for node in unguarded(body, ignored_lines(code.text)):
        for claim in uses.claims(node):
            if claim.says not in told:
                told.add(claim.says)
                yield claim
    try:
        nameless = undefined(code.source, body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        nameless = {}
    yield from _undefined(code, work, body, nameless)
    if uses.proven:
        yield Claim(CheckState.PASSED, f"{code.at(1)}: {uses.proven} names of modules exist")


def _undefined(code: Code, work: Work, body: ast.Module, nameless: dict[str, int]) -> Iterator[Claim]:
    if code.path:
        nameless = {name: line for name, line in nameless.items() if name not in _undefined_before(code, work)}
    elif not _is_whole(body) or len(nameless) > 2:
        return
    else:  # what an example takes for granted is not told from what was forgotten; a slip of the pen is
        spoken = _spoken(code, work)
        names = frozenset(bindings(body).bound)
        nameless = {
            name: line
            for name, line in nameless.items()
            if name not in spoken and (is_stdlib(name) or get_close_matches(name, names, 1, 0.8))
        }
    for name, line in sorted(nameless.items(), key=lambda each: each[1]):
        lacking = "nothing imports" if is_stdlib(name) else "nothing defines"
        yield Claim(CheckState.FAILED, f"{code.at(line)}: {lacking} {name}")


def _is_whole(body: ast.Module) -> bool:
    """Whether a block is meant to stand on its own: it imports first, or ends as a program, and defines something."""
    first = body.body[1:] if body.body and isinstance(body.body[0], ast.Expr) else body.body
    imports = bool(first) and isinstance(first[0], ast.Import | ast.ImportFrom)
    defines = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in body.body)
    gaps = any(isinstance(node, ast.Constant) and node.value is ... for node in ast.walk(body))
    return imports and not gaps and (defines or len(body.body) > 4)


def _undefined_before(code: Code, work: Work) -> set[str]:
    before = work.originals.read(code.path) if work.originals else None
    if before is None:
        return set()
    try:
        return set(undefined(before, parsed(before)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()


def _announced(code: Code, work: Work) -> frozenset[str]:
    """Names that another place of the answer defines, or that stand in its prose or the prompt: what is to be made."""
    return _spoken(code, work) | frozenset(_DEFINED.findall(code.text))


def _spoken(code: Code, work: Work) -> frozenset[str]:
    cut = parts(work.answer)
    others = [block.text for block in cut.blocks if not block.line <= code.line <= block.line + block.text.count("\n")]
    text = "\n".join([cut.prose[:_TEXT_MAX], work.prompt[:_TEXT_MAX], *others])
    return frozenset(_WORD.findall(text[: 3 * _TEXT_MAX]))
