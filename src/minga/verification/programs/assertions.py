"""Python tests that pass because they assert nothing."""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from minga.domain.work import Work
from minga.verification.programs.tampering import content, is_test

FILES_MAX = 500

_ASSERTING = re.compile(
    r"assert|raises|warns|check|verify|expect|should|fail|match|snapshot|ensure|approx", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Empty:
    """``tests``: those, of the changed files, that assert nothing (``file:line name``). ``alone``: no other test has to
    do with what was changed."""

    tests: tuple[str, ...] = ()
    alone: bool = False


def without_assertions(work: Work) -> Empty:
    """Look through the Python tests that the work added or changed."""
    empty: list[str] = []
    others = 0
    changed = {change.path for change in work.changed}
    for path in sorted(path for path in changed if path.endswith(".py") and is_test(path)):
        tree = _tree(work.cwd / path)
        for test, asserts in _judged(tree) if tree else ():
            if asserts:
                others += 1
            else:
                empty.append(f"{path}:{test.lineno} {test.name}")
    return Empty(tuple(empty), bool(empty) and not others and not _is_tested_elsewhere(work, changed))


def _judged(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, bool]]:
    """Each test function, and whether it asserts anything: itself, or through a function of its file that does."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    helpers = {function.name for function in functions if _asserts(function, set())}
    for function in functions:
        if function.name.startswith("test"):
            yield function, _asserts(function, helpers)


def _asserts(function: ast.AST, helpers: set[str]) -> bool:
    return any(_is_assertion(node, helpers) for node in _heeded(function))


def _heeded(function: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those whose failure is caught and forgotten."""
    stack: list[ast.AST] = [function]
    while stack:
        node = stack.pop()
        yield node
        forgotten = node.body if isinstance(node, ast.Try) and any(map(_forgets, node.handlers)) else []
        stack += [each for each in ast.iter_child_nodes(node) if each not in forgotten]


def _forgets(handler: ast.ExceptHandler) -> bool:
    caught = {each.id for each in ast.walk(handler.type) if isinstance(each, ast.Name)} if handler.type else {""}
    return bool(caught & {"", "AssertionError", "Exception", "BaseException"}) and all(
        isinstance(each, ast.Pass) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in handler.body
    )


def _is_assertion(node: ast.AST, helpers: set[str]) -> bool:
    if isinstance(node, ast.Assert):
        return not _is_always_true(node.test)
    if isinstance(node, ast.Raise):
        return True
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None) or ""
        return name in helpers or _ASSERTING.search(name) is not None
    return False


def _is_always_true(test: ast.expr) -> bool:
    """``assert True``, ``assert 1 == 1``, ``assert x == x``: nothing is asked of the code."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple):
        return bool(test.elts)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is):
        right = test.comparators[0]
        return ast.dump(test.left) == ast.dump(right) and not any(isinstance(n, ast.Call) for n in ast.walk(test))
    return isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) and any(map(_is_always_true, test.values))


def _is_tested_elsewhere(work: Work, changed: set[str]) -> bool:
    """Whether a test that was not changed names a module that was; or one as it was before, which runs too."""
    names = {PurePosixPath(path).stem for path in changed if path.endswith(".py") and not is_test(path)}
    names |= {PurePosixPath(path).parent.name for path in changed if path.endswith("/__init__.py")}
    names.discard("")
    if not names:  # nothing but tests is the work, or what Python tests may reach otherwise
        return any(not is_test(path) for path in changed)
    word = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(names))) + r")\b")
    if any(word.search(text) for text in _asserting_before(work, changed)):
        return True
    looked = 0
    for path in _python_tests(work.cwd):
        if path in changed:
            continue
        looked += 1
        text = content(work.cwd / path)
        if looked > FILES_MAX or (text is not None and word.search(text.decode("utf-8", "replace"))):
            return True
    return False


def _asserting_before(work: Work, changed: set[str]) -> Iterator[str]:
    """The texts of the changed tests as they were, where they asserted something."""
    for path in changed if work.originals else ():
        before = work.originals.read(path) if work.originals and path.endswith(".py") and is_test(path) else None
        tree = _parsed(before) if before else None
        if before and tree and any(asserts for _, asserts in _judged(tree)):
            yield before.decode("utf-8", "replace")


def _python_tests(cwd: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(cwd):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in {"node_modules", "venv"}]
        for name in names:
            path = os.path.relpath(os.path.join(parent, name), cwd)
            if name.endswith(".py") and is_test(path):
                yield path


def _tree(path: Path) -> ast.Module | None:
    return _parsed(content(path) or b"")


def _parsed(text: bytes) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None
