"""A hook of the build: with ``MINGA_COMPILE=1`` the wheel holds the modules that a plain call of the gateway passes as
machine code too, made by mypyc from the same files. Without it nothing happens, and the wheel is for any machine.

Python takes the machine code where it is there; the source beside it is what tracebacks show.

The `__init__` of a dataclass is written by the standard library when its module is loaded, so mypyc has no machine code
for it, and a call makes fifteen such records: `with_inits` writes it into the copy of the source that is compiled.
There, constants are said to be final, too (`with_finals`): else each use of one is a look into its module's dictionary.
"""

import ast
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WANTED = "MINGA_COMPILE"

COMPILER = ("mypy>=2.4,<3", "setuptools>=65")

POSIX_FLAGS = ("-fvisibility=hidden", "-fno-plt")
"""Nobody outside calls the functions of the library by their names: so the compiler may call them without a detour, and
put one into another."""

_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


class CompileHook(BuildHookInterface[Any]):
    """``modules`` in its table of pyproject.toml are files below ``src``."""

    def dependencies(self) -> list[str]:
        """The compiler reads the types of whatever the modules import."""
        return [*COMPILER, *self.metadata.core.dependencies] if _is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not _is_wanted() or version == "editable":
            return
        self._place = Path(tempfile.mkdtemp(prefix="minga-compiled-"))
        build_data |= {"pure_python": False, "infer_tag": True}
        for library in _compiled(Path(self.root), self.config["modules"], self._place):
            build_data["force_include"][str(library)] = str(library.relative_to(self._place / "lib"))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if not build_data["pure_python"]:
            shutil.rmtree(self._place)


def _is_wanted() -> bool:
    return os.environ.get(WANTED) == "1"


def _compiled(root: Path, modules: list[str], place: Path) -> list[Path]:
    """The libraries below ``place``, where they lie as in the wheel."""
    from mypyc.build import mypycify  # noqa: PLC0415 - only there where it is wanted
    from setuptools import Distribution  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    shutil.copytree(root / "src", place / "src")
    shutil.copy(root / "pyproject.toml", place)
    files = [place / "src" / module for module in modules]
    sources = [with_finals(file.read_text("utf-8")) for file in files]
    for file, source in zip(files, with_inits(sources), strict=True):
        file.write_text(source, "utf-8")
    here = Path.cwd()
    os.chdir(place)
    try:
        checked = ["--config-file=pyproject.toml", "--follow-imports=silent", f"--cache-dir={place / 'checked'}"]
        named = [f"src/{module}" for module in modules]
        made = mypycify([*checked, *named], debug_level="0", target_dir=str(place / "c"), group_name="minga")
        for one in made if os.name == "posix" else []:
            one.extra_compile_args.extend(POSIX_FLAGS)
        command = build_ext(Distribution({"name": "minga", "ext_modules": made}))
        command.build_lib, command.build_temp = str(place / "lib"), str(place / "objects")
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(here)
    return sorted((place / "lib").rglob("*.so")) + sorted((place / "lib").rglob("*.pyd"))


def with_finals(source: str) -> str:
    """``source`` with its constants, which are named in capitals, marked as final; all lines keep their numbers."""
    tree = ast.parse(source)
    marks = [mark for one in tree.body for mark in _marks(one)]
    if not marks or not isinstance(tree.body[0], ast.Expr):
        return source
    lines = [line.encode() for line in source.splitlines(keepends=True)]  # places are told in bytes
    for at, begin, end, text in [*reversed(marks), (*_end_of(tree.body[0]), "; from typing import Final")]:
        lines[at] = lines[at][:begin] + text.encode() + lines[at][end:]
    return b"".join(lines).decode()


_Mark: TypeAlias = tuple[int, int, int, str]
"""The number of a line, from where to where, and what stands there instead."""


