"""Settings -> the memory of a user: its file, and the models that it reads with, where they are installed."""

import importlib
from functools import cache, partial

from minga.domain.meaning import Encoder, Reader
from minga.domain.secrecy import Vault
from minga.infrastructure import numbers
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory
from minga.sessions.feed import Feed
from minga.settings import Settings
from minga.storage import keys
from minga.storage.database import Database
from minga.storage.keys import KeyStore


def memory_file(settings: Settings, vault: Vault, key_store: KeyStore) -> MemoryFile:
    """Each user has one, with a key of its own."""
    name = keys.memory_key(vault.user)
    key, has_key = partial(key_store.store_key, name), partial(key_store.has_store_key, name)
    return MemoryFile(settings.memory_file(vault.user), key, has_key)


def memory(settings: Settings, file: MemoryFile, database: Database, vault: Vault) -> Memory:
    if settings.text("memory") == "words":
        return Memory(file, Feed(database, vault), _no_encoder)
    return Memory(file, Feed(database, vault), _encoder, _reader)


def _no_encoder() -> Encoder | None:
    return None


@cache
def _encoder() -> Encoder | None:
    """None where it is not installed: then only words are compared."""
    numbers.prepare()
    module = importlib.import_module("minga.infrastructure.e5")
    made: Encoder | None = module.E5() if module.is_installed() else None
    return made


@cache
def _reader() -> Reader | None:
    encoder = _encoder()
    made: Reader | None = (
        importlib.import_module("minga.infrastructure.e5_reader").E5Reader(encoder) if encoder else None
    )
    return made
