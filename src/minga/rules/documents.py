"""Files as texts, and back to the same bytes: with their byte order mark, behind their links, in their modes."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from minga.domain.errors import ChangedMeanwhile, FileUnwritable, RulesElsewhere, RulesUnreadable
from minga.infrastructure.files import remove_drafts, write_atomically

_BOM = "\ufeff"
NEW_MODE = 0o644
SIZE_MAX = 4 * 1024 * 1024
"""Bytes; what is larger is no file of rules."""


@dataclass(frozen=True, slots=True)
class Document:
    """``name`` as it is called, relative to ``root``; ``real``: the file behind it. ``content``: its bytes, None where
    there is none. ``is_far``: a person is shown its whole path."""

    root: Path
    name: str
    real: Path
    content: bytes | None
    is_far: bool = False

    @property
    def shown(self) -> str:
        return str(self.root / self.name) if self.is_far else self.name

    @property
    def text(self) -> str:
        """Raises RulesUnreadable."""
        try:
            return (self.content or b"").decode().removeprefix(_BOM)
        except UnicodeDecodeError as wrong:
            line = (self.content or b"").count(b"\n", 0, wrong.start) + 1
            raise RulesUnreadable(path=self.name, detail=f"it is not UTF-8 (line {line})") from None

    def with_text(self, text: str) -> bytes:
        mark = _BOM if (self.content or b"").startswith(_BOM.encode()) else ""
        return (mark + text).encode()


@dataclass(frozen=True, slots=True)
class Change:
    """What a document becomes; ``after`` None: it is removed."""

    document: Document
    after: bytes | None


def read(root: Path, name: str) -> Document:
    """Raises RulesElsewhere, RulesUnreadable."""
    path = root / name
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(Path(os.path.realpath(root))):
        raise RulesElsewhere(path=name, target=str(real))
    try:
        found = os.stat(real)
        if not stat.S_ISREG(found.st_mode):
            raise RulesUnreadable(path=name, detail="it is no file")
        if found.st_size > SIZE_MAX:
            raise RulesUnreadable(path=name, detail=f"it has {found.st_size} bytes")
        content = real.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return Document(root, name, real, None)
    except OSError as wrong:
        raise RulesUnreadable(path=name, detail=wrong.strerror or str(wrong)) from wrong
    return Document(root, name, real, content)


def check_writable(change: Change) -> None:
    """Raises FileUnwritable. A file that is marked as read-only is left so, though it could be replaced."""
    document = change.document
    if document.content is not None and document.real.exists() and not os.stat(document.real).st_mode & 0o222:
        raise FileUnwritable(path=document.name, detail="it is read-only")
    folder = next(one for one in document.real.parents if one.exists())
    if not folder.is_dir():
        raise FileUnwritable(path=document.name, detail=f"{folder.name} is no folder")
    if not os.access(folder, os.W_OK):
        raise FileUnwritable(path=document.name, detail="its folder is read-only")


def write(change: Change) -> None:
    """Old or new bytes at any moment, also after a crash. Raises ChangedMeanwhile, FileUnwritable."""
    document = change.document
    if read(document.root, document.name).content != document.content:
        raise ChangedMeanwhile(path=document.name)
    try:
        remove_drafts(document.real)
        if change.after is None:
            document.real.unlink(missing_ok=True)
            _remove_empty(document.real.parent, document.root)
        else:
            _replace(document.real, change.after)
    except OSError as wrong:
        raise FileUnwritable(path=document.name, detail=wrong.strerror or str(wrong)) from wrong


def _replace(path: Path, content: bytes) -> None:
    mode = stat.S_IMODE(os.stat(path).st_mode) if path.exists() else None
    write_atomically(path, content, NEW_MODE if mode is None else mode)
    if mode is not None:
        os.chmod(path, mode)


def _remove_empty(folder: Path, root: Path) -> None:
    """What `write` made for a file that is gone, up to ``root``."""
    real_root = Path(os.path.realpath(root))
    while folder != real_root and folder.is_relative_to(real_root):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
