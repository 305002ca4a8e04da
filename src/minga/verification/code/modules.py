"""Python modules below the working directory and in the project's environment, as their text tells: nothing runs."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from minga.verification.code import stdlib
from minga.verification.code.python_code import parsed
from minga.verification.files.tree import Tree

Function = ast.FunctionDef | ast.AsyncFunctionDef

_ENVIRONMENTS = (".venv", "venv", "env")

_MADE_BY_TOOLS = ("_pb2", "_pb2_grpc", "version", "_generated", "_rc", "_ui")
"""Ends of the names of modules that a build writes, and that git does not keep."""

_OPENING = frozenset({"globals", "vars", "locals", "exec", "eval", "setattr", "__path__", "modules", "lazy_loader"})
"""What appears in a module that makes its names while it runs."""

_MAY_OPEN = re.compile("|".join(sorted(_OPENING)).encode())


@dataclass(frozen=True, slots=True)
class Module:
    """``names`` are those that its text binds; with ``open_ended`` there may be others. ``functions``: those that are
    bound once, without decorators."""

    path: str
    names: frozenset[str]
    functions: Mapping[str, Function] = field(default_factory=dict)
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """The package at ``package`` is there, and has no such module."""

    package: str
    near: tuple[str, ...]


@dataclass(slots=True)
class Modules:
    """Finds modules for one look; each is read once."""

    tree: Tree
    _read: dict[str, Module | None] = field(default_factory=dict)
    _found: dict[tuple[str, str, int], Module | Missing | None] = field(default_factory=dict)
    _starts: dict[str, list[str]] = field(default_factory=dict)
    _environments: list[str] | None = None

    def find(self, dotted: str, importer: str = "", level: int = 0) -> Module | Missing | None:
        """The module that an import statement names in the file ``importer``; None where that cannot be known."""
        key = (dotted, importer.rpartition("/")[0], level)
        if key not in self._found:
            relative = self._relative(dotted, importer, level) if level else self._absolute(dotted, importer)
            self._found[key] = relative
        return self._found[key]

    def _absolute(self, dotted: str, importer: str) -> Module | Missing | None:
        top = dotted.partition(".")[0]
        met = [self._below(root, dotted) for root in self._roots(importer)]
        if not any(met):
            met = [self._below(root, dotted) for root in self.environments] or [self._elsewhere(top, dotted)]
        there = [each for each in met if isinstance(each, Module)]
        if there:
            return there[0] if len({each.path for each in there}) == 1 else _united(there)
        return next((each for each in met if each is not None), None)

    def is_here(self, dotted: str, importer: str) -> bool:
        """Whether the first name of ``dotted`` is a module or folder that an import may mean."""
        top = dotted.partition(".")[0]
        return any(
            self.tree.is_file(f"{root}{top}.py") or self.tree.is_file(f"{root}{top}/__init__.py")
            for root in self._roots(importer)
        )

    def submodules(self, path: str) -> list[str]:
        """What stands beside the ``__init__`` at ``path``."""
        if not path.endswith(("__init__.py", "__init__.pyi")):
            return []
        place = self.tree.place(path)
        try:
            return sorted({each.name.partition(".")[0] for each in place.parent.iterdir()}) if place else []
        except OSError:
            return []

    def child(self, package: Module, name: str) -> Module | None:
        """The module ``name`` of a package that binds no such name itself."""
        if not package.path.endswith("/__init__.py") or package.open_ended or name in package.names:
            return None
        found = self._below(package.path.removesuffix("__init__.py"), name)
        return found if isinstance(found, Module) else None

    @property
    def environments(self) -> list[str]:
        """The folders of installed packages below the working directory, as prefixes of paths."""
        if self._environments is None:
            self._environments = []
            for name in _ENVIRONMENTS:
                place = self.tree.place(name)
                for pattern in ("lib/python*/site-packages", "Lib/site-packages"):
                    found = place.glob(pattern) if place else ()
                    self._environments += [f"{name}/{each.relative_to(place).as_posix()}/" for each in found if place]
        return self._environments

    def _elsewhere(self, top: str, dotted: str) -> Module | None:
        """A module somewhere below the root, from where it may be imported or not: it proves, and refutes nothing."""
        for path in [*self.tree.ending_in(f"{top}/__init__.py"), *self.tree.ending_in(f"{top}.py")][:20]:
            found = self._below(_parent_of_module(path), dotted)
            if isinstance(found, Module):
                return replace(found, open_ended=True)
        return None

    def _roots(self, importer: str) -> list[str]:
        """Prefixes of paths from which an absolute import may start: the root, ``src``, and those of the importer's
        folders that are no packages themselves."""
        below = importer.rpartition("/")[0]
        if below not in self._starts:
            folders = [str(folder) for folder in PurePosixPath(importer).parents if str(folder) != "."]
            above = [f"{folder}/" for folder in folders if not self.tree.is_file(f"{folder}/__init__.py")]
            starts = ["", "src/", "lib/", *above, *(f"{folder}src/" for folder in above)]
            self._starts[below] = list(dict.fromkeys(starts))
        return self._starts[below]

    def _relative(self, dotted: str, importer: str, level: int) -> Module | Missing | None:
        folders = PurePosixPath(importer).parts[:-1]
        if not importer or level - 1 > len(folders):
            return None
        start = "/".join(folders[: len(folders) - level + 1])
        if not dotted:
            return self._package(start)
        return self._below(f"{start}/" if start else "", dotted, is_package=self.tree.is_file(f"{start}/__init__.py"))

    def _package(self, folder: str) -> Module | None:
        return self._module(f"{folder}/__init__.py") if self.tree.is_file(f"{folder}/__init__.py") else None

    def _below(self, root: str, dotted: str, *, is_package: bool = False) -> Module | Missing | None:
        """Follow the names down from ``root``. A folder without ``__init__`` may be one of several that share its name,
        so nothing is said to be missing from it."""
        here, regular = root, is_package
        names = dotted.split(".")
        for at, name in enumerate(names):
            for ending in ("/__init__.py", "/__init__.pyi", ".py", ".pyi"):
                if self.tree.is_file(f"{here}{name}{ending}"):
                    break
            else:
                if self.tree.is_dir(f"{here}{name}"):
                    here, regular = f"{here}{name}/", False
                    continue
                return self._absent(here, name) if regular else None
            if at == len(names) - 1:
                return self._module(f"{here}{name}{ending}")
            if ending in (".py", ".pyi"):
                return Missing(f"{here}{name}{ending}", ())
            here, regular = f"{here}{name}/", True
        return None

    def _absent(self, package: str, name: str) -> Missing | None:
        init = f"{package}__init__.py"
        module = self._module(init) if self.tree.is_file(init) else None
        beside = self.submodules(init)
        made = name.startswith("_") or name.endswith(_MADE_BY_TOOLS) or name in beside
        if module is None or module.open_ended or made or name in module.names:
            return None
        return Missing(package, tuple(beside))

    def _module(self, path: str, *, follow: bool = True) -> Module | None:
        if path not in self._read:
            self._read[path] = None
            source = self.tree.read(path)
            try:
                body = parsed(source) if source is not None else None
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                body = None
            self._read[path] = self._described(path, source or b"", body, follow=follow) if body else None
        return self._read[path]

    def _described(self, path: str, source: bytes, body: ast.Module, *, follow: bool) -> Module:
        names = set(bound(body))
        open_ended = "__getattr__" in names or (bool(_MAY_OPEN.search(source)) and opens(body))
        for node in ast.walk(body) if b"import *" in source or b"global " in source else ():
            if isinstance(node, ast.Global):
                names.update(node.names)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                more = self._starred(node, path) if follow else None
                names |= more or set()
                open_ended = open_ended or more is None
        return Module(path, frozenset(names), functions(body), open_ended)

    def _starred(self, node: ast.ImportFrom, path: str) -> set[str] | None:
        """The names that ``from … import *`` may bring; None where they cannot be known."""
        dotted = node.module or ""
        known = stdlib.module(dotted) if not node.level else None
        if known is not None:
            return set(dir(known))
        found = self.find(dotted, path, node.level)
        return set(found.names) if isinstance(found, Module) and not found.open_ended else None


def bound(body: ast.Module) -> Iterator[str]:
    """The names that a module's own statements bind, under whatever condition."""
    stack: list[ast.AST] = list(body.body)
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
                continue
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((each.asname or each.name).partition(".")[0] for each in aliases)
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                yield name
            case ast.Lambda():
                continue
            case _:
                pass
        stack.extend(ast.iter_child_nodes(node))


