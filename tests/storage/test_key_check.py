"""The look at every key: what was changed in the key store is found, and what is whole is left in peace."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from keyed import ANA, BEA, ONE, THREE, TWO, Folder
from minga.domain.errors import KeysDamaged, MasterKeyLost
from minga.domain.ids import SessionId
from minga.storage.key_check import AT_ONCE, check_keys


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    url = request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else ""
    made = Folder(tmp_path, url)
    made.add(ANA, BEA)
    ana = made.vault(ANA)
    ana.create(ONE, "/src")
    ana.create(TWO, "/src")
    ana.share(ONE, BEA, "read")
    ana.create(THREE, "/src")
    ana.shred(THREE)
    yield made
    made.close()


def test_whole_keys_are_counted(folder: Folder) -> None:
    """Two users, two sessions of which one is shared, and the store's: projects, receipts."""
    checked = check_keys(folder.minga().keys)
    assert (checked.keys, checked.all_seen) == (2 + 3 + 2, True)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session_keys SET project = 'x' WHERE user_name = 'bea'",
        "UPDATE session_keys SET session_id = 'session-4' WHERE session_id = 'session-2'",
        "UPDATE session_keys SET fingerprint = '0' WHERE user_name = 'bea'",
        "UPDATE user_keys SET fingerprint = '0' WHERE user_name = 'bea'",
        "UPDATE store_keys SET wrapped = (SELECT wrapped FROM store_keys WHERE name = 'projects')",
        "UPDATE store_keys SET shown = 'x' WHERE name = 'receipts'",
    ],
)
def test_a_key_that_was_changed_is_told(folder: Folder, change: str) -> None:
    folder.minga().keys.write(lambda transaction: transaction.execute(change))
    with pytest.raises(KeysDamaged, match=r"[12] of the 7 keys that were looked at do not open"):
        check_keys(folder.minga().keys)


def test_a_user_whose_key_does_not_open_takes_the_sessions_along(folder: Folder) -> None:
    folder.minga().keys.write(lambda t: t.execute("UPDATE user_keys SET wrapped = ? WHERE user_name = ?", (b"x", ANA)))
    with pytest.raises(KeysDamaged, match="3 of the 7"):
        check_keys(folder.minga().keys)


def test_a_lost_master_key_is_told_as_such(folder: Folder) -> None:
    folder.master_file.unlink()
    with pytest.raises(MasterKeyLost):
        check_keys(folder.minga().keys)


def test_all_of_many_keys_are_looked_at_within_the_limit_only(folder: Folder) -> None:
    vault = folder.vault(BEA)
    for number in range(AT_ONCE):
        vault.create(SessionId(f"more-{number}"), "")
    checked = check_keys(folder.minga().keys)
    assert (checked.keys, checked.all_seen) == (7 + AT_ONCE, True)
    assert check_keys(folder.minga().keys, limit_s=0).all_seen is False


def test_a_flip_in_the_key_store_is_harmless_or_told(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    vault = folder.vault()
    for number in range(40):
        vault.create(SessionId(f"session-{number}"), "")
    folder.close()
    with sqlite3.connect(folder.keys_file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = folder.keys_file.read_bytes()
    chance = random.Random(7)
    told = 0
    for _ in range(150):
        changed = bytearray(whole)
        changed[chance.randrange(100, len(whole))] ^= 1 << chance.randrange(8)
        folder.keys_file.write_bytes(changed)
        minga = folder.minga()
        try:
            check_keys(minga.keys)
            assert len(minga.vault.readable()) == 40
        except KeysDamaged:
            told += 1
        finally:
            minga.keys.close()
    assert told > 20
