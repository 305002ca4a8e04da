"""Which commands check this work: the person's, else the project's, else those that the project's files suggest."""

import json
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from minga.domain.work import Work
from minga.verification.programs.project_file import ProjectFile

FILE_BYTES_MAX = 1_000_000
LOOKED_AT_MAX = 5_000
"""Files among which tests are looked for."""

_SKIPPED = {"node_modules", "__pycache__", "site-packages", "target", "dist", "build"}
_TEST_FILE = re.compile(r"(?:test_.{1,200}|.{1,200}_test)\.py")
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_MAKE_TEST = re.compile(r"^test[ \t]*:(?!=)", re.MULTILINE)


class Source(StrEnum):
    """Who says that the command checks the work."""

    PERSON = "person"
    PROJECT = "project"
    FOUND = "found"


class Runner(StrEnum):
    """``LINT``: it finds faults, and its silence proves little. ``MANY``: it starts tests of a kind not known from its
    name (make, npm). ``OTHER``: a program of which only the exit code is known."""

    PYTEST = "pytest"
    UNITTEST = "unittest"
    MANY = "many"
    LINT = "lint"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Command:
    """``shown`` is what it is called; ``script`` what the shell runs."""

    shown: str
    script: str
    source: Source
    runner: Runner

    @property
    def argv(self) -> tuple[str, ...]:
        return ("/bin/sh", "-c", self.script)


_RUNNERS = (
    (Runner.PYTEST, re.compile(r"\b(?:pytest|py\.test)\b")),
    (Runner.UNITTEST, re.compile(r"\bunittest\b")),
    (Runner.LINT, re.compile(r"^\s*(?:\S*/)?(?:ruff|mypy|flake8|pyright|eslint|tsc|pylint)\b")),
    (
        Runner.MANY,
        re.compile(
            r"\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?test\b|\bmake\s+(?:test|check)\b|\b(?:go|cargo|deno|dotnet|mix)\s+test"
            r"\b|\bnode\s+--test\b|\b(?:jest|vitest|mocha|ava|tox|nox|rspec|phpunit)\b"
        ),
    ),
)


def commands(work: Work, project: ProjectFile) -> list[Command]:
    """In the order in which they run. None are looked for where no file was changed. What the files suggested before
    the work is looked for too: it cannot take away what checks it."""
    path = _with_environment(work.cwd)
    if work.commands:
        return [_named(text, Source.PERSON, path) for text in work.commands]
    if not (work.finds_commands and work.changed):
        return []
    if project.commands:
        return [_named(text, Source.PROJECT, path) for text in project.commands]
    return list(_suggested(work, path))


def _named(text: str, source: Source, path: str) -> Command:
    runner = next((runner for runner, pattern in _RUNNERS if pattern.search(text)), Runner.OTHER)
    return Command(text, f"{path}{text}", source, runner)


def _with_environment(cwd: Path) -> str:
    """The project's own virtual environment comes first, as if the person had activated it."""
    for folder in (cwd, *cwd.parents):
        for name in (".venv", "venv"):
            if (folder / name / "pyvenv.cfg").is_file():
                return f"PATH={shlex.quote(str(folder / name / 'bin'))}:$PATH; export PATH\n"
        if (folder / ".git").exists():
            break
    return ""


def _suggested(work: Work, path: str) -> Iterator[Command]:
    cwd = work.cwd
    pyproject = _table(cwd / "pyproject.toml")
    tools = pyproject.get("tool") if isinstance(pyproject.get("tool"), dict) else {}
    assert isinstance(tools, dict)
    python = [change.path for change in work.changed if change.path.endswith(".py") and (cwd / change.path).is_file()]
    yield from _linters(cwd, tools, python, path)
    tests = _test_files(cwd) or _deleted_tests(work)
    found = False
    if tests and (_has_pytest(cwd, tools) or any(_TEST_FILE.fullmatch(each.name) for each in tests)):
        found = True
        yield Command("pytest", path + _pytest_script(work, tests), Source.FOUND, Runner.PYTEST)
    if _npm_test(_text(cwd / "package.json")) or _npm_test(_text_before(work, "package.json")):
        found = True
        yield Command("npm test", f"{path}exec npm test --silent", Source.FOUND, Runner.MANY)
    makefiles = (text for name in _MAKEFILES for text in (_text(cwd / name), _text_before(work, name)))
    if not found and any(map(_MAKE_TEST.search, makefiles)):
        yield Command("make test", f"{path}exec make test", Source.FOUND, Runner.MANY)


