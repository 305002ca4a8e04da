"""The folder in which Gemini CLI keeps the sessions of a working directory (read and measured in 0.61.0).

Its name stands in ``projects.json``; else the folder is the one whose ``.project_root`` names the directory; else the
CLI makes one. Nothing here changes a file that exists.
"""

import hashlib
import itertools
import os
import re
from pathlib import Path

import msgspec

from minga.infrastructure.files import place_new

MARKER = ".project_root"
_SLUG = re.compile(r"[a-z0-9-]+")


def plain_slug(cwd: str) -> str:
    """The first name that the CLI tries for a new project."""
    name = re.sub(r"-+", "-", re.sub(r"[^a-z0-9]", "-", os.path.basename(cwd).lower()))
    return re.sub(r"^-|-$", "", name) or "project"


def find_slug(gemini: Path, cwd: str) -> str | None:
    """The folder's name below ``tmp`` that the CLI would use for ``cwd``; None where it would make a new one.

    ``gemini`` is the ``.gemini`` folder, ``cwd`` an absolute path.
    """
    slug = _registered(gemini).get(cwd)
    bases = _bases(gemini)
    if slug and all(_owner(base / slug) in (None, cwd) for base in bases):
        return slug
    for base in bases:
        for folder in _folders(base):
            if _owner(folder) == cwd:
                return folder.name
    return None


def claim_slug(gemini: Path, cwd: str) -> str:
    """Make a folder for ``cwd`` that the CLI then finds by its marker. Raises OSError."""
    taken = set(_registered(gemini).values())
    for number in itertools.count():
        slug = plain_slug(cwd) if number == 0 else f"{plain_slug(cwd)}-{number}"
        if slug in taken or any((base / slug).exists() for base in _bases(gemini)):
            continue
        try:
            place_new(gemini / "tmp" / slug / MARKER, os.fsencode(cwd))
        except FileExistsError:
            continue
        return slug
    raise AssertionError("numbers do not end")


def is_before_migration(gemini: Path, cwd: str, slug: str | None) -> bool:
    """Whether the CLI would still copy this project's sessions from an older layout: it does so only while the new
    folder is empty, so nothing may be put there before."""
    older = hashlib.sha256(os.fsencode(cwd)).hexdigest()
    if not (gemini / "tmp" / older).exists():
        return False
    return slug is None or {entry.name for entry in _entries(gemini / "tmp" / slug)} <= {MARKER}


def _bases(gemini: Path) -> tuple[Path, Path]:
    return gemini / "tmp", gemini / "history"


def _registered(gemini: Path) -> dict[str, str]:
    """``projects.json``; empty where the CLI would not take it either."""
    try:
        projects = msgspec.json.decode((gemini / "projects.json").read_bytes())["projects"]
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, KeyError, IndexError):
        return {}
    if not isinstance(projects, dict):
        return {}
    good = all(isinstance(slug, str) and _SLUG.fullmatch(slug) for slug in projects.values())
    return projects if good else {}


def _owner(folder: Path) -> str | None:
    """The directory that a folder belongs to; None without a marker, empty where it cannot be read."""
    try:
        return os.path.abspath((folder / MARKER).read_text("utf-8").strip())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ValueError):
        return ""


def _folders(base: Path) -> list[Path]:
    return [base / entry.name for entry in _entries(base)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """In the order in which the system names them, which is the CLI's."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
