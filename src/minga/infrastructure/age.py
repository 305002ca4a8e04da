"""age: files that open with a passphrase or with the secret key to a public one. Streams, in bounded memory."""

import io
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias

import pyrage

from minga.infrastructure import age_passphrase
from minga.infrastructure.age_passphrase import Damaged, Sink, Source, WrongKey

__all__ = ["BadKey", "Damaged", "Identities", "Key", "Passphrase", "Recipients", "WrongKey", "decrypting", "encrypt"]

PIECE = 64 * 1024

_BEGINNING = len(b"age-encryption.org/v1\n-> scrypt ")


class BadKey(Exception):
    """The text is no age key."""


@dataclass(frozen=True, slots=True)
class Passphrase:
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Public keys (``age1…``), any of whose owners can open the file."""

    keys: tuple[pyrage.x25519.Recipient, ...]


@dataclass(frozen=True, slots=True)
class Identities:
    """Secret keys (``AGE-SECRET-KEY-1…``)."""

    keys: tuple[pyrage.x25519.Identity, ...] = field(repr=False)

    def recipients(self) -> Recipients:
        return Recipients(tuple(key.to_public() for key in self.keys))


Key: TypeAlias = Passphrase | Identities


def recipients(texts: Sequence[str]) -> Recipients:
    """Raises BadKey with the text that is no public key."""
    found = []
    for text in texts:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text.strip()))
        except pyrage.RecipientError as wrong:
            raise BadKey(text) from wrong
    return Recipients(tuple(found))


def identities(text: str) -> Identities:
    """Read secret keys as age-keygen writes them: a key a line; lines with ``#`` are comments. Raises BadKey."""
    lines = [line.strip() for line in text.splitlines()]
    found = []
    for line in lines:
        if line and not line.startswith("#"):
            try:
                found.append(pyrage.x25519.Identity.from_str(line))
            except pyrage.IdentityError as wrong:
                raise BadKey("a line of the file is no age secret key") from wrong
    if not found:
        raise BadKey("there is no age secret key in it")
    return Identities(tuple(found))


def new_identity() -> tuple[str, str]:
    """A new secret key and its public key, as texts."""
    made = pyrage.x25519.Identity.generate()
    return str(made), str(made.to_public())


def encrypt(source: Source, sink: Sink, lock: Passphrase | Recipients) -> None:
    """Encrypt everything that ``source`` gives. What ``source`` and ``sink`` raise comes out as it is."""
    if isinstance(lock, Passphrase):
        age_passphrase.encrypt(source, sink, lock.text)
        return
    watched = _Watched(source, sink)
    try:
        pyrage.encrypt_io(watched, watched, list(lock.keys))
    except (pyrage.EncryptError, OSError) as wrong:
        raise watched.error or wrong from wrong


def decrypt(source: Source, sink: Sink, key: Key) -> None:
    """Raises WrongKey, Damaged, and what ``source`` and ``sink`` raise."""
    if isinstance(key, Passphrase):
        age_passphrase.decrypt(source, sink, key.text)
        return
    watched = _Watched(source, sink)
    try:
        pyrage.decrypt_io(watched, watched, list(key.keys))
    except (pyrage.DecryptError, OSError) as wrong:
        if watched.error is not None:
            raise watched.error from wrong
        if "No matching keys" in str(wrong):
            raise WrongKey from wrong
        raise Damaged("it is cut short, or some of it was changed") from wrong


def wants_passphrase(path: Path) -> bool:
    """Whether the file opens with a passphrase and not with a secret key. Raises OSError."""
    with path.open("rb") as file:
        return age_passphrase.is_for_passphrase(file.read(_BEGINNING))


@contextmanager
def decrypting(path: Path, key: Key) -> Iterator[BinaryIO]:
    """Open a file for reading what is in it. Reading raises WrongKey or Damaged where it comes to that.

    What was decrypted stands in memory only, some pages of it at a time. Raises OSError if there is no such file.
    """
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING)
        file.seek(0)
        if not beginning.startswith(b"age-encryption.org/v1\n"):
            raise Damaged("it is no age file")
        if age_passphrase.is_for_passphrase(beginning) != isinstance(key, Passphrase):
            raise WrongKey
        piped = _Piped(file, key)
        try:
            yield io.BufferedReader(piped, PIECE)
        finally:
            piped.end()


class _Watched:
    """A source and a sink that remember what they raised: pyrage makes a text of it."""

    def __init__(self, source: Source, sink: Sink) -> None:
        self._source = source
        self._sink = sink
        self.error: BaseException | None = None

    def read(self, size: int, /) -> bytes:
        try:
            return self._source.read(size)
        except BaseException as wrong:
            self.error = wrong
            raise

    def write(self, piece: bytes, /) -> int:
        try:
            return self._sink.write(piece)
        except BaseException as wrong:
            self.error = wrong
            raise

    def flush(self) -> None:
        try:
            self._sink.flush()
        except BaseException as wrong:
            self.error = wrong
            raise


class _Piped(io.RawIOBase):
    """A thread decrypts into a pipe; this is its other end."""

    def __init__(self, file: BinaryIO, key: Key) -> None:
        self._reading, writing = os.pipe()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._decrypt, args=(file, writing, key), daemon=True)
        self._thread.start()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]
        piece = os.read(self._reading, len(buffer))
        if not piece:
            self._thread.join()
            if self._error is not None:
                raise self._error
        buffer[: len(piece)] = piece
        return len(piece)

    def end(self) -> None:
        """Let go of both ends; a reader that stopped early stops the thread."""
        if self._reading >= 0:
            os.close(self._reading)
            self._reading = -1
        self._thread.join()

    def _decrypt(self, file: BinaryIO, writing: int, key: Key) -> None:
        try:
            with suppress(BrokenPipeError), os.fdopen(writing, "wb", buffering=0) as sink:
                decrypt(file, _Whole(sink), key)
        except Exception as wrong:  # noqa: BLE001 - told to the reader, in the other thread
            self._error = wrong


class _Whole:
    """Writes all of a piece: a pipe may take less at once."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def write(self, piece: bytes, /) -> int:
        left = memoryview(piece)
        while left:
            left = left[self._raw.write(left) or 0 :]
        return len(piece)

    def flush(self) -> None:
        self._raw.flush()
