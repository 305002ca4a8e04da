"""The encrypted file: nothing in it can be read without the key, and no byte of it can be changed unseen."""

import random
from pathlib import Path

import apsw
import pytest

from minga.domain.errors import StoreDamaged, StoreError, StoreNotEncrypted
from minga.storage import cipher
from minga.storage.sqlite import Sqlite
from stores import KEY

SECRET = "el folio del contribuyente es 4711"
OTHER_KEY = bytes(reversed(KEY))
ROWS = 400


def filled(path: Path, key: bytes | None = KEY) -> list[tuple[int, str]]:
    """Make a store with pages in use, pages that are free again, and an index; return its rows."""
    engine = Sqlite(path, key)
    engine.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    engine.execute("CREATE INDEX by_text ON notes (text)")
    engine.begin(writing=True)
    for number in range(ROWS):
        engine.execute("INSERT INTO notes VALUES (?, ?)", (number, f"{SECRET} {number} " * 8))
    engine.commit()
    engine.execute("DELETE FROM notes WHERE id % 3 = 0")
    rows = answer(engine)
    engine.close()
    return rows


def answer(engine: Sqlite) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in engine.execute("SELECT id, text FROM notes NOT INDEXED ORDER BY id")]


def test_neither_the_file_nor_its_log_shows_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    engine = Sqlite(path, KEY)
    engine.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    engine.execute("INSERT INTO notes VALUES (1, ?)", (SECRET * 100,))
    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert len(written["minga.db-wal"]) > 4096
    engine.close()
    written["closed"] = path.read_bytes()
    for content in written.values():
        for readable in (SECRET, "CREATE TABLE", "notes", "SQLite format 3"):
            assert readable.encode() not in content


def test_a_sort_that_spills_goes_to_memory_and_to_no_file(tmp_path: Path) -> None:
    engine = Sqlite(tmp_path / "minga.db", KEY)
    assert engine.execute("PRAGMA temp_store") == [(2,)]
    engine.close()


def test_what_was_written_is_read_again_with_the_key(tmp_path: Path) -> None:
    rows = filled(tmp_path / "minga.db")
    engine = Sqlite(tmp_path / "minga.db", KEY)
    assert answer(engine) == rows
    assert engine.execute("PRAGMA journal_mode") == [("wal",)]
    assert engine.execute("PRAGMA integrity_check") == [("ok",)]
    engine.close()


def test_another_key_is_called_that_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    filled(path)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="encrypted with another key"):
        Sqlite(path, OTHER_KEY)
    assert path.read_bytes() == before


def test_a_damaged_first_page_is_told_from_another_key(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    filled(path)
    change(path, 2000)
    with pytest.raises(StoreDamaged, match="the key fits, but the first pages are damaged"):
        Sqlite(path, KEY)


def test_no_key_does_not_open_an_encrypted_file(tmp_path: Path) -> None:
    filled(tmp_path / "minga.db")
    with pytest.raises(StoreDamaged):
        Sqlite(tmp_path / "minga.db")


def test_a_plain_file_is_not_opened_with_a_key_and_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    filled(path, key=None)
    before = path.read_bytes()
    with pytest.raises(StoreNotEncrypted) as plain:
        Sqlite(path, KEY)
    assert "Move the file away" in plain.value.remedy_text
    assert path.read_bytes() == before


def test_a_file_of_anything_else_is_called_damaged(tmp_path: Path) -> None:
    for content in (b"shopping list\n" * 500, b"short"):
        path = tmp_path / "minga.db"
        path.write_bytes(content)
        with pytest.raises(StoreDamaged):
            Sqlite(path, KEY)
        assert path.read_bytes() == content


def test_pages_that_changed_places_are_detected(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    filled(path)
    content = path.read_bytes()
    one, two = (slice(number * cipher.PAGE_BYTES, (number + 1) * cipher.PAGE_BYTES) for number in (7, 8))
    swapped = bytearray(content)
    swapped[one], swapped[two] = content[two], content[one]
    path.write_bytes(swapped)
    engine = Sqlite(path, KEY)
    with pytest.raises(StoreDamaged):
        answer(engine)
    engine.close()


def test_every_flipped_bit_is_detected_or_harmless(tmp_path: Path) -> None:
    """One bit in every page, and every byte of the readable part. A wrong answer, or another error, is neither."""
    path = tmp_path / "minga.db"
    rows = filled(path)
    content = path.read_bytes()
    chance = random.Random(20261124)
    places = [*range(32), *(at + chance.randrange(4096) for at in range(0, len(content), 4096))]
    detected = 0
    for at in places:
        path.write_bytes(content)
        change(path, at, 1 << chance.randrange(8))
        try:
            engine = Sqlite(path, KEY)
        except StoreDamaged:
            detected += 1
            continue
        try:
            assert answer(engine) == rows
            assert engine.execute("PRAGMA quick_check") is not None
        except StoreDamaged:
            detected += 1
        finally:
            engine.close()
    assert detected > len(places) / 2


def change(path: Path, at: int, bits: int = 0x55) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        [old] = file.read(1)
        file.seek(at)
        file.write(bytes([old ^ bits]))


def test_a_key_of_another_length_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        Sqlite(tmp_path / "minga.db", b"short")


def test_the_build_of_sqlite_has_the_cipher_that_was_chosen(tmp_path: Path) -> None:
    engine = Sqlite(tmp_path / "minga.db", KEY)
    assert engine.execute("PRAGMA cipher") == [("aegis",)]
    assert engine.execute("PRAGMA algorithm") == [("aegis-256",)]
    assert "Multiple Ciphers" in apsw.mc_version
    engine.close()


def test_every_error_of_an_encrypted_store_is_a_store_error(tmp_path: Path) -> None:
    engine = Sqlite(tmp_path / "minga.db", KEY)
    with pytest.raises(StoreError):
        engine.execute("SELECT * FROM nowhere")
    engine.close()
