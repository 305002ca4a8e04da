"""``.minga.toml``: what a project says of its own checks."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minga.domain.errors import BadProjectFile
from minga.domain.work import Work

NAME = ".minga.toml"

BYTES_MAX = 100_000

KNOWN = {"commands", "timeout_s", "allowed"}

TIMEOUT_S = 300.0

TIMEOUT_S_MAX = 3600.0


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """The table ``[verify]``: ``commands`` that check work in this project, the seconds that one of them may take, and
    the paths (relative; empty: all) below which files may be changed."""

    commands: tuple[str, ...] = ()
    timeout_s: float = TIMEOUT_S
    allowed: tuple[str, ...] = ()


def read_project_file(cwd: Path) -> ProjectFile:
    """What stands in the file of ``cwd``; the defaults where there is none. Raises BadProjectFile."""
    path = cwd / NAME
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except FileNotFoundError:
        return ProjectFile()
    except OSError as wrong:
        raise BadProjectFile(path=str(path), detail=wrong.strerror or str(wrong)) from None
    return parse(content, str(path))


def project_file_of(work: Work) -> ProjectFile:
    """As it was before the run, which has no say in how it is checked. Raises BadProjectFile."""
    if all(change.path != NAME for change in work.changed):
        return read_project_file(work.cwd)
    before = work.originals.read(NAME) if work.originals is not None else None
    return ProjectFile() if before is None else parse(before, NAME)


def parse(content: bytes, path: str) -> ProjectFile:
    """Raises BadProjectFile, which names what is wrong."""
    if len(content) > BYTES_MAX:
        raise BadProjectFile(path=path, detail=f"it is longer than {BYTES_MAX:,} bytes")
    try:
        table = tomllib.loads(content.decode("utf-8")).get("verify", {})
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise BadProjectFile(path=path, detail=str(wrong)) from None
    if not isinstance(table, dict):
        raise BadProjectFile(path=path, detail="verify is a table: [verify]")
    unknown = sorted(set(table) - KNOWN)
    if unknown:
        raise BadProjectFile(path=path, detail=f"verify knows no {unknown[0]!r}, only {', '.join(sorted(KNOWN))}")
    return ProjectFile(_texts(table, "commands", path), _seconds(table, path), _texts(table, "allowed", path))


def _texts(table: dict[str, Any], name: str, path: str) -> tuple[str, ...]:
    given = table.get(name, [])
    if not isinstance(given, list) or not all(isinstance(each, str) and each.strip() for each in given):
        raise BadProjectFile(path=path, detail=f'verify.{name} is a list of texts, such as {name} = ["pytest -q"]')
    return tuple(given)


def _seconds(table: dict[str, Any], path: str) -> float:
    given = table.get("timeout_s", TIMEOUT_S)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= TIMEOUT_S_MAX:
        raise BadProjectFile(path=path, detail=f"verify.timeout_s is a number of seconds up to {TIMEOUT_S_MAX:g}")
    return float(given)
