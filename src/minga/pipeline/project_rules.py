"""The rules that a project keeps in a file, and what of them a CLI reads by itself."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from minga.domain.errors import BadInput
from minga.domain.ids import AgentName
from minga.domain.memory import Rule
from minga.domain.rules import StandingRule, folded
from minga.memory.rules import rule_id
from minga.rules import documents, source
from minga.rules.readers import readers

KEPT = 64
"""Files of rules whose content is kept in mind."""


def of_file(cwd: Path) -> list[StandingRule]:
    """Those of `.minga/rules.md`, without what looks like a secret. Raises RulesUnreadable, RulesElsewhere."""
    found = source.read(source.root_of(cwd)).pieces
    return [
        StandingRule(piece.text, "project", piece.section, source.NAME, piece.line)
        for piece in found
        if not holds_secret(piece.text)
    ]


def for_runs(cwd: Path) -> list[Rule]:
    """The rules of the project's file, as a brief tells them. Raises RulesUnreadable, RulesElsewhere."""
    return [
        Rule(rule_id(one.text, source.NAME), one.text, source.NAME, "accepted", None, (), one.section)
        for one in of_file(cwd)
    ]


def read_by(agent: AgentName, cwd: Path, place: Callable[[str], Path]) -> frozenset[str]:
    """What a CLI reads by itself when it works at ``cwd``, each rule `folded`: in the folders up to the repository's
    root, and in its home. ``place``: where a path within that home lies."""
    reader = readers().get(agent)
    if reader is None:
        return frozenset()
    said = _said_in(place(reader.home), reader.bytes)
    for folder in _up(cwd):
        present = [name for group in reader.reads for name in group if (folder / name).is_file()]
        for name in reader.read(present):
            said |= _said_in(folder / name, reader.bytes)
    return frozenset(said)


def _up(cwd: Path) -> list[Path]:
    folders = [cwd]
    while not (folders[-1] / ".git").exists() and folders[-1] != folders[-1].parent:
        folders.append(folders[-1].parent)
    return folders if (folders[-1] / ".git").exists() else [cwd]


def _said_in(path: Path, limit: int) -> frozenset[str]:
    try:
        found = path.stat()
        return _said_in_version(path, limit, found.st_mtime_ns, found.st_size)
    except (OSError, BadInput):
        return frozenset()


@lru_cache(KEPT)
def _said_in_version(path: Path, limit: int, _changed_ns: int, _size: int) -> frozenset[str]:
    """Read once for all CLIs of a run that read the same file. Of its bytes the first ``limit``, 0: all. Raises
    RulesUnreadable, RulesElsewhere."""
    document = documents.read(path.parent, path.name)
    if limit:
        document = replace(document, content=(document.content or b"")[:limit].rpartition(b"\n")[0] + b"\n")
    found = source.pieces_of(document)
    told = [(piece.section, piece.text) for piece in found]
    alone = {folded(text) or text for _, text in told}
    return frozenset(alone | {folded(f"{section} {text}") for section, text in told if section})


def holds_secret(text: str) -> bool:
    masked: str = importlib.import_module("minga.memory.extraction.masking").masked(text)
    return masked != text
