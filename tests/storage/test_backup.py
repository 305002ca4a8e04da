"""Backups: each is the store at one moment, listed only when whole, and never silently bad."""

import random
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from backup_bench import ACCOUNTS, NOTE, Bench, transfer
from hypothesis import given
from hypothesis import strategies as st

from children import begun
from minga.domain.errors import BackupDamaged, NotReady, StoreDamaged, StoreTooNew, UnknownBackup
from minga.storage.backup import Backup, Kind, Plan, superfluous
from minga.storage.database import Migration
from minga.storage.sqlite import Sqlite
from stores import KEY


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.fill()
    return made


def test_a_backup_is_for_the_owner_only_and_its_manifest_says_what_it_is(bench: Bench) -> None:
    made = bench.backups.make(Kind.MANUAL)
    file = bench.backups.file(made.name)
    assert made.name == "20261124T040030Z-manual"
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()} == {0o600}
    assert bench.manifest(made.name) == {
        "name": made.name,
        "kind": "manual",
        "made_at": "2026-11-24T04:00:30Z",
        "size": file.stat().st_size,
        "sha256": made.sha256,
        "schema": ["accounts-1"],
    }


def test_a_backup_shows_nothing_of_the_store_and_its_folder_holds_nothing_else(bench: Bench) -> None:
    made = bench.backups.make(Kind.MANUAL)
    for file in bench.backups.folder.iterdir():
        assert NOTE.strip().encode() not in file.read_bytes()
    assert {file.name for file in bench.backups.folder.iterdir()} == {f"{made.name}.db", f"{made.name}.json", ".lock"}


def test_a_verified_backup_says_how_much_is_in_it(bench: Bench) -> None:
    contents = bench.backups.verify(bench.backups.make(Kind.MANUAL))
    assert contents.rows == {"accounts": ACCOUNTS, "applied_migrations": 1}
    assert contents.schema == ("accounts-1",)


def test_a_backup_is_of_one_moment_while_others_write(bench: Bench) -> None:
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        engine, chance = Sqlite(bench.store, KEY), random.Random(1)
        while not stop.is_set():
            transfer(engine, chance.randrange(ACCOUNTS), chance.randrange(ACCOUNTS), 7)
            written.append(1)
        engine.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        names = []
        for _ in range(10):
            before = len(written)
            names.append(bench.backups.make(Kind.MANUAL).name)
            while len(written) <= before:
                stop.wait(0.001)
    finally:
        stop.set()
        writer.join()
    for name in names:
        copy = Sqlite(bench.backups.file(name), KEY)
        assert copy.execute("SELECT SUM(sum), COUNT(*) FROM accounts") == [(100 * ACCOUNTS, ACCOUNTS)]
        copy.close()


def test_two_backups_of_one_second_have_names_of_their_own(bench: Bench) -> None:
    names = [bench.backups.make(Kind.MANUAL).name for _ in range(3)]
    assert len(set(names)) == 3
    assert {one.name for one in bench.backups.all()} == set(names)


def test_backups_are_listed_newest_first_and_found_by_the_beginning_of_their_name(bench: Bench) -> None:
    first = bench.backups.make(Kind.MANUAL)
    bench.advance(days=1)
    second = bench.backups.make(Kind.MANUAL)
    assert bench.backups.all() == [second, first]
    assert bench.backups.find("20261125") == second
    for name in ("2026", "", "19990101"):
        with pytest.raises(UnknownBackup):
            bench.backups.find(name)


def test_without_a_store_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no store"):
        Bench(tmp_path).backups.make(Kind.MANUAL)
    assert Bench(tmp_path).backups.make_if_due() is None
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_takes_too_long_is_given_up_and_leaves_nothing(bench: Bench) -> None:
    with pytest.raises(NotReady, match="not done within 0 s"):
        bench.backups.make_if_due(limit_s=0.0)
    assert {file.name for file in bench.backups.folder.iterdir()} == {".lock", ".tried"}


