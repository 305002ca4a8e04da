"""Put a set of schemas in its place, from a folder or an archive; a known set is recognised by its digests."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

import msgspec

from minga.dte.schemas.sets import MANIFEST, Manifest, known

FILE_MAX = 4 * 1024 * 1024
"""The largest schema of the SII has 240 kB."""

REQUIRED = ("DTE_v10.xsd", "SiiTypes_v10.xsd", "xmldsignature_v10.xsd")


class NotASet(ValueError):
    """The files are no set of the SII's schemas, or none that is known; the text says what is missing or other."""


@dataclass(frozen=True, slots=True)
class Installed:
    """``name`` of the set and its number of files. ``known``: its files are those of a set that Minga knows."""

    name: str
    files: int
    known: bool


def install(found: Mapping[str, bytes], source: str, target: Path, own: "Own | None" = None) -> Installed:
    """Write the set below ``target``. ``source`` is told in its manifest. ``own``: take a set that is not known.

    Files of several sets in one place are told apart by their digests. Raises NotASet, OSError.
    """
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}
    for name, each in known().items():
        common = {file for file, digest in each.files.items() if digests.get(file) == digest}
        if common >= {file for file in REQUIRED if file in each.files}:
            chosen = {file: found[file] for file in sorted(common)}
            _write(target / name, chosen, Manifest({file: digests[file] for file in chosen}, source, each.valid_from))
            return Installed(name, len(chosen), known=True)
    missing = [file for file in REQUIRED if file not in found]
    if missing:
        raise NotASet(f"missing: {', '.join(missing)}")
    if own is None:
        raise NotASet("the files are those of no set that is known")
    _write(target / own.name, found, Manifest(digests, source, own.valid_from))
    return Installed(own.name, len(found), known=False)


@dataclass(frozen=True, slots=True)
class Own:
    """A set that Minga does not know, taken on the word of its user: its name, and the first FchEmis it is for."""

    name: str
    valid_from: date


def from_folder(folder: Path) -> dict[str, bytes]:
    """The schemas in a folder and below it. Raises OSError, NotASet."""
    return {path.name: _bounded(path.name, path.read_bytes()) for path in sorted(folder.rglob("*.xsd"))}


def from_archive(content: bytes) -> dict[str, bytes]:
    """The schemas in a zip archive, a Python wheel being one. Raises NotASet."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                name = PurePosixPath(entry.filename).name
                if name.lower().endswith(".xsd") and not entry.is_dir():
                    with archive.open(entry) as opened:
                        found[name] = _bounded(name, opened.read(FILE_MAX + 1))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as wrong:
        raise NotASet(f"this is no zip archive that can be read: {wrong}") from wrong
    return found


def _bounded(name: str, content: bytes) -> bytes:
    if len(content) > FILE_MAX:
        raise NotASet(f"{name} is too large for a schema")
    return content


def _write(folder: Path, files: Mapping[str, bytes], manifest: Manifest) -> None:
    """The manifest comes last: a set without one does not count."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    temporary = folder / f".{MANIFEST}"
    temporary.write_bytes(msgspec.json.encode(manifest))
    temporary.replace(folder / MANIFEST)
