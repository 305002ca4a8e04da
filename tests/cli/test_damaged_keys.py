"""A key store that was changed, emptied, or put back from long ago: what is told, and that nothing is thrown away."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from program import Program

PROOF = "valida el RUT 76.086.428-5"
OTHER = "valida el RUT 12.345.678-5"


@pytest.fixture
def used(minga: Program) -> Program:
    minga.environment["MINGA_BACKUP_EVERY_MINUTES"] = "0"
    assert minga.run("run", "-q", PROOF).code == 0
    return minga


def keys_file(minga: Program) -> Path:
    return minga.root / "home" / "keys.db"


def test_an_older_copy_of_the_keys_costs_no_session_and_is_told(used: Program) -> None:
    older = shutil.copyfile(keys_file(used), used.root / "older.db")
    assert used.run("run", "-q", OTHER).code == 0
    newer = shutil.copyfile(keys_file(used), used.root / "newer.db")
    lost = used.sessions()[0]["id"]
    shutil.copyfile(older, keys_file(used))
    listed = used.run("sessions", "list")
    assert (listed.code, len(listed.out.splitlines())) == (0, 1)
    for text in ("1 of your sessions have no key", str(keys_file(used)), lost, "They are kept"):
        assert text in listed.err, text
    doctor = used.run("doctor")
    assert (doctor.code, lost in doctor.out) == (3, True)
    used.run("sessions", "retention", "--days", "30", "--now")
    shutil.copyfile(newer, keys_file(used))
    assert len(used.sessions()) == 2


def test_a_deleted_session_is_not_told_as_one_without_a_key(used: Program) -> None:
    assert used.run("backup", "now").code == 0
    [session] = used.sessions()
    assert used.run("sessions", "delete", session["id"], "--yes").code == 0
    [backup] = used.run("backup", "list", "--json").lines()
    assert used.run("backup", "restore", backup["name"]).code == 0
    listed = used.run("sessions", "list")
    assert (listed.out, "no key" in listed.err) == ("", False)
    assert "Keys: in order" in used.run("doctor").out


def test_a_changed_key_is_found_by_the_doctor(used: Program) -> None:
    with sqlite3.connect(keys_file(used)) as connection:
        connection.execute("UPDATE session_keys SET wrapped = zeroblob(61)")
    connection.close()
    doctor = used.run("doctor")
    assert doctor.code == 3
    assert (
        "keys that were looked at do not open or were changed → Put keys.db back from a copy of your own" in doctor.out
    )
    used.run("sessions", "list").refused(4, str(keys_file(used)), "leave minga.db as it is")


def test_keys_that_are_no_database_are_told_with_what_helps(used: Program) -> None:
    with keys_file(used).open("r+b") as file:
        file.seek(20)
        file.write(b"garbage!")
    done = used.run("sessions", "list")
    done.refused(4, f"The key store {str(keys_file(used))!r} is damaged", "leave minga.db as it is", "keys.db back")
    for wrong in ("Move the file away", "minga backup"):
        assert wrong not in done.err


@pytest.mark.parametrize("emptied", ["file", "tables"])
def test_empty_keys_are_told_and_the_store_is_left_alone(used: Program, emptied: str) -> None:
    before = used.store.read_bytes()
    if emptied == "file":
        keys_file(used).write_bytes(b"")
    else:
        with sqlite3.connect(keys_file(used)) as connection:
            connection.execute("DELETE FROM store_keys")
        connection.close()
    for verb in (("sessions", "list"), ("run", PROOF), ("backup", "now")):
        used.run(*verb).refused(4, "The keys of the store", str(keys_file(used)), "a copy of your own")
    assert used.store.read_bytes() == before
