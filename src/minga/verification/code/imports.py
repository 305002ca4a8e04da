"""Names that code takes from elsewhere: the modules, what is imported from them, used of them, and called in them."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.claims import Claim, cut_short, first, summed_up
from minga.verification.code.announced import Announced, announced
from minga.verification.code.bindings import Bindings, Imported, bindings, ignored_lines, unguarded
from minga.verification.code.modules import Modules
from minga.verification.code.python_code import Code, in_answer, in_files, parsed
from minga.verification.code.stdlib import is_stdlib
from minga.verification.code.undefined import undefined, undefined_in
from minga.verification.code.uses import Uses
from minga.verification.files.tree import Tree


@dataclass(frozen=True, slots=True)
class Names:
    """Does a module, a name in it, an attribute, a function's argument exist? Names of code that is not at hand stay
    unproven; nothing is imported but modules of the standard library."""

    name: str = "names"

    def look(self, work: Work) -> Checked | None:
        tree = Tree(work.cwd)
        modules = Modules(tree)
        spoken, earlier = announced(work), dict[str, Imported]()
        claims, notes = first(
            claim
            for code in chain(in_answer(work), in_files(work, tree))
            if not code.shown_wrong
            for claim in _piece(code, work, modules, spoken, earlier)
        )
        return summed_up(self.name, claims, (*notes, *cut_short(work.answer)))


def _piece(
    code: Code, work: Work, modules: Modules, spoken: Announced, earlier: dict[str, Imported]
) -> Iterator[Claim]:
    """``earlier``: what the blocks of the answer before this one import, to which its own is added."""
    try:
        body = parsed(code.source)
        nodes = list(ast.walk(body))
        nameless = dict(undefined_in(code.text)) if not code.path else undefined(code.source, nodes)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    bound = bindings(nodes)
    if not code.path:
        _go_on(bound, earlier)
    uses = Uses.of(code, modules, body, bound, spoken.besides(code, defined=True))
    found = (claim for node in unguarded(body, ignored_lines(code.text)) for claim in uses.claims(node))
    yield from dict.fromkeys(found)
    if code.path:
        before = _undefined_before(code, work) if nameless else set()
        yield from _nameless(code, {name: line for name, line in nameless.items() if name not in before})
    elif nameless:
        others = spoken.besides(code, defined=False)
        unknown = {name: line for name, line in nameless.items() if name not in others}
        sure = len(nameless) <= 2 and _is_whole(body, nodes)
        slips = {name: line for name, line in unknown.items() if sure and _is_slip(name, bound)}
        yield from _nameless(code, slips)
        yield from _nameless(code, {name: line for name, line in unknown.items() if name not in slips}, sure=False)
    if uses.proven:
        yield Claim(CheckState.PASSED, f"{code.at(1)}: {uses.proven} names of modules exist")


def _go_on(bound: Bindings, earlier: dict[str, Imported]) -> None:
    """A block goes on from those before it, as far as it binds no such name itself."""
    own = dict(bound.imports)
    bound.imports.update({name: where for name, where in earlier.items() if not bound.bound[name]})
    for name in bound.bound:
        earlier.pop(name, None)
    earlier.update(own)


def _nameless(code: Code, names: dict[str, int], *, sure: bool = True) -> Iterator[Claim]:
    state = CheckState.FAILED if sure else CheckState.UNPROVEN
    for name, line in sorted(names.items(), key=lambda each: each[1]):
        problem = f"nothing imports {name}" if is_stdlib(name) else f"nothing defines {name}"
        yield Claim(state, f"{code.at(line)}: {problem}", holds_back=not sure)


def _is_slip(name: str, bound: Bindings) -> bool:
    """What an example takes for granted is not told from what was forgotten; a slip of the pen is."""
    return is_stdlib(name) or bool(get_close_matches(name, bound.bound, 1, 0.8))


def _is_whole(body: ast.Module, nodes: Sequence[ast.AST]) -> bool:
    """Whether a block is meant to stand on its own: it imports first, and defines something or goes on."""
    first = body.body[1:] if body.body and isinstance(body.body[0], ast.Expr) else body.body
    imports = bool(first) and isinstance(first[0], ast.Import | ast.ImportFrom)
    defines = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in body.body)
    gaps = any(isinstance(node, ast.Constant) and node.value is ... for node in nodes)
    return imports and not gaps and (defines or len(body.body) > 4)


def _undefined_before(code: Code, work: Work) -> set[str]:
    before = work.originals.read(code.path) if work.originals else None
    if before is None:
        return set()
    try:
        return set(undefined(before, list(ast.walk(parsed(before)))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
