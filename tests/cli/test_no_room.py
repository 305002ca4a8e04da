"""A bound on the size of files, which stands for a quota: each command ends well or says why, and the store opens."""

import resource
import tempfile
from dataclasses import replace

import pytest
from program import Program, namespace

PROOF = "valida el RUT 76.086.428-5"
COMMANDS = (
    ("backup", "now"),
    ("run", "-q", PROOF),
    ("sessions", "list"),
    ("sessions", "search", "76.086.428"),
    ("sessions", "delete", "SESSION", "--yes"),
    ("keys", "rotate", "user"),
    ("keys", "rotate", "master"),
)


@pytest.fixture
def used(minga: Program) -> Program:
    minga.environment["MINGA_BACKUP_EVERY_MINUTES"] = "0"
    for _ in range(2):
        assert minga.run("run", "-q", PROOF).code == 0
    return minga


def bound(program: Program, kilobytes: int) -> Program:
    """The same one, whose files may not become larger."""
    return replace(program, limits={resource.RLIMIT_FSIZE: (kilobytes << 10, kilobytes << 10)})


@pytest.mark.parametrize("kilobytes", [4, 40, 100, 180])
def test_every_command_ends_well_or_says_why_and_loses_nothing(used: Program, kilobytes: int) -> None:
    sessions = {one["id"] for one in used.sessions()}
    bounded = bound(used, kilobytes)
    for command in COMMANDS:
        session = min(sessions)
        done = bounded.run(*(session if part == "SESSION" else part for part in command))
        assert "Traceback" not in done.err
        if done.code:
            done.refused(4, "files may not become so large here")
        now = {one["id"] for one in used.sessions()}
        if command[1] == "delete" and done.code == 0:
            sessions.discard(session)
        assert now >= sessions, command
        for one in sessions:
            assert "76.086.428-5" in used.run("sessions", "show", one).out
    assert used.run("backup", "now").code == 0
    assert used.run("backup", "verify").code == 0


def test_a_backup_without_room_names_its_own_file_and_changes_nothing_of_how_the_run_ends(used: Program) -> None:
    size = used.store.stat().st_size // 1024
    by_hand = bound(used, size - 60).run("backup", "now")
    by_hand.refused(4, "/backups/", "files may not become so large here")
    assert used.run("backup", "list").out == ""
    done = bound(used, size - 20).run("run", "-q", PROOF, env={"MINGA_BACKUP_EVERY_MINUTES": "1"})
    assert "Traceback" not in done.err
    if done.code == 0:
        assert "The automatic backup was not made" in done.err
    assert used.run("backup", "list").out == ""
    assert used.run("backup", "now").code == 0


def test_the_doctor_says_where_clis_would_leave_their_sessions_on_the_disk(minga: Program) -> None:
    said = "the CLIs' own sessions lie unencrypted in"
    assert said not in minga.run("doctor").out
    small = namespace("mount -t tmpfs -o size=10m tmpfs /dev/shm", minga.environment)
    done = minga.run("doctor", prefix=small, env={"XDG_RUNTIME_DIR": ""})
    assert f"{said} {minga.root / 'home' / 'homes'}" in done.out


@pytest.mark.parametrize("how", ["size=10m", "noexec"])
def test_the_doctor_says_where_temporary_files_of_clis_lie_on_the_disk(minga: Program, how: str) -> None:
    """Some CLIs load libraries from there; containers often forbid it for /dev/shm."""
    said = "temporary files of the CLIs lie unencrypted in"
    assert said not in minga.run("doctor").out
    done = minga.run("doctor", prefix=namespace(f"mount -t tmpfs -o {how} tmpfs /dev/shm", minga.environment))
    assert f"{said} {tempfile.gettempdir()} while they run" in done.out
