"""What `minga connect` did to which file, kept in Minga's data directory so that it can be undone."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from minga.agents.connecting.edits import Change, Edit, Format
from minga.agents.connecting.facts import GatewayUse, Server
from minga.domain.errors import ConnectionDamaged
from minga.infrastructure.files import remove_drafts, write_atomically


class Step(msgspec.Struct, frozen=True):
    """One writing of a file. ``edits``: what was to stand in it; ``changes``: what had to be changed for that;
    ``written``: the SHA-256 of all of its bytes then."""

    edits: tuple[Edit, ...]
    changes: tuple[Change, ...]
    written: str


class FileRecord(msgspec.Struct, frozen=True):
    """``original``: the bytes before the first writing; None where there was no file. ``steps``: the writings that the
    file may show, oldest first: two while one is under way. ``folders``: what was made for it, outermost first."""

    path: Path
    format: Format
    original: bytes | None
    steps: tuple[Step, ...]
    folders: tuple[Path, ...] = ()


class Record(msgspec.Struct, frozen=True):
    """One connection. What it was made with is kept for the next time."""

    agent: str
    server: Server
    gateway: GatewayUse | None
    files: tuple[FileRecord, ...]

    def file(self, path: Path) -> FileRecord | None:
        return next((one for one in self.files if one.path == path), None)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def record_file(folder: Path, agent: str, paths: Sequence[Path]) -> Path:
    """Where the record lies: one for each place in which a CLI keeps its configuration."""
    places = "\n".join(sorted({str(path.parent) for path in paths}))
    return folder / f"{agent}-{digest(places.encode())[:12]}.json"


def read_record(file: Path) -> Record | None:
    """Raises ConnectionDamaged."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Record, dec_hook=lambda kind, value: kind(value))
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as wrong:
        raise ConnectionDamaged(path=str(file)) from wrong


def write_record(file: Path, record: Record) -> None:
    """Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_drafts(file)  # of one that was killed: they hold the original too
    write_atomically(file, msgspec.json.encode(record, enc_hook=str))


def remove_record(file: Path) -> None:
    """Raises OSError."""
    remove_drafts(file)
    file.unlink(missing_ok=True)