def opens(body: ast.Module) -> bool:
    """Whether the module may get names otherwise than by its statements."""
    return any(
        (isinstance(node, ast.Name) and node.id in _OPENING)
        or (isinstance(node, ast.Attribute) and node.attr in _OPENING)
        for node in ast.walk(body)
    )


def functions(body: ast.Module) -> dict[str, Function]:
    """The functions of a module that are surely what their name stands for."""
    found = [node for node in body.body if isinstance(node, Function) and not node.decorator_list]
    times = Counter(bound(body))
    return {node.name: node for node in found if times[node.name] == 1}


def signature(function: Function) -> inspect.Signature:
    given = function.args
    defaults = [None] * (len(given.posonlyargs) + len(given.args) - len(given.defaults)) + given.defaults
    kinds: list[inspect._ParameterKind] = [inspect.Parameter.POSITIONAL_ONLY] * len(given.posonlyargs)
    kinds += [inspect.Parameter.POSITIONAL_OR_KEYWORD] * len(given.args)
    positional = zip([*given.posonlyargs, *given.args], kinds, defaults, strict=True)
    made = [_parameter(arg, kind, default) for arg, kind, default in positional]
    if given.vararg:
        made.append(_parameter(given.vararg, inspect.Parameter.VAR_POSITIONAL, None))
    keywords = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    made += [_parameter(arg, inspect.Parameter.KEYWORD_ONLY, default) for arg, default in keywords]
    if given.kwarg:
        made.append(_parameter(given.kwarg, inspect.Parameter.VAR_KEYWORD, None))
    return inspect.Signature(made)


def _parameter(arg: ast.arg, kind: inspect._ParameterKind, default: ast.expr | None) -> inspect.Parameter:
    return inspect.Parameter(arg.arg, kind, default=inspect.Parameter.empty if default is None else "given")


def _parent_of_module(path: str) -> str:
    folders = PurePosixPath(path).parts[:-1]
    folders = folders[:-1] if path.endswith("/__init__.py") else folders
    return "".join(f"{folder}/" for folder in folders)


def _united(modules: Iterable[Module]) -> Module:
    """Several files may be meant: a name is missing only where all lack it."""
    several = list(modules)
    names = frozenset(name for each in several for name in each.names)
    return Module(several[0].path, names, {}, any(each.open_ended for each in several))
