"""Can tests say anything of what was changed: do they reach it at all."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from minga.domain.work import Work
from minga.verification.programs.found import Runner
from minga.verification.programs.tampering import content, is_test

FILES_MAX = 2_000
BYTES_MAX = 20_000_000
"""Of the Python files of a project that are read; in a larger one it is taken for granted that tests reach it."""

_WORD = re.compile(r"\w+")

_PROSE = {".md", ".rst", ".txt", ".adoc", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".docx", ".odt", ".log"}

_NOT_PYTHON = {
    ".js",
    ".mjs",
    ".cjs",
    ".ts",
    ".tsx",
    ".jsx",
    ".go",
    ".rs",
    ".java",
    ".kt",
    ".rb",
    ".php",
    ".cs",
    ".swift",
}

_SKIPPED = {"node_modules", "__pycache__", "site-packages", "venv"}


def unreached(work: Work, runner: Runner) -> str:
    """Why tests that pass say nothing of this work, as a sentence; empty where they may.

    For Python a module is taken to be reached if a test, or a module that one reaches, holds its name as a word: that
    finds more than is imported, and hardly less.
    """
    paths = [change.path for change in work.changed if change.change != "deleted" and not is_test(change.path)]
    suffixes = {PurePosixPath(path).suffix.lower() for path in paths}
    if not paths or work.commands:
        return ""
    if suffixes <= _PROSE:
        return "tests say nothing of what was changed: there is no code in it"
    if runner not in (Runner.PYTEST, Runner.UNITTEST):
        return ""
    if suffixes <= _PROSE | _NOT_PYTHON:
        return "tests in Python say nothing of what was changed: it is in another language"
    if suffixes != {".py"}:
        return ""
    words = _words(work.cwd)
    if words is None:
        return ""
    for path, before in _tests_before(work):
        words[path] = words.get(path, set()) | before
    if not words.keys() >= set(paths) or _reached(words, _scripts(work.cwd)) & set(paths):
        return ""
    return f"no test reaches what was changed: {', '.join(sorted(paths)[:8])}"


def _tests_before(work: Work) -> Iterator[tuple[str, set[str]]]:
    """The words of the changed tests as they were: these run too."""
    for path in {change.path for change in work.changed}:
        if work.originals is not None and path.endswith(".py") and is_test(path):
            before = work.originals.read(path) or b""
            yield path, set(_WORD.findall(before.decode("utf-8", "replace")))


def _words(cwd: Path) -> dict[str, set[str]] | None:
    """The words of each Python file; None where there are too many."""
    words: dict[str, set[str]] = {}
    size = 0
    for path in _python_files(cwd):
        text = content(cwd / path) or b""
        size += len(text)
        if len(words) >= FILES_MAX or size > BYTES_MAX:
            return None
        words[path] = set(_WORD.findall(text.decode("utf-8", "replace")))
    return words


def _python_files(cwd: Path) -> Iterator[str]:
    for parent, folders, names in os.walk(cwd):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        for name in names:
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(parent, name), cwd)


def _scripts(cwd: Path) -> dict[str, set[str]]:
    """The programs that the project installs, by name: the words of what each runs."""
    try:
        found = tomllib.loads((content(cwd / "pyproject.toml") or b"").decode("utf-8", "replace"))
    except tomllib.TOMLDecodeError:
        return {}
    project = found.get("project")
    scripts = project.get("scripts") if isinstance(project, dict) else None
    given = scripts.items() if isinstance(scripts, dict) else ()
    return {word: set(_WORD.findall(str(target))) for name, target in given for word in _WORD.findall(name)}


def _reached(words: dict[str, set[str]], scripts: dict[str, set[str]]) -> set[str]:
    """The files that tests reach, through others and through ``scripts`` too."""
    files: dict[str, list[str]] = {}
    for path in words:
        files.setdefault(_name(path), []).append(path)
    reached = {path for path in words if is_test(path) or PurePosixPath(path).name == "conftest.py"}
    left = list(reached)
    while left:
        named = words[left.pop()]
        named = named.union(*(scripts[word] for word in named & scripts.keys()))
        for word in named & files.keys():
            for path in files[word]:
                if path not in reached:
                    reached.add(path)
                    left.append(path)
    return reached


def _name(path: str) -> str:
    """What others call the module: its package's name for ``__init__`` and ``__main__``."""
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem in {"__init__", "__main__"} else pure.stem
