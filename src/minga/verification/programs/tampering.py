"""Were tests, or what configures them, changed by the work itself; and how they were before."""

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from minga.domain.work import Work

FILE_BYTES_MAX = 2_000_000

_FOLDERS = {"tests", "test", "__tests__", "spec", "specs", "e2e", "__snapshots__"}
_FILE = re.compile(
    r"test_.{1,200}\.py|.{1,200}_tests?\.(?:py|go|rs|exs|rb|c|cc|cpp)|.{1,200}\.(?:test|spec)\.[cm]?[jt]sx?|"
    r".{1,200}(?:Test|Tests|Spec)\.(?:java|kt|cs|php|swift|scala)|.{1,200}_spec\.rb"
)
_CONFIGURATION = re.compile(
    r"conftest\.py|(?:site|user)customize\.py|(?:_?pytest|unittest)\.py|pytest\.ini|\.pytest\.ini|(?:jest|vitest|karma|playwright|cypress)\.config\.\w{1,5}|\.mocharc(?:\.\w{1,5})?|"
    r"vitest\.workspace\.\w{1,5}"
)
_IN_ITS_PLACE = {"pytest", "_pytest", "unittest"}
"""Packages at the top of the project that would be run in place of the runner of tests."""
_MAKEFILES = {"GNUmakefile", "makefile", "Makefile"}
_TEST_SCRIPTS = ("pretest", "test", "posttest")
_TEST_TABLES = ("jest", "mocha", "vitest", "ava")
_SKIPS = {"skip", "skipif", "skipIf", "skipUnless", "xfail", "expectedFailure", "SkipTest"}


@dataclass(frozen=True, slots=True)
class Tampering:
    """``restored`` puts into a copy what puts the tests back (None: a file goes); empty where no test was touched.
    ``told``: a sentence for each file. ``added``: test files that are new, which is nobody's fault. ``unknown``: tests
    that were changed, and of which nothing is kept."""

    restored: Mapping[str, bytes | None] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def is_test(path: str) -> bool:
    """Whether a file, by its path, is a test or what a test reads."""
    pure = PurePosixPath(path)
    return bool(_FILE.fullmatch(pure.name)) or any(part in _FOLDERS for part in pure.parts[:-1])


def tampering(work: Work) -> Tampering:
    restored: dict[str, bytes | None] = {}
    told: list[str] = []
    added: list[str] = []
    unknown: list[str] = []
    for path in dict.fromkeys(change.path for change in work.changed if _is_inside(change.path)):
        if not _is_of_tests(path):
            continue
        before = work.originals.read(path) if work.originals is not None else None
        now = content(work.cwd / path)
        kinds = {change.change for change in work.changed if change.path == path}
        if before is None and "added" not in kinds:
            unknown.append(path)
        elif before is None and not _is_configuration(path):
            added.append(path)
        else:
            back, sentence = _how_it_differs(path, before, now)
            if sentence:
                restored[path] = back
                told.append(sentence)
    return Tampering(restored, tuple(told), tuple(added), tuple(unknown))


