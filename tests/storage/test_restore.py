"""A backup becomes the store again: from every kind, over a sound, a damaged or a missing store, or not at all."""

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from backup_bench import ACCOUNTS, SCHEMA, Bench

from minga.domain.errors import BackupDamaged, StoreDamaged, StoreInUse
from minga.infrastructure.liveness import Presence
from minga.storage.backup import Backup, Kind
from minga.storage.database import Database
from minga.storage.engine import Row
from minga.storage.restore import Restored, restore
from minga.storage.sqlite import Sqlite
from stores import KEY

LIMIT_S = 0.3
EVEN = [100] * ACCOUNTS


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.fill()
    return made


def put_back(bench: Bench, backup: Backup, others: int = 0) -> Restored:
    return restore(bench.backups, backup, lambda: others, LIMIT_S)


def by_hand(bench: Bench) -> Backup:
    return bench.backups.make(Kind.MANUAL)


def by_itself(bench: Bench) -> Backup:
    made = bench.backups.make_if_due()
    assert made is not None
    return made


def by_a_restore(bench: Bench) -> Backup:
    kept = put_back(bench, by_hand(bench)).kept
    assert kept is not None
    return kept


@pytest.mark.parametrize("make", [by_hand, by_itself, by_a_restore])
def test_every_kind_of_backup_can_be_restored(bench: Bench, make: Callable[[Bench], Backup]) -> None:
    made = make(bench)
    bench.move(1, 2, 50)
    restored = put_back(bench, made)
    assert restored.damaged is None
    assert bench.sums() == EVEN
    bench.move(3, 4, 10)
    assert bench.sums()[3:5] == [90, 110]


def test_what_was_there_before_can_be_restored_too(bench: Bench) -> None:
    made = by_hand(bench)
    bench.move(1, 2, 50)
    kept = put_back(bench, made).kept
    assert kept is not None
    assert kept.kind == Kind.BEFORE_RESTORE
    put_back(bench, kept)
    assert bench.sums()[1:3] == [50, 150]


def test_a_damaged_backup_changes_nothing(bench: Bench) -> None:
    made = by_hand(bench)
    bench.flip(bench.backups.file(made.name), 5000)
    before = bench.store.read_bytes()
    with pytest.raises(BackupDamaged):
        put_back(bench, made)
    assert bench.store.read_bytes() == before


def test_nothing_is_restored_while_another_minga_holds_turns(bench: Bench) -> None:
    made = by_hand(bench)
    bench.move(1, 2, 50)
    numbers = itertools.count()
    here, other = (Presence(bench.root / "running", lambda: f"key-{next(numbers)}") for _ in range(2))
    here.key()
    other.key()
    assert here.others() == 1
    with pytest.raises(StoreInUse):
        restore(bench.backups, made, here.others, LIMIT_S)
    other.end()
    assert here.others() == 0
    restore(bench.backups, made, here.others, LIMIT_S)
    assert bench.sums() == EVEN
    here.end()


def test_nothing_is_restored_while_another_program_has_the_store_open(bench: Bench) -> None:
    made = by_hand(bench)
    other = bench.open()
    other.execute("SELECT COUNT(*) FROM accounts")
    with pytest.raises(StoreInUse):
        put_back(bench, made)
    other.close()
    put_back(bench, made)


@pytest.mark.parametrize("at", [2, 20, 300, 4096 * 3 + 7])
def test_a_damaged_store_is_replaced_and_kept_as_it_is(bench: Bench, at: int) -> None:
    made = by_hand(bench)
    bench.flip(bench.store, at)
    before = bench.store.read_bytes()
    restored = put_back(bench, made)
    assert bench.sums() == EVEN
    if at == 2:
        assert restored.kept is not None, "of the first 16 bytes nothing depends"
    else:
        assert restored.damaged is not None
        assert restored.damaged.read_bytes()[4096:] == before[4096:]


def test_a_missing_store_is_made_anew_and_a_log_without_a_store_does_not_meet_it(bench: Bench) -> None:
    made = by_hand(bench)
    engine = bench.open()
    engine.execute("UPDATE accounts SET sum = 0")
    log = Path(f"{bench.store}-wal").read_bytes()
    engine.close()
    bench.store.unlink()
    Path(f"{bench.store}-wal").write_bytes(log)
    restored = put_back(bench, made)
    assert restored.kept is None
    assert bench.sums() == EVEN


def test_a_store_that_is_no_database_is_replaced(bench: Bench) -> None:
    made = by_hand(bench)
    for content in (b"", b"notes\n" * 3000, b"SQLite format 3\0" + bytes(8176)):
        bench.store.write_bytes(content)
        put_back(bench, made)
        assert bench.sums() == EVEN


