"""Where files come from: a path, a folder, an archive (zip), bytes. One file is in memory at a time.

What cannot be opened is a container with a fault, and the others go on.
"""

import errno
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from minga.dte.finding import Fault
from minga.dte.reading.archives import list_bytes
from minga.dte.reading.container import Container
from minga.dte.reading.opening import FILE_MAX, opened, refused

EXPANSION_MAX = 200
"""Times that an archive may grow when it is unpacked. XML of documents becomes some 5 to 30 times smaller."""

EXPANDED_FREE = FILE_MAX
"""Bytes that an archive may always have when it is unpacked."""

SMALL_FILE = 50_000
"""Bytes up to which a file is opened where it is judged."""

LIST_MAX = 100 * 1024 * 1024
"""Bytes of an archive's list of files: those of about a million. It is held in memory, some 650 bytes a file."""

ZIP = b"PK\x03\x04"
_HEAD = 4096
_UNZIPPABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
"""What `zipfile` raises for broken archives, passwords and unknown compressions."""


@dataclass(frozen=True, slots=True)
class Unopened:
    """A file of at most `SMALL_FILE` bytes, called ``.xml``: whoever judges it opens it, by its absolute ``path``."""

    path: str
    place: str

    def container(self) -> Container | None:
        """None where it is an archive after all, which holds many: `containers` are what is in it."""
        first = next(self.containers(), None)
        return first if first is not None and first.place == self.place else None

    def containers(self) -> Iterator[Container]:
        return _file(self.path, self.place)


def containers(path: Path) -> Iterator[Container]:
    """What stands at ``path``: a file, or below a folder all files of `paths`. ``path`` as given is read whatever its
    name; a place is as ``folder/file.zip/entry.xml#3``."""
    for each, _ in _files(str(path)) if path.is_dir() else ((str(path), -1),):
        yield from _file(each, _shown(each))


def unopened(path: Path) -> Iterator[Container | Unopened]:
    """As `containers`, but for small files below a folder, which are not opened here."""
    here = os.getcwd()
    for each, size in _files(str(path)) if path.is_dir() else ((str(path), -1),):
        if 0 <= size <= SMALL_FILE and each.endswith(".xml"):
            yield Unopened(os.path.join(here, each), _shown(each))
        else:
            yield from _file(each, _shown(each))


def containers_in(data: bytes, place: str) -> Iterator[Container]:
    """What stands in the bytes of one file, or of an archive."""
    if data.startswith(ZIP):
        yield from _archive(io.BytesIO(data), place, _budget(len(data)), nested=False)
    else:
        yield opened(data, place)


def paths(folder: Path) -> Iterator[Path]:
    """Files below it, by name, folders among them, that are called ``.xml`` or ``.zip`` or begin as documents do. No
    link to a folder is followed. Memory grows with the names in one folder only."""
    return (Path(path) for path, _ in _files(str(folder)))


def _files(folder: str) -> Iterator[tuple[str, int]]:
    """With the bytes of each, -1 where they cannot be known."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        yield folder, -1
        return
    for name in names:
        path = os.path.join("" if folder == "." else folder, name)
        try:
            status = os.stat(path)
        except OSError as wrong:
            if wrong.errno not in _NOT_THERE:
                yield path, -1
            continue
        if stat.S_ISDIR(status.st_mode):
            if not os.path.islink(path):
                yield from _files(path)
        elif stat.S_ISREG(status.st_mode) and (_named(name) or (not _of_schema(name) and _begins_as_document(path))):
            yield path, status.st_size


_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""Of links that lead nowhere."""


def _file(path: str, place: str) -> Iterator[Container]:
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                yield from containers_in(file.read(FILE_MAX + 1), place)
            elif file.peek(len(ZIP)).startswith(ZIP):
                yield from _archive(file, place, _budget(status.st_size), nested=False)
            elif status.st_size > FILE_MAX:
                yield refused(place, _too_large(status.st_size))
            else:
                yield opened(file.read(status.st_size + 1 if status.st_size else FILE_MAX + 1), place)
    except OSError as wrong:
        yield refused(place, Fault("read-no-access", "", wrong.strerror or type(wrong).__name__))


@dataclass(slots=True)
class _Budget:
    """Bytes that an archive may still unpack, those in it included."""

    left: int


def _archive(file: BinaryIO, place: str, budget: _Budget, *, nested: bool) -> Iterator[Container]:
    listed = list_bytes(file)
    if listed > LIST_MAX:
        yield refused(place, Fault("read-archive-list", "", f"{listed:,}", f"<= {LIST_MAX:,}"))
        return
    try:
        archive = zipfile.ZipFile(file)
    except _UNZIPPABLE as wrong:
        yield refused(place, Fault("read-archive", "", str(wrong)))
        return
    with archive:
        for entry in archive.infolist():
            if entry.is_dir() or entry.filename.startswith("__MACOSX/"):
                continue
            where = f"{place}/{_shown(entry.filename)}"
            budget.left -= entry.file_size
            if budget.left < 0:
                yield refused(where, Fault("read-archive-bomb", "", f"> {EXPANSION_MAX} x", f"{EXPANSION_MAX} x"))
                return
            yield from _entry(archive, entry, where, budget, nested=nested)


def _entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: str, budget: _Budget, *, nested: bool
) -> Iterator[Container]:
    """``nested``: the archive is itself in one."""
    if entry.flag_bits & 1:
        yield refused(place, Fault("read-archive-encrypted", ""))
        return
    if entry.file_size > FILE_MAX:
        yield refused(place, _too_large(entry.file_size))
        return
    try:
        data = _wanted(archive, entry)
    except _UNZIPPABLE as wrong:
        yield refused(place, Fault("read-archive", "", str(wrong)))
        return
    if data is None:
        return
    if not data.startswith(ZIP):
        yield opened(data, place)
    elif nested:
        yield refused(place, Fault("read-archive-nested", ""))
    else:
        yield from _archive(io.BytesIO(data), place, budget, nested=True)


def _wanted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """None where the entry is no document by its name or its beginning."""
    with archive.open(entry) as file:
        head = file.read(_HEAD)
        if not (_named(entry.filename) or (not _of_schema(entry.filename) and _document_in(head))):
            return None
        return head + file.read(FILE_MAX)


def _budget(size: int) -> _Budget:
    return _Budget(EXPANDED_FREE + EXPANSION_MAX * size)


def _shown(name: str) -> str:
    """A name of a file as it can be printed."""
    return name if name.isprintable() else "".join(sign if sign.isprintable() else "\u00b7" for sign in name)


def _too_large(size: int) -> Fault:
    return Fault("read-too-large", "", f"{size:,}", f"{FILE_MAX:,}")


def _named(name: str) -> bool:
    return name.lower().endswith((".xml", ".zip"))


def _of_schema(name: str) -> bool:
    return name.lower().endswith((".xsd", ".xsl", ".xslt", ".wsdl"))


def _begins_as_document(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return _document_in(file.read(_HEAD))
    except OSError:
        return False


def _document_in(head: bytes) -> bool:
    """Whether a file of another name begins as a document or message: XML that names the SII's namespace or a DTE."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and (b"SiiDte" in head or b"<DTE" in head)
