"""What the disk can do to the SQLite file: each ends in its own error with a remedy, never in a traceback."""

import contextlib
import os
import pwd
import random
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from minga.domain.errors import StoreDamaged, StoreFull, StoreLocked, StoreUnwritable
from minga.storage.database import migrate
from minga.storage.direct import DirectDatabase
from minga.storage.sqlite import Sqlite
from stores import MIGRATIONS

LONG = "x" * 4000


def filled(path: Path, rows: int = 300, key: bytes | None = None) -> None:
    engine = Sqlite(path, key)
    migrate(engine, MIGRATIONS)
    engine.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    for number in range(rows):
        engine.execute("INSERT INTO notes VALUES (?, ?)", (number, LONG))
    engine.close()


def fill_up(engine: Sqlite) -> int:
    """Insert until the disk is full; return how many rows were told to be durable."""
    for number in range(100_000):
        try:
            engine.begin(writing=True)
            engine.execute("INSERT INTO notes VALUES (?, ?)", (number, LONG))
            engine.commit()
        except StoreFull:
            engine.rollback()
            return number
    raise AssertionError("the disk was not full")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_file_and_its_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    Sqlite(tmp_path / "data" / "minga.db").close()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "minga.db").stat().st_mode) == 0o600


def test_the_store_writes_ahead_and_syncs_every_commit(tmp_path: Path) -> None:
    engine = Sqlite(tmp_path / "minga.db")
    assert engine.execute("PRAGMA journal_mode") == [("wal",)]
    assert engine.execute("PRAGMA synchronous") == [(2,)]
    assert engine.execute("PRAGMA foreign_keys") == [(1,)]
    engine.close()


def test_a_place_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable) as unwritable:
        Sqlite(tmp_path / "file" / "data" / "minga.db")
    assert "MINGA_HOME" in unwritable.value.remedy_text


def test_a_directory_in_the_place_of_the_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "minga.db").mkdir()
    with pytest.raises(StoreUnwritable):
        Sqlite(tmp_path / "minga.db")


def test_a_folder_without_write_permission_is_named_for_an_ordinary_user(open_folder: Path) -> None:
    """As root, permissions do not bind: the check runs as an ordinary user in a process of its own."""
    folder = open_folder / "closed"
    folder.mkdir(mode=0o555)
    try:
        program = "try: Sqlite(Path(sys.argv[1]) / 'minga.db')\nexcept StoreUnwritable as error: print(error.message)"
        done = _as_ordinary_user(program, folder)
        assert "cannot be written: Permission denied" in done
    finally:
        folder.chmod(0o755)


def test_a_file_that_may_only_be_read_is_named_for_an_ordinary_user(open_folder: Path) -> None:
    filled(open_folder / "minga.db", rows=1)
    (open_folder / "minga.db").chmod(0o444)
    done = _as_ordinary_user(
        "try:\n  engine = Sqlite(Path(sys.argv[1]))\n  engine.begin(writing=True)\n"
        "  engine.execute('DELETE FROM notes')\n"
        "except StoreUnwritable as error: print(error.message)",
        open_folder / "minga.db",
    )
    assert "cannot be written" in done


def test_a_text_file_in_the_place_of_the_store_is_called_damaged_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    path.write_text("this is a shopping list\n" * 200)
    with pytest.raises(StoreDamaged) as damaged:
        Sqlite(path)
    assert "minga backup list" in damaged.value.remedy_text
    assert path.read_text() == "this is a shopping list\n" * 200


