"""A store that is empty or gone is not taken for a new one; a new one is begun, however its beginning was cut off."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Done, Program

PROOF = "valida el RUT 76.086.428-5"
KILLER = Path(__file__).with_name("store_then_die.py")
POINTS = 16


def emptied(store: Path) -> None:
    store.write_bytes(b"")


def gone(store: Path) -> None:
    for file in store.parent.glob("minga.db*"):
        file.unlink()


@pytest.fixture
def used(minga: Program) -> Program:
    assert minga.run("run", "-q", PROOF).code == 0
    assert minga.run("backup", "now").code == 0
    return minga


@pytest.mark.parametrize("lose", [emptied, gone])
def test_a_store_that_is_lost_is_told_with_the_backup_that_brings_it_back(
    used: Program, lose: Callable[[Path], None]
) -> None:
    before = used.sessions()
    lose(used.store)
    for command in (("sessions", "list"), ("sessions", "search", "RUT"), ("run", "-q", PROOF)):
        used.run(*command).refused(4, "it is empty or gone, but its keys are still there", "minga backup restore 2")
    doctor = used.run("doctor").out
    assert "empty or gone" in doctor
    assert "minga backup restore 2" in doctor
    assert not used.store.exists() or not used.store.stat().st_size
    backup, *_ = [line.split()[0] for line in used.run("backup", "list").out.splitlines()]
    assert used.run("backup", "restore", backup).code == 0
    assert used.sessions() == before


def test_without_a_backup_a_lost_store_is_told_and_one_can_begin_anew(minga: Program) -> None:
    assert minga.run("run", "-q", PROOF, env={"MINGA_BACKUP_EVERY_MINUTES": "0"}).code == 0
    emptied(minga.store)
    refused = minga.run("sessions", "list", env={"MINGA_BACKUP_EVERY_MINUTES": "0"})
    refused.refused(4, "empty or gone", "Move it and keys.db away to begin anew")
    assert "restore" not in refused.err
    aside = minga.root / "aside"
    aside.mkdir()
    for file in [*minga.store.parent.glob("minga.db*"), *minga.store.parent.glob("keys.db*")]:
        file.rename(aside / file.name)
    assert minga.sessions() == []
    assert minga.run("run", "-q", PROOF).code == 0
    assert "76.086.428" in minga.run("sessions", "search", "76.086.428").out
    assert len(minga.sessions()) == 1


def test_a_store_of_an_earlier_minga_is_noted_at_its_next_use(used: Program) -> None:
    forget(used)
    assert len(used.sessions()) == 1
    emptied(used.store)
    used.run("sessions", "list").refused(4, "empty or gone")


def test_a_beginning_that_was_killed_anywhere_locks_nobody_out(minga: Program, tmp_path: Path) -> None:
    whole = killed(Program(tmp_path / "whole", warm=minga.warm), 0)
    assert whole.code == 0, whole.err
    calls = int(whole.err.rsplit("calls ", 1)[1])
    assert calls > POINTS
    for point in range(1, calls, calls // POINTS):
        one = Program(tmp_path / str(point), warm=minga.warm)
        assert killed(one, point).code == -9, point
        done = one.run("sessions", "list")
        assert done.code == 0, (point, done.err)
        assert one.run("run", "-q", PROOF).code == 0, point


def test_an_empty_file_that_a_killed_beginning_left_is_used(minga: Program, tmp_path: Path) -> None:
    assert minga.run("run", "-q", PROOF).code == 0
    forget(minga)
    gone(minga.store)
    minga.store.touch()  # keys made, the file too, and nothing in it: killed before its first page
    assert minga.sessions() == []
    assert minga.run("run", "-q", PROOF).code == 0
    assert len(minga.sessions()) == 1


def killed(program: Program, point: int) -> Done:
    done = subprocess.run(
        [sys.executable, str(KILLER), str(point), "run", "-q", PROOF],
        cwd=program.work,
        env=program.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def forget(program: Program) -> None:
    """Take the note away that the store was there, as if a Minga had made the store that knows of no such note."""
    code = "import apsw, sys; apsw.Connection(sys.argv[1]).execute('DELETE FROM files_made')"
    subprocess.run([sys.executable, "-c", code, str(program.store.with_name("keys.db"))], check=True)
