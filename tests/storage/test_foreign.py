"""Another program's SQLite file: read without a trace, also while it is written to."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from minga.domain.errors import StoreDamaged
from minga.infrastructure import scratch
from minga.infrastructure.scratch import scratch_folder
from minga.storage.foreign import open_foreign


def _numbers(path: Path) -> list[object]:
    with open_foreign(path, scratch_folder) as file:
        return [number for (number,) in file.rows("SELECT number FROM things ORDER BY number")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in WAL mode that nobody has open."""
    path = tmp_path / "a folder" / "their #1?.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE things (number INTEGER, name TEXT)")
        database.execute("INSERT INTO things VALUES (1, CAST(x'ff' AS TEXT))")
    return path


def test_a_file_in_a_folder_that_cannot_be_written_is_read_and_nothing_comes_beside_it(path: Path) -> None:
    path.parent.chmod(0o500)
    try:
        assert _numbers(path) == [1]
    finally:
        path.parent.chmod(0o700)
    assert list(path.parent.iterdir()) == [path]


def test_what_its_program_writes_at_the_moment_is_seen(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO things VALUES (2, 'x')")
        database.commit()
        assert _numbers(path) == [1, 2]
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO things VALUES (3, 'x')")
        assert _numbers(path) == [1, 2]


def test_a_file_that_changed_while_it_was_read_is_no_reading(path: Path) -> None:
    with pytest.raises(OSError, match="changed while it was being read"):
        _read_while_it_is_written(path)


def _read_while_it_is_written(path: Path) -> None:
    with open_foreign(path, scratch_folder) as file:
        rows = file.rows("SELECT number FROM things")
        assert next(rows) == (1,)
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("INSERT INTO things VALUES (2, 'x')")


def test_a_log_without_its_index_is_read_from_memory_and_a_sort_too(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite would make the index beside the file; a copy of it on a disk would be a copy of conversations."""
    kept = tmp_path / "kept"
    kept.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT INTO things VALUES (2, 'x')")
        database.commit()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", kept / f"things.db{suffix}")
    watched = tmp_path / "temporary"
    watched.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(watched))
    with open_foreign(kept / "things.db", scratch_folder) as file:
        assert list(file.rows("SELECT number FROM things ORDER BY number")) == [(1,), (2,)]
        assert list(file.rows("PRAGMA temp_store")) == [(2,)]
        assert list(watched.iterdir()) == []
        assert len(list(scratch.MEMORY.glob("minga-scratch-read-*"))) >= 1
    assert sorted(one.name for one in kept.iterdir()) == ["things.db", "things.db-wal"]


def test_what_is_no_database_or_another_one_is_damaged_and_what_is_not_there_is_an_os_error(path: Path) -> None:
    with pytest.raises(StoreDamaged), open_foreign(path, scratch_folder) as file:
        list(file.rows("SELECT * FROM elsewhere"))
    with pytest.raises(StoreDamaged), open_foreign(path, scratch_folder) as file:
        list(file.rows("SELECT name FROM things"))
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreDamaged):
        _numbers(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        _numbers(path)
