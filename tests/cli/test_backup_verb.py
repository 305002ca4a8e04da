"""`minga backup`, and what Minga does by itself before and after: backups after its work, checks after a crash."""

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from program import Done, Program

from keyed import ONE, Folder
from minga.entrypoints.cli.backup import PG_DUMP
from minga.storage.database import migrate
from minga.storage.postgres import Postgres
from minga.store_wiring import KEY_SCHEMA
from stores import MIGRATIONS

PROOF = "validate RUT 12.345.678-5"


@pytest.fixture
def used(minga: Program) -> Program:
    """With one conversation, and no backup yet."""
    minga.environment["MINGA_BACKUP_EVERY_MINUTES"] = "0"
    assert minga.run("run", "--quiet", "--agent", "builtin", PROOF).code == 0
    return minga


def folder(minga: Program) -> Path:
    return minga.root / "home" / "backups"


def names(minga: Program) -> list[str]:
    return [str(one["name"]) for one in minga.run("backup", "list", "--json").lines()]


def made(minga: Program) -> str:
    done = minga.run("backup", "now")
    assert done.code == 0, done.err
    return done.out.split()[0]


def spoil(minga: Program, seed: int = 1) -> None:
    """Overwrite half of the store with other bytes."""
    content = minga.store.read_bytes()
    minga.store.write_bytes(random.Random(seed).randbytes(len(content) // 2) + content[len(content) // 2 :])


def test_a_backup_is_made_listed_and_verified(used: Program) -> None:
    name = made(used)
    [listed] = used.run("backup", "list", "--json").lines()
    assert (listed["name"], listed["kind"]) == (name, "manual")
    assert name in used.run("backup", "list").out
    verified = used.run("backup", "verify", name)
    assert verified.code == 0
    assert verified.out.startswith(f"{name}  in order; sessions: 1, turns: 1, messages: ")
    assert stat.S_IMODE((folder(used) / f"{name}.db").stat().st_mode) == 0o600


def test_a_restored_store_has_what_the_backup_had(used: Program) -> None:
    name = made(used)
    [first] = used.sessions()
    used.run("run", "--quiet", "--agent", "builtin", "validate RUT 11.111.111-1")
    assert len(used.sessions()) == 2
    done = used.run("backup", "restore", name)
    assert done.code == 0, done.err
    assert [one["id"] for one in used.sessions()] == [first["id"]]
    kept = done.out.split("minga backup restore ")[1].split()[0]
    assert used.run("backup", "restore", kept).code == 0
    assert len(used.sessions()) == 2


def test_a_restored_session_can_be_gone_on_with(used: Program) -> None:
    name = made(used)
    spoil(used)
    assert used.run("backup", "restore", name).code == 0
    [session] = used.sessions()
    done = used.run("sessions", "resume", str(session["id"]), "--agent", "builtin", PROOF)
    assert done.code == 0, done.err
    assert used.sessions()[0]["turns"] == 2


def test_a_damaged_store_names_the_last_good_backup_which_brings_everything_back(used: Program) -> None:
    good = made(used)
    bad = made(used)
    (folder(used) / f"{bad}.db").write_bytes(b"x" * 9000)
    before = used.sessions()
    spoil(used)
    damaged = used.run("sessions", "list")
    damaged.refused(4, "is damaged", f"`minga backup restore {good}` brings back the last good backup")
    restored = used.run("backup", "restore", good)
    assert restored.code == 0, restored.err
    assert "The damaged store was kept: " in restored.out
    assert used.sessions() == before


def test_damage_anywhere_is_told_and_never_a_traceback_or_a_wrong_answer(used: Program) -> None:
    name = made(used)
    content = used.store.read_bytes()
    right = used.run("sessions", "list", "--json").out
    for seed in range(6):
        used.store.write_bytes(content)
        spoil(used, seed)
        told = used.run("sessions", "list", "--json")
        told.refused(4, f"minga backup restore {name}")
        assert told.out == ""
    used.store.write_bytes(content)
    assert used.run("sessions", "list", "--json").out == right


def test_after_a_crash_every_page_is_looked_at_before_anything_is_done(used: Program) -> None:
    """The damage lies where the listing of sessions does not look; the log of the killed process is still there."""
    name = made(used)
    used.store.write_bytes(used.store.read_bytes()[:-4096] + b"\x17" * 4096)
    Path(f"{used.store}-wal").write_bytes(b"\0" * 100)
    used.run("sessions", "list").refused(4, "is damaged", f"minga backup restore {name}")


def test_one_is_made_after_the_work_and_not_at_every_command(minga: Program) -> None:
    for _ in range(3):
        assert minga.run("run", "--quiet", "--agent", "builtin", PROOF).code == 0
    [name] = names(minga)
    assert name.endswith("-hourly")
    assert minga.run("backup", "verify").code == 0


def test_a_failed_automatic_backup_is_told_and_does_not_change_how_the_command_ends(minga: Program) -> None:
    place = minga.root / "file"
    place.write_text("")
    done = minga.run("run", "--quiet", "--agent", "builtin", PROOF, env={"MINGA_BACKUP_FOLDER": str(place / "backups")})
    assert done.code == 0
    assert "The automatic backup was not made: " in done.err
    assert "Traceback" not in done.err


def test_backups_may_lie_in_another_folder(used: Program) -> None:
    used.environment["MINGA_BACKUP_FOLDER"] = str(used.root / "disk" / "copies")
    name = made(used)
    assert (used.root / "disk" / "copies" / f"{name}.db").exists()
    assert not folder(used).exists()
    assert names(used) == [name]


def test_nothing_is_restored_while_a_minga_is_at_work(used: Program) -> None:
    name = made(used)
    program = "import sys; from pathlib import Path; from minga.infrastructure.liveness import Presence\n"
    program += "Presence(Path(sys.argv[1]), lambda: 'other').key(); print('here', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", program, str(used.root / "home" / "running")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "here\n"
        used.run("backup", "restore", name).refused(3, "in use by 1 other", "Nothing was changed")
        os.kill(other.pid, signal.SIGKILL)
    assert used.run("backup", "restore", name).code == 0


def test_a_bad_backup_is_named_and_not_restored(used: Program) -> None:
    good, bad = made(used), made(used)
    file = folder(used) / f"{bad}.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    verified = used.run("backup", "verify")
    verified.refused(4, bad, "not the one that its manifest describes")
    assert good in verified.out
    used.run("backup", "restore", bad).refused(4, bad)
    assert len(used.sessions()) == 1


@pytest.mark.parametrize("arguments", [("restore", "19990101"), ("verify", "19990101"), ("restore", "")])
def test_an_unknown_backup_is_refused(used: Program, arguments: tuple[str, ...]) -> None:
    made(used)
    used.run("backup", *arguments).refused(2, "There is no backup", "minga backup list")


def test_without_a_store_there_is_nothing_to_back_up(minga: Program) -> None:
    minga.run("backup", "now").refused(3, "no store to back up yet")
    assert minga.run("backup", "list").code == 0
    assert not minga.store.exists()


def test_for_postgresql_the_tool_is_named(minga: Program) -> None:
    minga.environment["MINGA_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/minga"
    for arguments in (("now",), ("list",), ("verify",), ("restore", "x")):
        minga.run("backup", *arguments).refused(3, "PostgreSQL", "pg_dump", "--exclude-schema=minga_keys")


def test_the_tool_that_is_named_leaves_the_keys_out_and_restoring_leaves_them_alone(
    postgres_cluster: Callable[[], str], tmp_path: Path
) -> None:
    place = Folder(tmp_path, postgres_cluster())
    minga = place.minga()
    minga.vault.create(ONE, "")
    sealed = minga.vault.seal(ONE, b"x", "turns:1")
    engine = Postgres(place.url)
    migrate(engine, MIGRATIONS)
    engine.close()
    script = f'PATH="{programs()}:$PATH"; {PG_DUMP}; pg_restore --list minga.dump; '
    script += 'pg_restore --clean --if-exists --dbname="$MINGA_DATABASE_URL" minga.dump'
    environment = {**os.environ, "MINGA_DATABASE_URL": place.url}
    done = subprocess.run(["bash", "-ec", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert " TABLE public turns " in done.stdout
    assert KEY_SCHEMA not in done.stdout
    assert "user_keys" not in done.stdout
    assert place.vault().open(ONE, sealed, "turns:1") == b"x"
    place.close()


def programs() -> Path:
    """The folder of the newest PostgreSQL's programs."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders else Path(shutil.which("pg_dump") or "/nowhere").parent


@pytest.mark.parametrize(
    ("value", "fault"),
    [*((one, "is not a whole number") for one in ("soon", "-1", "1.5")), ("9" * 40, "is more than 999999999")],
)
def test_a_setting_that_is_no_whole_number_is_refused(minga: Program, value: str, fault: str) -> None:
    minga.run("backup", "list", env={"MINGA_BACKUP_EVERY_MINUTES": value}).refused(2, fault)


def test_everything_is_said_in_spanish(used: Program) -> None:
    used.environment["MINGA_LANGUAGE"] = "es"
    name = made(used)
    assert "en orden; sesiones: 1" in used.run("backup", "verify").out
    spoil(used)
    used.run("sessions", "list").refused(4, f"`minga backup restore {name}` recupera el último respaldo bueno.")
    said(used.run("backup", "restore", name), "El almacén es otra vez el de", "Se conservó el almacén dañado")


def said(done: Done, *texts: str) -> None:
    assert done.code == 0, done.err
    for text in texts:
        assert text in done.out
