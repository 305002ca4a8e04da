"""Writes the names of the standard library that only some versions or platforms have, from typeshed.

`minga.verification` asks the running Python what a module holds. What another version or platform has beside that must
not be called missing; typeshed (Apache-2.0; the copy that mypy ships) has it below ``if sys.version_info`` and
``if sys.platform``. Run: ``.venv/bin/python tools/stdlib_names.py``.
"""

import ast
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import mypy

from minga.verification.code import stdlib
from minga.verification.code.stdlib import ASKED

TYPESHED = Path(mypy.__file__).parent / "typeshed" / "stdlib"
WRITTEN = Path(__file__).parent.parent / "src" / "minga" / "verification" / "code" / "stdlib_elsewhere.json"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def statements(body: list[ast.stmt], conditional: bool) -> Iterator[tuple[ast.stmt, bool]]:
    for node in body:
        if isinstance(node, ast.If):
            yield from statements(node.body, True)
            yield from statements(node.orelse, True)
        else:
            yield node, conditional


def names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Import(names=given) | ast.ImportFrom(names=given):
            return [(each.asname or each.name).partition(".")[0] for each in given]
        case _:
            return []


def is_asked(key: str) -> bool:
    """Whether it belongs to a module that is looked into, or to a class, which is known by its bare name."""
    return key in ASKED or key.rpartition(".")[0] in ASKED or key[:1].isupper() or key in ("posixpath", "builtins")


def parameters(node: Function) -> set[str]:
    given = node.args
    return {each.arg for each in [*given.posonlyargs, *given.args, *given.kwonlyargs]}


def main() -> None:
    modules: dict[str, set[str]] = defaultdict(set)
    classes: dict[str, set[str]] = defaultdict(set)
    functions: dict[str, set[str]] = defaultdict(set)
    stars: list[tuple[str, str]] = []
    calls: list[tuple[str, str]] = []
    for file in sorted(TYPESHED.rglob("*.pyi")):
        parts = file.relative_to(TYPESHED).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for node, conditional in statements(ast.parse(file.read_text()).body, False):
            looked_into = stdlib.module(module)
            for name in names(node):
                if conditional or (looked_into is not None and not hasattr(looked_into, name)):
                    modules[module].add(name)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                stars.append((module, node.module or ""))
            if isinstance(node, Function) and conditional:
                functions[f"{module}.{node.name}"] |= parameters(node)
            if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name):
                calls.append((f"{module}.{names(node)[0]}", f"{node.annotation.id}.__call__"))
            if isinstance(node, ast.ClassDef):
                for member, below in statements(node.body, conditional):
                    if below:
                        classes[node.name].update(names(member))
                    if below and isinstance(member, Function):
                        functions[f"{node.name}.{member.name}"] |= parameters(member)
    for module, source in stars:
        modules[module] |= modules[source]
    for function, protocol in calls:
        functions[function] |= functions.get(protocol, set())
    tables = {"modules": modules, "classes": classes, "functions": functions}
    kept = {
        title: {
            key: " ".join(sorted(public))
            for key, found in sorted(table.items())
            if (public := {name for name in found if name[0] not in "_*"}) and is_asked(key)
        }
        for title, table in tables.items()
    }
    WRITTEN.write_text(json.dumps({"source": "typeshed, as in mypy", **kept}, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
