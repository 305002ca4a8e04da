"""How a piece of Python uses what it imports: names of modules and classes, and the arguments of calls."""

import ast
import builtins
import inspect
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePath
from types import ModuleType
from typing import Self

from minga.domain.verdict import CheckState
from minga.verification.claims import Claim
from minga.verification.code import stdlib
from minga.verification.code.bindings import Bindings
from minga.verification.code.hints import hinted
from minga.verification.code.modules import Missing, Module, Modules, functions, signature
from minga.verification.code.python_code import Code

_DEPTH_MAX = 12

_WHOLE = (str, bytes, list, dict, set, tuple, frozenset, Path, PurePath, datetime, date, timedelta, Decimal, Fraction)
_HOLDERS = (Counter, OrderedDict, defaultdict, deque)
_INSTANCES: frozenset[type] = frozenset({*_WHOLE, *_HOLDERS})
"""Classes whose instances have no attribute but those of the class."""

_RETURNS: dict[object, type] = {
    (datetime, name): datetime
    for name in ("now", "utcnow", "today", "strptime", "fromisoformat", "fromtimestamp", "combine")
} | {(date, "today"): date, (date, "fromisoformat"): date, (Path, "cwd"): Path, (Path, "home"): Path}

_LITERALS: dict[type[ast.expr], type] = {
    ast.JoinedStr: str,
    ast.List: list,
    ast.ListComp: list,
    ast.Dict: dict,
    ast.DictComp: dict,
    ast.Set: set,
    ast.SetComp: set,
    ast.Tuple: tuple,
}


@dataclass(frozen=True, slots=True)
class Instance:
    of: type


@dataclass(frozen=True, slots=True)
class Callable:
    """``keywords``, where there is no ``signature``: the names of all its arguments."""

    name: str
    signature: inspect.Signature | None
    keywords: frozenset[str] = frozenset()


Thing = ModuleType | type | Instance | Module | Callable


