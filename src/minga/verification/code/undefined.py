"""Names that Python code uses and that nothing defines, by the interpreter's own table of symbols."""

import ast
import symtable
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from minga.verification.code.python_code import parsed
from minga.verification.code.quiet import quiet
from minga.verification.code.stdlib import builtin_names


@lru_cache(maxsize=256)
def undefined_in(source: str) -> Mapping[str, int]:
    """As `undefined`, for a piece of an answer; raises as it and ``ast.parse``."""
    return undefined(source, list(ast.walk(parsed(source))))


def undefined(source: str | bytes, nodes: Sequence[ast.AST]) -> dict[str, int]:
    """Each such name with the line of its first use, in code whose tree has these ``nodes``. None are told of code that
    brings names in unseen: a star import, ``exec``, ``globals()``, a handler of NameError.

    Raise as ``symtable.symtable``: SyntaxError, also ValueError, RecursionError, MemoryError.
    """
    if _is_unsure(nodes):
        return {}
    with quiet():
        top = symtable.symtable(source, "<code>", "exec")  # type: ignore[arg-type]  # bytes are fine, as for compile
    scopes = list(_scopes(top))
    defined = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    defined |= {
        s.get_name() for scope in scopes for s in scope.get_symbols() if s.is_declared_global() and s.is_assigned()
    }
    defined |= {symbol.get_name() for symbol in top.get_symbols() if symbol.is_annotated()}
    used = {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and (scope is top or _is_global(symbol))
    }
    lacking = used - defined - builtin_names()
    lines: dict[str, int] = {}
    for node in nodes if lacking else ():
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in lacking:
            lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
    return lines


def _is_global(symbol: symtable.Symbol) -> bool:
    """Python 3.11 takes a function that is called ``top`` for the module itself, hence not only by its own word."""
    return symbol.is_global() and not (symbol.is_assigned() or symbol.is_parameter() or symbol.is_imported())


def _scopes(top: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    stack = [top]
    while stack:
        scope = stack.pop()
        yield scope
        stack.extend(scope.get_children())


def _is_unsure(nodes: Sequence[ast.AST]) -> bool:
    for node in nodes:
        match node:
            case ast.ImportFrom(names=[ast.alias(name="*"), *_]):
                return True
            case ast.Name(id="exec" | "eval" | "globals" | "NameError" | "__builtins__" | "builtins"):
                return True
            case ast.Delete(targets=targets) if any(isinstance(target, ast.Name) for target in targets):
                return True
            case _:
                pass
    return False