def test_a_damaged_store_is_not_backed_up(bench: Bench) -> None:
    good = bench.backups.make(Kind.MANUAL)
    bench.flip(bench.store, bench.store.stat().st_size - 2000)
    bench.advance(hours=2)
    with pytest.raises(StoreDamaged):
        bench.backups.make(Kind.MANUAL)
    assert bench.backups.all() == [good]


_BACK_UP = """
import sys
from datetime import datetime, UTC
from pathlib import Path
sys.path[:0] = sys.argv[2:4]
from backup_bench import Bench
from minga.storage.backup import Kind
bench = Bench(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    bench.advance(seconds=1)
    bench.backups.make(Kind.MANUAL)
"""


def test_a_backup_that_was_killed_is_never_listed_and_what_it_left_is_removed(bench: Bench) -> None:
    here = Path(__file__).parent
    chance = random.Random(2)
    for _ in range(8):
        command = [sys.executable, "-c", _BACK_UP, str(bench.root), str(here), str(here.parent)]
        with begun(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            threading.Event().wait(chance.uniform(0.0, 0.08))
        for one in bench.backups.all():
            bench.backups.verify(one)
        bench.advance(hours=1)
    bench.backups.make(Kind.MANUAL)
    names = {one.name for one in bench.backups.all()}
    left = {file.name for file in bench.backups.folder.iterdir()}
    assert left == {".lock", *(f"{name}.{kind}" for name in names for kind in ("db", "json"))}


def test_every_changed_byte_of_a_backup_is_noticed(bench: Bench) -> None:
    made = bench.backups.make(Kind.MANUAL)
    file = bench.backups.file(made.name)
    chance = random.Random(3)
    for at in [*range(24), *(chance.randrange(made.size) for _ in range(40))]:
        bench.flip(file, at)
        with pytest.raises(BackupDamaged):
            bench.backups.verify(made)
        bench.flip(file, at)
    bench.backups.verify(made)


def test_a_manifest_that_was_changed_to_fit_does_not_hide_a_changed_page(bench: Bench) -> None:
    made = bench.backups.make(Kind.MANUAL)
    file = bench.backups.file(made.name)
    bench.flip(file, made.size - 2000)
    manifest = file.with_suffix(".json")
    changed = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True).stdout.split()[0]
    manifest.write_text(manifest.read_text().replace(made.sha256, changed))
    with pytest.raises(BackupDamaged):
        bench.backups.verify(bench.backups.find(made.name))


def test_a_backup_with_another_key_is_called_damaged(bench: Bench) -> None:
    made = bench.backups.make(Kind.MANUAL)
    bench.key = bytes(32)
    with pytest.raises(BackupDamaged):
        bench.backups.verify(made)
    assert bench.backups.last_good() is None
    assert bench.backups.advice() == ""


def test_a_backup_without_a_readable_manifest_is_listed_and_called_damaged(bench: Bench) -> None:
    made = bench.backups.make(Kind.MANUAL)
    bench.backups.file(made.name).with_suffix(".json").write_text("{")
    [listed] = bench.backups.all()
    assert (listed.name, listed.kind, listed.made_at) == (made.name, Kind.MANUAL, made.made_at)
    with pytest.raises(BackupDamaged):
        bench.backups.verify(listed)


def test_a_backup_of_a_newer_minga_is_refused(bench: Bench) -> None:
    made = bench.backups.make(Kind.MANUAL)
    bench.schema = (Migration("others", 1, ""),)
    with pytest.raises(StoreTooNew):
        bench.backups.verify(made)


def test_the_last_good_backup_is_the_newest_that_verifies(bench: Bench) -> None:
    good = bench.backups.make(Kind.MANUAL)
    bench.advance(hours=1)
    bad = bench.backups.make(Kind.MANUAL)
    bench.flip(bench.backups.file(bad.name), 5000)
    assert bench.backups.last_good() == good
    assert bench.backups.advice() == f"`minga backup restore {good.name}` brings back the last good backup.\n"