def content(path: Path) -> bytes | None:
    """None for what is no plain file of a sensible size."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            return None
        return path.read_bytes()
    except OSError:
        return None


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts


def _is_configuration(path: str) -> bool:
    pure = PurePosixPath(path)
    name = pure.name
    return (
        bool(_CONFIGURATION.fullmatch(name))
        or pure.parts[0] in _IN_ITS_PLACE
        or name
        in {
            "pyproject.toml",
            "setup.cfg",
            "tox.ini",
            "package.json",
            *_MAKEFILES,
        }
    )


def _is_of_tests(path: str) -> bool:
    return is_test(path) or _is_configuration(path)


def _how_it_differs(path: str, before: bytes | None, now: bytes | None) -> tuple[bytes | None, str]:
    """What puts the tests of one file back, and what is said of it; no sentence: nothing of tests was changed."""
    name = PurePosixPath(path).name
    part = _part_of(name)
    if part is not None:
        if part(before) == part(now):
            return None, ""
        spliced = _with_scripts_of(before, now) if name == "package.json" else before
        return spliced, f"{path}: what configures the tests was changed"
    if before == now or (name.endswith(".py") and before is not None and now is not None and _is_same(before, now)):
        return None, ""
    if now is None:
        return before, f"{path} was deleted"
    if before is None:
        return None, f"{path}, which configures the tests, was added"
    return before, f"{path} was changed{_weakened(path, before, now)}"


def _part_of(name: str) -> Any:
    """The function that takes out of a file what configures tests; None where all of the file does."""
    if name in _MAKEFILES:
        return _make_rule
    return {
        "pyproject.toml": _pyproject_part,
        "setup.cfg": _ini_part,
        "tox.ini": _ini_part,
        "package.json": _package_part,
    }.get(name)


def _pyproject_part(text: bytes | None) -> Any:
    try:
        table = tomllib.loads((text or b"").decode("utf-8", "replace"))
    except tomllib.TOMLDecodeError:
        return text
    tools = table.get("tool")
    return (tools.get("pytest") or None) if isinstance(tools, dict) else None


def _ini_part(text: bytes | None) -> Any:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string((text or b"").decode("utf-8", "replace"))
    except configparser.Error:
        return text
    return {name: dict(parser[name]) for name in ("pytest", "tool:pytest") if parser.has_section(name)}


def _package_part(text: bytes | None) -> Any:
    table = _object(text)
    scripts = table.get("scripts")
    own = {name: scripts.get(name) for name in _TEST_SCRIPTS} if isinstance(scripts, dict) else {}
    return {name: value for name, value in own.items() if value}, {name: table.get(name) for name in _TEST_TABLES}


def _with_scripts_of(before: bytes | None, now: bytes | None) -> bytes | None:
    """``package.json`` as it is now, with the test scripts of before: its new dependencies stay."""
    if before is None or now is None:
        return before
    old, new = _object(before), _object(now)
    scripts = dict(new.get("scripts") or {}) if isinstance(new.get("scripts"), dict) else {}
    earlier = old.get("scripts") if isinstance(old.get("scripts"), dict) else {}
    for name in _TEST_SCRIPTS:
        scripts.pop(name, None)
        if earlier and name in earlier:
            scripts[name] = earlier[name]
    for name in _TEST_TABLES:
        new.pop(name, None)
        if name in old:
            new[name] = old[name]
    return json.dumps({**new, "scripts": scripts}).encode()


def _object(text: bytes | None) -> dict[str, Any]:
    try:
        found = json.loads(text or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _make_rule(text: bytes | None) -> list[str]:
    """The lines of the rule ``test``: its target, and what is indented below it."""
    rule: list[str] = []
    inside = False
    for line in (text or b"").decode("utf-8", "replace").splitlines():
        if re.match(r"test[ \t]*::?(?!=)", line):
            inside = True
        elif line and not line.startswith(("\t", " ", "#")):
            inside = False
        if inside and line.strip():
            rule.append(line.rstrip())
    return rule


def _is_same(before: bytes, now: bytes) -> bool:
    """Whether two Python files differ in comments and layout only."""
    try:
        return ast.dump(ast.parse(before)) == ast.dump(ast.parse(now))
    except (SyntaxError, ValueError, RecursionError):
        return False


def _weakened(path: str, before: bytes, now: bytes) -> str:
    """What a Python test lost, in words."""
    if not path.endswith(".py"):
        return ""
    try:
        old, new = ast.parse(before), ast.parse(now)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    said = []
    gone = sorted(set(_tests(old)) - set(_tests(new)))
    if gone:
        said.append(f"{', '.join(gone[:5])} removed")
    assertions = _assertions(old), _assertions(new)
    if assertions[1] < assertions[0]:
        said.append(f"{assertions[0]} assertions before, {assertions[1]} now")
    if _skips(new) > _skips(old):
        said.append("skip or xfail added")
    return f": {'; '.join(said)}" if said else ""


def _tests(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name


def _assertions(tree: ast.AST) -> int:
    return sum(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("assert"))
        for node in ast.walk(tree)
    )


def _skips(tree: ast.AST) -> int:
    names = (getattr(node, "attr", None) or getattr(node, "id", None) for node in ast.walk(tree))
    return sum(name in _SKIPS for name in names)