def _linters(cwd: Path, tools: dict[str, Any], python: list[str], path: str) -> Iterator[Command]:
    """Only where the project configured them, on the changed files, and only if they are installed (else silence)."""
    files = " ".join(shlex.quote(f"./{name}") for name in python)
    if not files:
        return
    if "ruff" in tools or (cwd / "ruff.toml").is_file() or (cwd / ".ruff.toml").is_file():
        options = "--no-cache --force-exclude --output-format=concise"
        script = f"command -v ruff >/dev/null || exit 127\nexec ruff check {options} {files}"
        yield Command("ruff check", path + script, Source.FOUND, Runner.LINT)
    own = tools.get("mypy")
    if isinstance(own, dict) or (cwd / "mypy.ini").is_file() or "[mypy]" in _text(cwd / "setup.cfg"):
        named = isinstance(own, dict) and any(name in own for name in ("files", "packages", "modules"))
        script = f"command -v mypy >/dev/null || exit 127\nexec mypy --no-error-summary {'' if named else files}"
        yield Command("mypy", path + script, Source.FOUND, Runner.LINT)


def _pytest_script(work: Work, tests: list[Path]) -> str:
    """The first Python that has pytest; for tests in unittest's form any will do."""
    looks = "import importlib.util as u, sys; sys.exit(u.find_spec('pytest') is None)"
    script = (
        f'for python in python python3; do if "$python" -c "{looks}" 2>/dev/null; then\n'
        '  exec "$python" -m pytest -p no:cacheprovider --color=no\n'
        "fi; done\n"
        "if command -v pytest >/dev/null; then exec pytest -p no:cacheprovider --color=no; fi\n"
    )
    texts = (_text(test) or _text_before(work, test.relative_to(work.cwd).as_posix()) for test in tests[:50])
    if any("unittest" in text for text in texts):
        folder = shlex.quote(os.path.relpath(tests[0].parent, work.cwd))
        own = "PYTHONPATH=.:${PYTHONPATH:-}; export PYTHONPATH"
        script += f'{own}\nexec python3 -m unittest discover -s {folder} -p "*test*.py"\n'
    return script + 'echo "pytest: not found in any Python on the PATH" >&2; exit 127\n'


def _has_pytest(cwd: Path, tools: dict[str, Any]) -> bool:
    if "pytest" in tools or (cwd / "pytest.ini").is_file() or (cwd / "conftest.py").is_file():
        return True
    return "[pytest]" in _text(cwd / "tox.ini") or "[tool:pytest]" in _text(cwd / "setup.cfg")


def _test_files(cwd: Path) -> list[Path]:
    """Python files that look like tests, a bounded look."""
    found: list[Path] = []
    seen = 0
    for parent, folders, names in os.walk(cwd):
        folders[:] = sorted(
            name for name in folders if name not in _SKIPPED and not name.startswith(".") and name != "venv"
        )
        found += (Path(parent, name) for name in sorted(names) if _TEST_FILE.fullmatch(name))
        seen += len(names)
        if seen > LOOKED_AT_MAX:
            break
    return found


def _deleted_tests(work: Work) -> list[Path]:
    """Where the work left no test: those that it deleted, lest a run rid itself of its checks."""
    gone = (work.cwd / change.path for change in work.changed if change.change == "deleted")
    return [path for path in gone if path.is_relative_to(work.cwd) and _TEST_FILE.fullmatch(path.name)]


def _npm_test(package: str) -> bool:
    try:
        script = json.loads(package).get("scripts", {}).get("test", "")
    except (ValueError, AttributeError):
        return False
    return isinstance(script, str) and bool(script.strip()) and "no test specified" not in script


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return {}


def _text_before(work: Work, path: str) -> str:
    """Of a file that the work changed, as it was; empty where it was not there, or is not kept."""
    if work.originals is None or all(change.path != path for change in work.changed):
        return ""
    return (work.originals.read(path) or b"").decode("utf-8", "replace")


def _text(path: Path) -> str:
    """Empty for what is no file of text of a sensible size."""
    try:
        if not path.is_file() or path.stat().st_size > FILE_BYTES_MAX:
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