def test_pages_overwritten_in_the_middle_are_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    filled(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 3)
        file.write(random.Random(1).randbytes(size // 3))
    with pytest.raises(StoreDamaged):
        _read_all(path)


def test_a_file_that_was_cut_short_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "minga.db"
    filled(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(StoreDamaged):
        _read_all(path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a small file system needs root and mount")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"this machine mounts no tmpfs: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_loses_nothing_that_was_told_to_be_durable(small_disk: Path) -> None:
    path = small_disk / "minga.db"
    engine = Sqlite(path)
    migrate(engine, MIGRATIONS)
    engine.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    kept = fill_up(engine)
    assert kept > 50
    engine.close()
    assert _check(path) == "ok"
    assert _count(path) == kept


def test_a_disk_that_is_full_from_the_start_is_called_full(small_disk: Path) -> None:
    filler = os.open(small_disk / "filler", os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(filler, b"x" * 4096)
    os.close(filler)
    with pytest.raises(StoreFull) as full:
        Sqlite(small_disk / "minga.db")
    assert "MINGA_HOME" in full.value.remedy_text


def test_on_a_full_disk_what_lies_there_is_read_and_writing_is_refused_until_there_is_room(small_disk: Path) -> None:
    path = small_disk / "minga.db"
    filled(path, rows=10)
    filler = _fill(small_disk)
    database = DirectDatabase(lambda: Sqlite(path), MIGRATIONS)
    assert _counted(database) == 10
    with pytest.raises(StoreFull):
        _written(database)
    assert _counted(database) == 10
    filler.unlink()
    _written(database)
    assert _counted(database) == 11
    database.close()


def test_who_reads_what_lies_there_sees_what_another_process_writes_since(small_disk: Path) -> None:
    path = small_disk / "minga.db"
    filled(path, rows=10)
    filler = _fill(small_disk)
    reading, writing = (DirectDatabase(lambda: Sqlite(path), MIGRATIONS) for _ in range(2))
    assert _counted(reading) == 10
    filler.unlink()
    _written(writing)
    assert _counted(reading) == 11
    writing.close()
    reading.close()


def test_what_is_written_while_it_is_read_as_it_lies_ends_that_reading(small_disk: Path) -> None:
    path = small_disk / "minga.db"
    filled(path, rows=10)
    filler = _fill(small_disk)
    lying = Sqlite(path)
    lying.begin(writing=False)
    lying.execute("SELECT COUNT(*) FROM notes")
    filler.unlink()
    writing = DirectDatabase(lambda: Sqlite(path), MIGRATIONS)
    _written(writing)
    writing.close()
    with pytest.raises(StoreLocked):
        lying.commit()
    assert not lying.serves(writing=False)
    lying.close()


@pytest.mark.parametrize(
    ("change", "rows", "grows"),
    [("DELETE FROM notes WHERE id >= 3", 3, False), ("INSERT INTO notes SELECT id + 50, text FROM notes", 20, True)],
)
@pytest.mark.parametrize("key", [None, bytes(range(32))])
def test_a_file_whose_log_was_left_is_read_with_the_log_or_not_at_all(
    small_disk: Path, change: str, rows: int, key: bytes | None, *, grows: bool
) -> None:
    path = small_disk / "minga.db"
    filled(path, rows=10, key=key)
    program = (
        "import os, sys; from pathlib import Path; from minga.storage.sqlite import Sqlite\n"
        f"engine = Sqlite(Path(sys.argv[1]), {key!r}); engine.execute({change!r}); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, path], check=True)
    (small_disk / "minga.db-shm").unlink()
    filler = _fill(small_disk)
    if grows:
        with pytest.raises(StoreFull):
            Sqlite(path, key)
        filler.unlink()
    database = DirectDatabase(lambda: Sqlite(path, key), MIGRATIONS)
    assert _counted(database) == rows
    database.close()


def test_a_bound_on_the_size_of_files_is_an_error_and_no_end_of_the_program(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for a quota: it binds ordinary users where no small file system can be mounted."""
    program = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom minga.storage.sqlite import Sqlite\n"
        "from minga.domain.errors import StoreError\n"
        "engine = Sqlite(Path(sys.argv[1]))\n"
        "engine.execute('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))\n"
        "for number in range(10_000):\n"
        "    try:\n"
        "        engine.begin(writing=True)\n"
        "        engine.execute('INSERT INTO notes VALUES (?, ?)', (number, 'x' * 4000))\n"
        "        engine.commit()\n"
        "    except StoreError as error:\n"
        "        print(number, type(error).__name__)\n"
        "        break\n"
    )
    path = tmp_path / "minga.db"
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    number, name = done.stdout.split()
    assert name in ("StoreFull", "StoreUnwritable")
    assert _check(path) == "ok"
    assert _count(path) == int(number)


def test_the_store_keeps_to_what_the_file_system_lets_it_open(tmp_path: Path) -> None:
    """Out of file descriptors is an error of the store, too."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, before[1]))
    try:
        with pytest.raises(StoreUnwritable):
            Sqlite(tmp_path / "minga.db")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def _fill(folder: Path) -> Path:
    """The file that takes all the room that there is."""
    file = folder / "filler"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(LONG.encode())
    return file


def _counted(database: DirectDatabase) -> int:
    [[count]] = database.read(lambda transaction: transaction.execute("SELECT COUNT(*) FROM notes"))
    return int(count)


def _written(database: DirectDatabase) -> None:
    database.write(lambda transaction: transaction.execute("INSERT INTO notes VALUES (1000, 'x')"))


def _read_all(path: Path) -> None:
    engine = Sqlite(path)
    try:
        migrate(engine, MIGRATIONS)
        engine.execute("SELECT COUNT(*), SUM(LENGTH(text)) FROM notes")
        engine.execute("SELECT * FROM turns")
    finally:
        engine.close()


def _check(path: Path) -> str:
    [(answer,)] = apsw.Connection(str(path)).execute("PRAGMA integrity_check")
    return str(answer)


def _count(path: Path) -> int:
    [(count,)] = apsw.Connection(str(path)).execute("SELECT COUNT(*) FROM notes")
    return int(count)


def _as_ordinary_user(program: str, path: Path) -> str:
    """Run ``program`` without root's rights; what it imports is loaded before they are given up."""
    nobody = pwd.getpwnam("nobody")
    head = (
        "import os, sys\nfrom pathlib import Path\nfrom minga.domain.errors import StoreUnwritable\n"
        "from minga.storage.sqlite import Sqlite\n"
        f"if os.geteuid() == 0: os.setgroups([]); os.setgid({nobody.pw_gid}); os.setuid({nobody.pw_uid})\n"
    )
    done = subprocess.run([sys.executable, "-c", head + program, path], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_store_that_is_deleted_while_in_use_is_told_and_not_written_into_the_void(tmp_path: Path) -> None:
    engine = Sqlite(tmp_path / "minga.db")
    engine.begin(writing=True)
    engine.commit()
    (tmp_path / "minga.db").unlink()
    with pytest.raises(StoreDamaged, match="deleted"):
        engine.begin(writing=True)
    engine.close()


def test_what_is_prepared_once_is_not_prepared_anew_for_other_values(tmp_path: Path) -> None:
    engine = Sqlite(tmp_path / "store.db", bytes(32))
    engine.execute("CREATE VIRTUAL TABLE words USING fts5 (said)")
    for number in range(5):
        engine.execute("INSERT INTO words (said) VALUES (?)", (f"one two three {number}",))
    counts: list[int] = []
    engine._connection.trace_v2(  # full-text search prepares its own statements: they show nowhere else
        apsw.SQLITE_TRACE_PROFILE, lambda event: counts.append(event["stmt_status"]["SQLITE_STMTSTATUS_REPREPARE"])
    )
    engine.execute("SELECT rowid FROM words WHERE words MATCH 'one OR two OR 3'")
    engine.close()
    assert len(counts) > 10
    assert not any(counts)