@dataclass(slots=True)
class Uses:
    """``known`` are names that the answer itself defines or speaks of: they need not be there yet."""

    code: Code
    modules: Modules
    known: Container[str]
    bound: Bindings
    local: dict[str, inspect.Signature]
    proven: int = 0

    @classmethod
    def of(cls, code: Code, modules: Modules, body: ast.Module, bound: Bindings, known: Container[str]) -> Self:
        local = {name: signature(function) for name, function in functions(body).items()}
        return cls(code, modules, known, bound, local)

    def claims(self, node: ast.AST) -> Iterator[Claim]:
        """What is to be said of one node; each node of the piece is given once."""
        match node:
            case ast.Import(names=aliases):
                for each in aliases:
                    yield from self._module(each.name, 0, node.lineno)
            case ast.ImportFrom(module=module, level=level, names=aliases):
                yield from self._members(module or "", level, aliases, node.lineno)
            case ast.Attribute(value=value, attr=attr, ctx=ast.Load()):
                yield from self._attribute(self.thing(value), value, attr, node.lineno)
            case ast.Call():
                yield from self._call(node)
            case _:
                pass

    def _module(self, dotted: str, level: int, line: int) -> Iterator[Claim]:
        if stdlib.is_stdlib(dotted) and not level:
            if self.modules.is_here(dotted, self.code.path):
                return
            if stdlib.is_submodule(dotted):
                self.proven += 1
            else:
                problem = f"no module {dotted} in the standard library"
                yield self._refuted(line, hinted(problem, dotted, stdlib.ASKED))
            return
        found = self.modules.find(dotted, self.code.path, level)
        said = "." * level + dotted
        if isinstance(found, Missing) and dotted.rpartition(".")[2] not in self.known:
            problem = f"{found.package} has no module {said}"
            yield self._refuted(line, hinted(problem, dotted.rpartition(".")[2], found.near))
        elif isinstance(found, Module):
            self.proven += 1
        elif not level:
            problem = f"{self.code.at(line)}: the module {said} cannot be seen from here, so its names stay unchecked"
            yield Claim(CheckState.UNPROVEN, problem)

    def _members(self, dotted: str, level: int, aliases: list[ast.alias], line: int) -> Iterator[Claim]:
        told = list(self._module(dotted, level, line)) if dotted else []
        yield from told
        if told or aliases[0].name == "*":
            return
        owner, said = self._found(dotted, level), "." * level + dotted
        for each in aliases:
            if owner is not None and (near := self._lacks(owner, each.name)) is not None:
                problem = f"{said} has no name {each.name}"
                yield self._refuted(line, hinted(problem, each.name, near))

    def _attribute(self, owner: Thing | None, value: ast.expr, attr: str, line: int) -> Iterator[Claim]:
        if owner is not None and (near := self._lacks(owner, attr)) is not None:
            problem = f"{_said(owner, value)} has no name {attr}"
            yield self._refuted(line, hinted(problem, attr, near))

    def _lacks(self, owner: Thing, name: str) -> list[str] | None:
        """The names that are there where ``name`` is not; None where it is there, or may be."""
        match owner:
            case Callable():
                return None
            case Instance(of=kind) if stdlib.missing(kind, name):
                return stdlib.names(kind)
            case ModuleType() | type() if stdlib.missing(owner, name):
                return stdlib.names(owner)
            case Module() if self._is_missing(owner, name):
                return sorted(owner.names)
            case _:
                self.proven += 1
                return None

    def _is_missing(self, owner: Module, name: str) -> bool:
        if owner.open_ended or name in owner.names or name in self.known or name.startswith("__"):
            return False
        return name not in self.modules.submodules(owner.path)

    def _found(self, dotted: str, level: int) -> Thing | None:
        if not level and stdlib.is_stdlib(dotted):
            return None if self.modules.is_here(dotted, self.code.path) else stdlib.module(dotted)
        found = self.modules.find(dotted, self.code.path, level)
        return found if isinstance(found, Module) else None

    def thing(self, node: ast.expr, depth: int = 0) -> Thing | None:
        """What an expression surely is; None where that is not known."""
        if depth > _DEPTH_MAX:
            return None
        match node:
            case ast.Name(id=name):
                return self._named(name, depth)
            case ast.Attribute(value=value, attr=attr):
                return self._member(self.thing(value, depth + 1), attr)
            case ast.Constant(value=str() | bytes() as value):
                return Instance(type(value))
            case ast.Call(func=function):
                return self._made(function, depth)
            case _:
                kind = _LITERALS.get(type(node))
                return Instance(kind) if kind else None

    def _named(self, name: str, depth: int) -> Thing | None:
        if name in self.bound.imports:
            dotted, level, member = self.bound.imports[name]
            owner = self._found(dotted, level)
            return self._member(owner, member) if member else owner
        if name in self.bound.values:
            met = self.thing(self.bound.values[name], depth + 1)
            return met if isinstance(met, Instance) else None
        if name in self.local and self.bound.bound[name] == 1:
            return Callable(name, self.local[name])
        if name in self.bound.bound or self.bound.stars:
            return None
        if name in ("str", "bytes", "list", "dict", "set", "tuple", "frozenset", "int", "float"):
            return getattr(builtins, name, None)
        made = stdlib.signature(builtins, name)
        return Callable(name, made) if made else None

    def _member(self, owner: Thing | None, name: str) -> Thing | None:
        match owner:
            case ModuleType():
                known = stdlib.module(f"{owner.__name__}.{name}") or getattr(owner, name, None)
                if isinstance(known, ModuleType):
                    return known if known.__name__ in {*stdlib.ASKED, "posixpath", "ntpath"} else None
                if isinstance(known, type):
                    return known
                made = stdlib.signature(owner, name)
                names = stdlib.keywords(owner, name)
                return Callable(f"{owner.__name__}.{name}", made, names) if made or names else None
            case Module() if name in owner.functions:
                return Callable(name, signature(owner.functions[name]))
            case Module():
                return self.modules.child(owner, name)
            case _:
                return None

    def _made(self, function: ast.expr, depth: int) -> Thing | None:
        made = self.thing(function, depth + 1)
        if isinstance(made, type):
            return Instance(made) if made in _INSTANCES else None
        if isinstance(function, ast.Attribute):
            owner = self.thing(function.value, depth + 1)
            kind = _RETURNS.get((owner, function.attr)) if isinstance(owner, type) else None
            return Instance(kind) if kind else None
        return None

    def _call(self, node: ast.Call) -> Iterator[Claim]:
        called = self.thing(node.func)
        if isinstance(called, type):
            called = Callable(called.__name__, None, stdlib.arguments(called))
        if isinstance(called, Callable) and (wrong := _misfit(called, node)):
            yield self._refuted(node.lineno, wrong)

    def _refuted(self, line: int, text: str) -> Claim:
        return Claim(CheckState.FAILED, f"{self.code.at(line)}: {text}")


def _misfit(called: Callable, call: ast.Call) -> str:
    """What of the arguments does not fit; empty where all do, or some are not told one by one."""
    name, given = called.name, [each.arg for each in call.keywords if each.arg]
    if called.signature is None:
        strange = [each for each in given if called.keywords and each not in called.keywords]
        return _strange(name, strange[0], called.keywords) if strange else ""
    taken = called.signature.parameters.values()
    names = {each.name for each in taken if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    open_ended = "cls" in given or any(each.kind is each.VAR_KEYWORD for each in taken)
    strange = [] if open_ended else [each for each in given if each not in names]
    if strange:
        return _strange(name, strange[0], names)
    if any(isinstance(each, ast.Starred) for each in call.args) or len(given) < len(call.keywords):
        return ""
    positional = [each for each in taken if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if len(call.args) > len(positional) and not any(each.kind is each.VAR_POSITIONAL for each in taken):
        return f"{name}() takes at most {len(positional)} arguments by position, not {len(call.args)}"
    left = [*positional[len(call.args) :], *(each for each in taken if each.kind is each.KEYWORD_ONLY)]
    lacking = [each.name for each in left if each.default is each.empty and each.name not in given]
    return f"{name}() lacks its argument {lacking[0]}" if lacking else ""


def _strange(name: str, given: str, names: Collection[str]) -> str:
    return hinted(f"{name}() takes no argument {given}", given, sorted(names))


def _said(owner: Thing, value: ast.expr) -> str:
    return f"a {owner.of.__name__}" if isinstance(owner, Instance) else ast.unparse(value)[:80]