def test_one_is_made_by_itself_when_the_last_is_old_and_something_has_changed(bench: Bench) -> None:
    first = bench.backups.make_if_due()
    assert first is not None
    assert first.kind == Kind.HOURLY
    bench.move(1, 2, 50)
    assert bench.backups.make_if_due() is None, "the last is not an hour old"
    bench.advance(minutes=61)
    assert bench.backups.make_if_due() is not None
    bench.advance(minutes=61)
    assert bench.backups.make_if_due() is None, "nothing has changed"
    bench.move(1, 2, 50)
    assert bench.backups.make_if_due() is not None


def test_one_that_was_made_while_the_clock_was_ahead_does_not_keep_others_from_being_made(bench: Bench) -> None:
    bench.advance(hours=24 * 365)
    assert bench.backups.make_if_due() is not None
    bench.advance(hours=-24 * 365)
    bench.move(1, 2, 50)
    assert bench.backups.make_if_due() is not None
    bench.move(1, 2, 50)
    assert bench.backups.make_if_due() is None, "the last is not an hour old"


def test_many_that_end_at_once_make_one(bench: Bench) -> None:
    made: list[Backup | None] = []
    threads = [threading.Thread(target=lambda: made.append(bench.backups.make_if_due())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert [one for one in made if one is not None] == bench.backups.all()
    assert len(bench.backups.all()) == 1


def test_one_by_hand_counts_too(bench: Bench) -> None:
    bench.backups.make(Kind.MANUAL)
    bench.advance(minutes=30)
    assert bench.backups.make_if_due() is None
    bench.advance(minutes=30)
    assert bench.backups.make_if_due() is not None


def test_none_is_made_by_itself_where_that_is_off(bench: Bench) -> None:
    bench.plan = Plan(every=None)
    assert bench.backups.make_if_due() is None
    assert not bench.backups.folder.exists()


def test_a_failed_one_is_tried_again_after_the_same_while_and_not_at_once(bench: Bench) -> None:
    bench.flip(bench.store, bench.store.stat().st_size - 2000)
    with pytest.raises(StoreDamaged):
        bench.backups.make_if_due()
    assert bench.backups.make_if_due() is None


def test_old_ones_go_and_those_made_by_hand_stay(bench: Bench) -> None:
    bench.plan = Plan(hourly=2, daily=2)
    by_hand = bench.backups.make(Kind.MANUAL)
    for _ in range(10):
        bench.advance(hours=8)
        bench.move(1, 2, 1)
        assert bench.backups.make_if_due() is not None
    kept = bench.backups.all()
    assert by_hand in kept
    assert len(kept) == 1 + 2 + 1, "two newest, of which one is the last of its day, and the last of the day before"
    assert len(list(bench.backups.folder.glob("*.db"))) == len(kept)


@given(st.lists(st.integers(0, 24 * 30), unique=True), st.integers(0, 30), st.integers(0, 10))
def test_the_newest_and_the_last_of_each_day_stay(hours: list[int], hourly: int, daily: int) -> None:
    made = [_made(hour, Kind.HOURLY) for hour in hours]
    others = [_made(1, Kind.MANUAL), _made(2, Kind.BEFORE_RESTORE)]
    plan = Plan(hourly=hourly, daily=daily)
    gone = superfluous([*made, *others], plan)
    kept = sorted((one for one in made if one not in gone), key=lambda one: one.made_at, reverse=True)
    newest = sorted(made, key=lambda one: one.made_at, reverse=True)
    assert kept[: max(1, hourly)] == newest[: max(1, hourly)]
    last_days = sorted({one.made_at.date() for one in made}, reverse=True)[:daily]
    assert {one.made_at.date() for one in kept} >= set(last_days)
    assert len(kept) <= max(1, hourly) + daily
    assert not set(gone) & set(others)


def _made(hour: int, kind: Kind) -> Backup:
    made_at = Bench(Path()).clock.now() + timedelta(hours=hour)
    return Backup(f"{hour}-{kind}", kind, made_at, 0, "", ())