def _marks(one: ast.stmt) -> list[_Mark]:
    """In their order."""
    match one:
        case ast.Assign(targets=[ast.Name(id=name) as target]) if _CONSTANT.fullmatch(name):
            return [(*_end_of(target), ": Final")]
        case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=ast.expr()) if _CONSTANT.fullmatch(name):
            return [(kind.lineno - 1, kind.col_offset, kind.col_offset, "Final["), (*_end_of(kind), "]")]
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if all(map(_is_constant, names)):
            pairs = zip(map(ast.unparse, names), map(ast.unparse, values), strict=True)
            said = "; ".join([f"{name}: Final = {value}" for name, value in pairs])
            return [(one.lineno - 1, one.col_offset, one.end_col_offset or 0, said)]
    return []


def _is_constant(name: ast.expr) -> bool:
    return isinstance(name, ast.Name) and bool(_CONSTANT.fullmatch(name.id))


def _end_of(one: ast.expr | ast.stmt) -> tuple[int, int, int]:
    at, column = one.end_lineno or 0, one.end_col_offset or 0
    return at - 1, column, column


def with_inits(sources: list[str]) -> list[str]:
    """``sources`` with an `__init__` in each dataclass that has none, in the empty line behind it: so all others keep
    their numbers. A frozen one can be changed then, and is hashed as before."""
    trees = [ast.parse(source) for source in sources]
    known: dict[str, list[ast.AnnAssign]] = {}
    return [_with_inits(source, tree, known) for source, tree in zip(sources, trees, strict=True)]


def _with_inits(source: str, tree: ast.Module, known: dict[str, list[ast.AnnAssign]]) -> str:
    """``known``: the fields of the dataclasses before it, which it may inherit; it gets those of this one."""
    lines = [*source.splitlines(), ""]
    for found in ast.walk(tree):
        if isinstance(found, ast.ClassDef) and (decorator := _dataclass(found)):
            at, end = decorator.lineno - 1, found.end_lineno or 0
            lines[at] = lines[at].replace("frozen=True", "unsafe_hash=True")
            if init := _init(found, known):
                assert not lines[end].strip(), f"no empty line behind {found.name}"
                lines[end] = f"    {init}"
    return "\n".join(lines).rstrip("\n") + "\n"


def _dataclass(found: ast.ClassDef) -> ast.expr | None:
    """Its decorator."""
    calls = {one.func if isinstance(one, ast.Call) else one: one for one in found.decorator_list}
    return next((one for name, one in calls.items() if isinstance(name, ast.Name) and name.id == "dataclass"), None)


def _init(found: ast.ClassDef, known: dict[str, list[ast.AnnAssign]]) -> str:
    """As the standard library writes it; empty where it would be another one."""
    bases = [ast.unparse(one) for one in found.bases]
    has_own = any(isinstance(one, ast.FunctionDef) and one.name in ("__init__", "__post_init__") for one in found.body)
    if has_own or any(base not in known for base in bases):
        return ""
    fields = [field for base in bases for field in known[base]]
    fields = known[found.name] = fields + [one for one in found.body if isinstance(one, ast.AnnAssign)]
    takes, sets = ["self"], []
    for one in fields:
        name, type_, default = ast.unparse(one.target), ast.unparse(one.annotation), one.value
        made, given = _default(default) if default else ("", "")
        takes.append(f"{name}: {type_} | None = None" if made else f"{name}: {type_}{given and f' = {given}'}")
        sets.append(f"self.{name} = {f'{made} if {name} is None else {name}' if made else name}")
    return f"def __init__({', '.join(takes)}) -> None: {'; '.join(sets)}" if fields else ""


def _default(value: ast.expr) -> tuple[str, str]:
    """How it is made for each object, or what it is; of a field with other options neither."""
    if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "field"):
        return "", ast.unparse(value)
    options = {one.arg: ast.unparse(one.value) for one in value.keywords}
    return (f"{options['default_factory']}()" if "default_factory" in options else ""), options.get("default", "")
