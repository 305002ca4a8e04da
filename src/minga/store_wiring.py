"""Settings -> the store, its keys and its backups: the part of the wiring that says where things lie."""

import importlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from minga.domain.errors import BadSetting, KeysLost, StoreDamaged, StoreFull, StoreLocked, StoreUnwritable
from minga.domain.secrecy import UserName
from minga.identity import virtual_keys
from minga.infrastructure.account import account_name
from minga.infrastructure.clock import Clock
from minga.infrastructure.ids import NewId
from minga.infrastructure.liveness import Presence
from minga.ledger import book
from minga.ledger.own_prices import own_prices
from minga.ledger.prices import PriceTable
from minga.policy import budgets
from minga.routing import health
from minga.sessions import exchange, store
from minga.settings import Settings
from minga.storage import cipher, keys
from minga.storage.backup import Backups, Plan
from minga.storage.database import Database, Migration, Transaction, migrations_in, transact
from minga.storage.direct import DirectDatabase
from minga.storage.engine import Engine
from minga.storage.keys import KeyPlace, KeyStore
from minga.storage.master import FileMasters, Masters
from minga.storage.sqlite import LOCK_LIMIT_S, Sqlite
from minga.storage.vault import KeyVault
from minga.verification import labels
from minga.workspaces import worktrees

KEY_SCHEMA = "minga_keys"
"""Where the keys lie in PostgreSQL: apart from the rest, so that a dump can leave them out."""

STORE_KEY = "store"
"""Names the key of the SQLite file in the key store."""

KEYS_STALE_S = 1.0
"""For how long a right that was taken back on another machine may still be used, with PostgreSQL."""


DTE_MIGRATIONS = Path(__file__).parent / "dte" / "folios" / "migrations"
"""Not by import: the package brings an XML library, and most commands need none of it."""


class Stored(NamedTuple):
    """The store as its user sees it, with its keys and its backups."""

    keys: KeyStore
    vault: KeyVault
    database: Database
    backups: Backups


def store_of(settings: Settings, clock: Clock, new_id: NewId, presence: Presence) -> Stored:
    """Nothing is opened yet. Raises BadSetting."""
    key_store = _key_store(settings, clock, new_id)
    vault = _vault(settings, key_store)
    backups = _backups(settings, clock, partial(_key_of_store, settings, key_store))
    database = Database(lambda: _open_engine(settings, presence, key_store), migrations(), backups.advice)
    return Stored(key_store, vault, database, backups)


def files_sealed(settings: Settings) -> dict[str, list[Path]]:
    """Files of Minga's that hold what was said, and must not show it; those of a PostgreSQL server are its own."""
    found = {"store file": settings.store, "key file": settings.keys}
    files = {kind: sorted(file.parent.glob(f"{file.name}*")) for kind, file in found.items()}
    derived = {settings.search_index("x").parent, settings.memory_file("x").parent}
    return {
        **files,
        "derived files": sorted(file for folder in derived for file in folder.glob("*") if file.is_file()),
        "backup files": sorted(settings.backups.glob("*.db")),
    }


def migrations() -> list[Migration]:
    return [
        *migrations_in(store.MIGRATIONS, "sessions"),
        *migrations_in(exchange.MIGRATIONS, "sync"),
        *migrations_in(health.MIGRATIONS, "routing"),
        *migrations_in(book.MIGRATIONS, "ledger"),
        *migrations_in(worktrees.MIGRATIONS, "workspaces"),
        *migrations_in(virtual_keys.MIGRATIONS, "identity"),
        *migrations_in(budgets.MIGRATIONS, "policy"),
        *migrations_in(DTE_MIGRATIONS, "dte"),
        *migrations_in(labels.MIGRATIONS, "verification"),
    ]


def price_table(settings: Settings) -> PriceTable:
    """List prices, and before them the person's own."""
    return PriceTable(own=partial(own_prices, settings.config / "prices.toml"))


def _key_of_store(settings: Settings, key_store: KeyStore) -> bytes:
    """What the SQLite file is encrypted with. Raises KeysLost where it is encrypted and has no key: a new one would
    open nothing of it."""
    if cipher.is_encrypted(settings.store) and not key_store.has_store_key(STORE_KEY):
        raise KeysLost(store=str(settings.store), keys=str(settings.keys))
    return key_store.store_key(STORE_KEY)


def _backups(settings: Settings, clock: Clock, key: Callable[[], bytes]) -> Backups:
    minutes = settings.count("backup_every_minutes", 60)
    plan = Plan(
        timedelta(minutes=minutes) if minutes and not settings.text("database_url") else None,
        settings.count("backup_hourly", 24),
        settings.count("backup_daily", 7),
    )
    return Backups(settings.store, settings.backups, key, clock.now, plan, migrations())


def _open_engine(settings: Settings, presence: Presence, key_store: KeyStore) -> Engine:
    url = settings.text("database_url")
    return _open_server(settings, url) if url else _open_file(settings, presence, key_store)