_RESTORE = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:5]
from backup_bench import Bench
from minga.storage.restore import restore
bench = Bench(Path(sys.argv[1]))
backup = bench.backups.find(sys.argv[2])
print("ready", flush=True)
while True:
    restore(bench.backups, backup, lambda: 0, 5.0)
"""


def test_a_restore_that_was_killed_leaves_the_old_store_or_the_new_one(bench: Bench) -> None:
    made = by_hand(bench)
    here = Path(__file__).parent
    chance = random.Random(4)
    for _ in range(8):
        bench.move(1, 2, 50)
        changed = bench.sums()
        command = [sys.executable, "-c", _RESTORE, str(bench.root), made.name, str(here), str(here.parent)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            threading.Event().wait(chance.uniform(0.0, 0.05))
            os.kill(child.pid, signal.SIGKILL)
        assert bench.sums() in (EVEN, changed)
        put_back(bench, made)
        for one in bench.backups.all():
            bench.backups.verify(one)


def test_who_had_the_old_store_open_does_not_write_into_the_void(bench: Bench) -> None:
    """A file replaced by hand, without asking: the writer learns of it, also if it waited for the lock meanwhile."""
    made = by_hand(bench)
    writer, holder = bench.open(), bench.open()
    holder.begin(writing=True)
    waiting = threading.Timer(0.1, lambda: bench.backups.file(made.name).replace(bench.store))
    waiting.start()
    waiting.join()
    holder.rollback()
    with pytest.raises(StoreDamaged, match="moved"):
        writer.begin(writing=True)
    writer.close()
    holder.close()


def test_every_flip_in_the_store_is_harmless_or_told_with_the_backup_that_helps(bench: Bench) -> None:
    """All over the file, seeded: a wrong answer, or any other error, would be neither."""
    made = by_hand(bench)
    content = bench.store.read_bytes()
    right = asyncio.run(everything(bench))
    chance = random.Random(5)
    places = [*range(32), *(at + chance.randrange(4096) for at in range(0, len(content), 4096) for _ in range(3))]
    told = 0
    for at in places:
        bench.store.write_bytes(content)
        bench.flip(bench.store, at)
        try:
            answer: object = asyncio.run(everything(bench))
        except StoreDamaged as damaged:
            told += 1
            answer = damaged.remedy_text.splitlines()[0]
        assert answer in (right, f"`minga backup restore {made.name}` brings back the last good backup.")
    assert told > len(places) / 2
    put_back(bench, made)
    assert asyncio.run(everything(bench)) == right


async def everything(bench: Bench) -> list[Row]:
    database = Database(bench.open, SCHEMA, bench.backups.advice)
    try:
        return await database.read(lambda transaction: transaction.execute("SELECT * FROM accounts ORDER BY id"))
    finally:
        await database.close()


def test_an_unclean_end_is_seen_by_the_next_start_and_a_clean_one_is_not(bench: Bench) -> None:
    program = "import os, sys; sys.path[:0] = sys.argv[2:4]\nfrom pathlib import Path\nfrom backup_bench import Bench\n"
    program += "engine = Bench(Path(sys.argv[1])).open(); engine.execute('UPDATE accounts SET note = 1'); os._exit(9)"
    here = Path(__file__).parent
    assert not closed(bench.open()).found_log
    subprocess.run([sys.executable, "-c", program, str(bench.root), str(here), str(here.parent)], check=False)
    cut_off = bench.open()
    assert cut_off.found_log
    cut_off.check()
    cut_off.close()
    assert not closed(bench.open()).found_log


def closed(engine: Sqlite) -> Sqlite:
    engine.close()
    return engine


def test_the_check_finds_damage_where_no_command_looks(bench: Bench) -> None:
    bench.flip(bench.store, bench.store.stat().st_size - 2000)
    engine = bench.open()
    with pytest.raises(StoreDamaged):
        engine.check()
    engine.close()


def test_opening_a_second_connection_keeps_the_locks_of_the_first(bench: Bench) -> None:
    """POSIX ends a process's locks on a file when any descriptor of it is closed."""
    first = bench.open()
    first.execute("SELECT COUNT(*) FROM accounts")
    bench.open().close()
    bench.backups.make(Kind.MANUAL)
    program = "import sys; from pathlib import Path; from minga.storage.sqlite import Sqlite\n"
    program += "engine = Sqlite(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), 0.1)\nengine.take_over()"
    done = subprocess.run([sys.executable, "-c", program, bench.store, KEY.hex()], capture_output=True, text=True)
    assert "StoreLocked" in done.stderr
    first.close()
