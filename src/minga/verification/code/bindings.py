"""What the names of a piece of Python stand for, where that is certain, and where a name may be wrong on purpose."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Imported = tuple[str, int, str]
"""The module, the number of dots before it, and the name that is taken from it; empty for the module itself."""

_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "AttributeError", "NameError", "TypeError"})

_ASKED_BEFORE = frozenset({"hasattr", "version_info", "platform", "sys_platform", "PY2", "PY3", "find_spec", "getattr"})
"""What conditions ask that decide whether a name may be used."""

_EXPECTED = frozenset({"raises", "assertRaises", "assertRaisesRegex", "suppress", "warns", "skipif", "xfail"})


@dataclass(slots=True)
class Bindings:
    """``imports``: names that an import binds, and nothing else. ``values``: names that are bound once, by an
    assignment of this expression. ``bound``: how often each name is bound, in whatever scope."""

    imports: dict[str, Imported] = field(default_factory=dict)
    values: dict[str, ast.expr] = field(default_factory=dict)
    bound: Counter[str] = field(default_factory=Counter)
    stars: bool = False


def bindings(nodes: Iterable[ast.AST]) -> Bindings:
    made = Bindings()
    imported: dict[str, set[Imported]] = {}
    for node in nodes:
        match node:
            case ast.Import(names=aliases):
                for each in aliases:
                    name = each.asname or each.name.partition(".")[0]
                    imported.setdefault(name, set()).add((each.name if each.asname else name, 0, ""))
            case ast.ImportFrom(names=aliases):
                made.stars = made.stars or aliases[0].name == "*"
                for each in aliases:
                    imported.setdefault(each.asname or each.name, set()).add((node.module or "", node.level, each.name))
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                made.values[name] = value
            case _:
                pass
        made.bound.update(_names(node))
    once = {name: where.pop() for name, where in imported.items() if len(where) == 1 and not made.bound[name]}
    made.imports = once
    made.bound.update(list(imported))
    made.values = {name: value for name, value in made.values.items() if made.bound[name] == 1}
    return made


def _names(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
            return [name]
        case (
            ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name)
        ):
            return [name]
        case ast.MatchMapping(rest=str() as name):
            return [name]
        case _:
            return []


def unguarded(body: ast.Module, ignored: frozenset[int]) -> Iterator[ast.AST]:
    """Every node but those that run only where a name is there, that expect to fail, or that stand on the ``ignored``
    lines."""
    stack: list[ast.AST] = [body]
    while stack:
        node = stack.pop()
        if getattr(node, "lineno", 0) in ignored:
            continue
        yield node
        match node:
            case ast.Try(body=tried, handlers=handlers) if _catches(handlers, tried):
                stack += [*handlers, *node.finalbody]
            case ast.With(items=items) | ast.AsyncWith(items=items) if _mentions(items, _EXPECTED):
                pass
            case ast.If(test=test) | ast.IfExp(test=test) if _mentions([test], _ASKED_BEFORE):
                pass
            case ast.FunctionDef(decorator_list=marks) | ast.ClassDef(decorator_list=marks) if _mentions(
                marks, _EXPECTED
            ):
                pass
            case ast.BoolOp(values=values) if _mentions(values, _ASKED_BEFORE):
                pass
            case _:
                stack.extend(ast.iter_child_nodes(node))


def _catches(handlers: list[ast.ExceptHandler], tried: list[ast.stmt]) -> bool:
    """Whether the handlers are there for a name that lacks; one that takes everything, where only imports are tried."""
    if any(each.type is not None and _mentions([each.type], _GUARDS) for each in handlers):
        return True
    return all(isinstance(each, ast.Import | ast.ImportFrom) for each in tried)


def _mentions(nodes: Sequence[ast.AST], names: frozenset[str]) -> bool:
    for node in nodes:
        for below in ast.walk(node):
            match below:
                case ast.Name(id=name) | ast.Attribute(attr=name) if name in names:
                    return True
                case _:
                    pass
    return False


def ignored_lines(text: str) -> frozenset[int]:
    """Lines whose comment tells tools that something on them looks wrong and is not."""
    marks = ("type: ignore", "noqa", "pylint: disable", "pyright: ignore")
    return frozenset(n for n, line in enumerate(text.splitlines(), 1) if "#" in line and any(m in line for m in marks))