def _open_server(settings: Settings, url: str) -> Engine:
    if not url.startswith(("postgresql://", "postgres://")):
        source = settings.sources["database_url"]
        raise BadSetting(name="database_url", source=source, detail="it must begin with postgresql://")
    try:
        postgres = importlib.import_module("minga.storage.postgres")
    except ModuleNotFoundError as missing:
        detail = "PostgreSQL needs the extra: pip install 'minga[postgres]'"
        raise BadSetting(name="database_url", source=settings.sources["database_url"], detail=detail) from missing
    engine: Engine = postgres.Postgres(url)
    return engine


def _open_file(settings: Settings, presence: Presence, key_store: KeyStore) -> Sqlite:
    """After an unclean end, which a log that nobody has open shows, every page is looked at.

    Raises StoreDamaged; also where the file was there once and now is empty or gone, which must not pass for a new one.
    """
    key = _key_of_store(settings, key_store)
    was_made = key_store.is_made(STORE_KEY)  # asked before the file is looked at: another process may be making it
    if was_made and _is_empty(settings.store):
        raise StoreDamaged(store=str(settings.store), detail="it is empty or gone, but its keys are still there")
    engine = Sqlite(settings.store, key, settings.number("lock_wait_s", LOCK_LIMIT_S))
    if not was_made:
        with suppress(StoreUnwritable, StoreFull, StoreLocked):  # the next start notes it; what is stored can be read
            key_store.note_made(STORE_KEY)
    try:
        if engine.found_log and not presence.others():
            engine.check()
    except BaseException:
        engine.close()
        raise
    return engine


def _is_empty(file: Path) -> bool:
    try:
        return not file.stat().st_size
    except FileNotFoundError:
        return True
    except OSError:
        return False  # who opens it says what is wrong


def _vault(settings: Settings, key_store: KeyStore) -> KeyVault:
    account = account_name()
    user = settings.text("user") or account
    return KeyVault(key_store, UserName(user), is_account=user == account)


def _key_store(settings: Settings, clock: Clock, new_id: NewId) -> KeyStore:
    url = settings.text("database_url")
    place = KeyPlace(
        store=settings.store_shown,
        database=DirectDatabase(
            lambda: _open_key_schema(settings, url) if url else _open_keys(settings), keys.migrations()
        ),
        scrub=keys.vacuum if url else keys.truncate_log,
        problem=(lambda engine: "") if url else keys.integrity,  # a server sees to its files
        stale_s=KEYS_STALE_S if url else 0.0,
    )
    first = settings.text("master_key") or "file"
    return KeyStore(place, partial(open_masters, settings), first, clock.now, new_id)


def open_masters(settings: Settings, source: str) -> Masters:
    """The source of master keys of a name: ``file``, ``keyring`` or ``vault:`` with an address. Raises BadSetting."""
    match source.partition(":"):
        case ("file", "", ""):
            return FileMasters(settings.master_file)
        case ("keyring", "", ""):
            return _keyring(settings)
        case ("vault", ":", url) if urlsplit(url).scheme in ("https", "http"):
            transit = importlib.import_module("minga.storage.transit")
            environment = settings.environment
            address = transit.Address(url, environment.get("VAULT_TOKEN", ""), environment.get("VAULT_CACERT", ""))
            service: Masters = transit.TransitMasters(address)
            return service
        case _:
            detail = f"{source!r} is none of file, keyring, vault:ADDRESS"
            raise BadSetting(name="master_key", source=settings.sources.get("master_key", "minga keys"), detail=detail)


def _keyring(settings: Settings) -> Masters:
    try:
        module = importlib.import_module("minga.storage.keyring_master")
    except ModuleNotFoundError as missing:
        source = settings.sources.get("master_key", "minga keys")
        detail = "the keyring needs the extra: pip install 'minga[keyring]'"
        raise BadSetting(name="master_key", source=source, detail=detail) from missing
    masters: Masters = module.KeyringMasters()
    return masters


def _open_keys(settings: Settings) -> Engine:
    """Raises KeysLost where the store is there and its keys are not: new ones would open nothing of it."""
    is_there = settings.keys.exists() and settings.keys.stat().st_size
    if not is_there and cipher.is_encrypted(settings.store):
        raise KeysLost(store=str(settings.store), keys=str(settings.keys))
    engine = Sqlite(settings.keys, None, settings.number("lock_wait_s", LOCK_LIMIT_S))
    engine.execute("PRAGMA secure_delete=ON")
    return engine


def _open_key_schema(settings: Settings, url: str) -> Engine:
    engine = _open_server(settings, url)

    def make(transaction: Transaction) -> None:
        transaction.hold("schema")
        transaction.execute(f"CREATE SCHEMA IF NOT EXISTS {KEY_SCHEMA}")

    try:
        transact(engine, make, writing=True)
        engine.execute(f"SET search_path TO {KEY_SCHEMA}")
    except BaseException:
        engine.close()
        raise
    return engine
