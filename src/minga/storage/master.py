"""Master keys: the port through which all other keys are wrapped, and the key file that serves it by default.

A source never hands out more than it must: a key management service wraps and unwraps and keeps its key to itself.
"""

import base64
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from minga.domain.errors import MasterKeyDamaged, MasterKeyUnusable, StoreFull, StoreUnwritable
from minga.storage.wrapping import KEY_BYTES, Cipher, fingerprint, new_key


class NoSuchMaster(Exception):
    """The source has no key of this id."""


class Masters(Protocol):
    """The master keys of one source. An id names a key for as long as it exists; ``name`` is bound to what is wrapped.

    All methods raise MasterKeyUnusable where the source itself cannot be used: it does not answer, is locked, or
    refuses.
    """

    source: str
    """``file``, ``keyring`` or ``vault:`` and an address."""

    shown: str
    """The source as a person finds it."""

    def create(self) -> str:
        """Make a key, durable when this returns; return its id."""
        ...

    def wrap(self, master_id: str, key: bytes, name: str) -> bytes:
        """Raises NoSuchMaster."""
        ...

    def unwrap(self, master_id: str, wrapped: bytes, name: str) -> bytes:
        """Raises NoSuchMaster, DoesNotOpen."""
        ...

    def destroy(self, master_id: str) -> None:
        """Forget a key for good; one that is not there is no error."""
        ...

    def export(self, master_id: str) -> bytes:
        """The key itself, for a recovery file. Raises NoSuchMaster; MasterKeyUnusable where it may not leave."""
        ...

    def add(self, key: bytes) -> str:
        """Take a key from a recovery file; return its id."""
        ...


class FileMasters:
    """A file with one key a line: its id (the key's fingerprint) and the key in Base64. Only its owner may read it.

    The file may serve several data directories: each knows the ids of its own keys.
    """

    def __init__(self, path: Path) -> None:
        self.source = "file"
        self.shown = str(path)
        self._path = path

    def create(self) -> str:
        """A damaged file is left alone: what is in it may be needed."""
        key = new_key()
        with self._errors(), self._alone():
            self._replace({**self._read(), fingerprint(key): key})
        return fingerprint(key)

    def wrap(self, master_id: str, key: bytes, name: str) -> bytes:
        return Cipher(self.export(master_id)).seal(key, name.encode())

    def unwrap(self, master_id: str, wrapped: bytes, name: str) -> bytes:
        return Cipher(self.export(master_id)).open(wrapped, name.encode())

    def destroy(self, master_id: str) -> None:
        with self._errors(), self._alone():
            keys = self._read()
            if keys.pop(master_id, None) is not None:
                self._replace(keys)

    def export(self, master_id: str) -> bytes:
        with self._errors():
            keys = self._read()
        if master_id not in keys:
            raise NoSuchMaster(master_id)
        return keys[master_id]

    def add(self, key: bytes) -> str:
        """Lines that are damaged go into a file beside it: they may be of another data directory."""
        master_id = fingerprint(key)
        with self._errors(), self._alone():
            whole, damaged = self._lines()
            if damaged:
                self._set_aside(damaged)
            self._replace({**whole, master_id: key})
        return master_id

    def _read(self) -> dict[str, bytes]:
        whole, damaged = self._lines()
        if damaged:
            raise MasterKeyDamaged(source=self.shown, detail="a line of it is damaged")
        return whole

    def _lines(self) -> tuple[dict[str, bytes], list[bytes]]:
        """The keys of the whole lines, and the other lines as they are."""
        whole, damaged = dict[str, bytes](), list[bytes]()
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & 0o077:
                    detail = f"others may read it: chmod 600 {self._path}"
                    raise MasterKeyUnusable(source=self.shown, detail=detail)
                for line in file:
                    if (key := _key(line)) is not None:
                        whole[fingerprint(key)] = key
                    elif line.strip():
                        damaged.append(line)
        except FileNotFoundError:
            return {}, []
        return whole, damaged

    def _set_aside(self, lines: Sequence[bytes]) -> None:
        path = self._path.with_name(f"{self._path.name}.damaged")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())

    def _replace(self, keys: dict[str, bytes]) -> None:
        """Whole or not at all, also after a power cut."""
        draft = self._path.with_name(f".{self._path.name}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, 0o600)
            for master_id, key in keys.items():
                file.write(f"{master_id} {base64.b64encode(key).decode()}\n")
            file.flush()
            os.fsync(descriptor)
        draft.replace(self._path)
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, of all processes: the folder is the lock, so that no lock file is left."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as wrong:
            if wrong.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(store=str(self._path)) from wrong
            raise StoreUnwritable(store=str(self._path), detail=wrong.strerror or str(wrong)) from wrong


def _key(line: bytes) -> bytes | None:
    """None where the line is damaged: its key does not bear its own fingerprint as its name."""
    try:
        master_id, text = line.decode("ascii").split()
        key = base64.b64decode(text, validate=True)
    except ValueError:  # also of the decoding of both
        return None
    return key if len(key) == KEY_BYTES and fingerprint(key) == master_id else None
