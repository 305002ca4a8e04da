"""What is deleted is gone from every copy: backups of each kind, search indexes, copies that somebody made of them."""

import json
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from program import Program

from minga.bootstrap import build
from minga.domain.errors import StoreDamaged
from minga.infrastructure.account import account_name
from minga.sessions.volumes import table
from minga.settings import read
from minga.storage.keys import search_key
from minga.storage.sqlite import Sqlite

PROOF = "valida el RUT 76.086.428-5"
OTHER = "valida el RUT 12.345.678-5"
ANA = {"MINGA_USER": "ana"}


@pytest.fixture
def used(minga: Program) -> Program:
    """A session of the account's, shared with ``ana``, found by both; and another session."""
    minga.environment["MINGA_BACKUP_EVERY_MINUTES"] = "0"
    assert minga.run("run", "-q", PROOF).code == 0
    assert minga.run("users", "add", "ana").code == 0
    assert minga.run("sessions", "share", ids(minga)[0], "--with", "ana").code == 0
    assert minga.run("run", "-q", OTHER).code == 0
    for env in ({}, ANA):
        assert minga.run("sessions", "search", "76.086.428", env=env).code == 0
    return minga


def ids(program: Program, env: dict[str, str] | None = None) -> list[str]:
    """The oldest first."""
    return [one["id"] for one in reversed(program.run("sessions", "list", "--json", env=env or {}).lines())]


def search_index(program: Program, user: str) -> Path:
    return read(program.environment).search_index(user)


def words_in(file: Path, key: bytes) -> str:
    """Everything that an index tells: the words of all its volumes."""
    engine = Sqlite(file, key)
    try:
        words: list[str] = []
        for (volume,) in engine.execute("SELECT number FROM volumes"):
            vocabulary = f"fts5vocab('main', '{table(volume)}', 'row')"
            engine.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms_{volume} USING {vocabulary}")
            words += [str(row[0]) for row in engine.execute(f"SELECT term FROM temp.terms_{volume}")]
        return " ".join(words)
    finally:
        engine.close()


def key_of(program: Program, user: str) -> bytes:
    minga = build(read(program.environment))
    try:
        return minga.keys.store_key(search_key(user))
    finally:
        minga.keys.close()


def test_no_copy_of_a_search_index_tells_of_a_deleted_session(used: Program, tmp_path: Path) -> None:
    me = account_name()
    session = ids(used)[0]
    copies = {user: tmp_path / f"{user}.db" for user in (me, "ana")}
    for user, copy in copies.items():
        shutil.copyfile(search_index(used, user), copy)
        assert "086" in words_in(copy, key_of(used, user))
    assert used.run("sessions", "delete", session, "--yes").code == 0
    words = words_in(search_index(used, me), key_of(used, me))
    assert "086" not in words
    assert "345" in words, "the rest is still there and need not be made again"
    assert used.run("sessions", "search", "12.345.678").code == 0
    for env in ({}, ANA):
        found = used.run("sessions", "search", "76.086.428", env=env)
        assert (found.code, "damaged" in found.err) == (1, False)
    for user, copy in copies.items():
        with pytest.raises(StoreDamaged):
            words_in(copy, key_of(used, user))


def test_no_kind_of_backup_brings_a_deleted_session_back(minga: Program) -> None:
    assert minga.run("run", "-q", PROOF).code == 0
    [session] = ids(minga)
    assert minga.run("backup", "now").code == 0
    made = minga.run("backup", "list", "--json").lines()
    assert minga.run("backup", "restore", made[0]["name"]).code == 0
    names = [one["name"] for one in minga.run("backup", "list", "--json").lines()]
    kinds = {one["kind"] for one in minga.run("backup", "list", "--json").lines()}
    assert kinds == {"hourly", "manual", "before-restore"}
    store = minga.store.read_bytes()
    assert minga.run("sessions", "delete", session, "--yes").code == 0
    minga.store.write_bytes(store)
    for name in [None, *names]:
        if name is not None:
            assert minga.run("backup", "restore", name).code == 0
        for verb in (("show", session), ("export", session), ("resume", session, OTHER)):
            minga.run("sessions", *verb).refused(2, f"There is no session '{session}'")
        assert ids(minga) == []
        assert minga.run("sessions", "search", "76.086.428").code == 1


def test_a_removed_user_leaves_neither_rows_nor_words(used: Program) -> None:
    assert used.run("run", "-q", PROOF, env=ANA).code == 0
    assert used.run("sessions", "search", "76.086.428", env=ANA).code == 0
    assert used.run("memory", "search", "rut", env=ANA).code == 0
    of_ana, of_others = [sorted((used.root / "home").glob(f"*/{name}.db*")) for name in ("ana", account_name())]
    assert len({file.parent for file in of_ana}) == 2
    log = of_ana[0].with_name("ana.db-wal")
    log.write_bytes(b"left by a process that was killed")
    before = key_of(used, "ana")
    removed = used.run("users", "remove", "ana", "--yes")
    assert removed.code == 0, removed.err
    assert [file for file in (*of_ana, log) if file.exists()] == []
    assert of_others
    assert [file for file in of_others if not file.exists()] == []
    (used.work / "receipt.json").write_text(removed.out)
    assert used.run("keys", "check-receipt", "receipt.json").code == 0
    assert not search_index(used, "ana").exists()
    assert key_of(used, "ana") != before
    assert used.run("backup", "now").code == 0
    [verified] = used.run("backup", "verify").out.splitlines()
    assert "sessions: 2, turns: 2," in verified
    assert len(ids(used)) == 2


def test_each_receipt_is_handed_out_also_where_a_later_session_cannot_be_deleted(used: Program) -> None:
    used.add_agent()
    first, second = ids(used)
    with used.start("run", "--json", "-a", "plain", "hang", stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        try:
            while json.loads(run.stdout.readline())["kind"] != "text":
                pass
            third = ids(used)[-1]
            done = used.run("sessions", "delete", first, third, second, "--yes")
        finally:
            run.terminate()
            run.wait(60)
    assert done.code == 2
    assert third in done.err
    receipt = json.loads(done.out)
    assert receipt["name"] == first
    assert (used.root / "home" / "receipts" / f"{receipt['id']}.json").read_text() == done.out
    assert ids(used) == [second, third]
    assert used.run("keys", "receipts").out == done.out
    assert used.run("keys", "receipts", env=ANA).out == ""


def test_a_receipt_of_a_rule_is_kept_too(used: Program) -> None:
    used.run("sessions", "retention", "--days", "999999999").refused(2, "36500")
    assert used.run("sessions", "retention", "--days", "1").code == 0
    program = (
        "import asyncio, os\nfrom minga.bootstrap import build\nfrom minga.settings import read\n"
        "async def run():\n"
        "    minga = build(read(os.environ))\n"
        "    await minga.database.write(lambda t: t.execute('UPDATE sessions SET updated_at = 1'))\n"
        "    await minga.database.write(lambda t: t.execute('DELETE FROM retention_runs'))\n"
        "    await minga.close()\n"
        "asyncio.run(run())\n"
    )
    subprocess.run([sys.executable, "-c", program], env=used.environment, check=True)
    old = ids(used)
    assert len(old) == 2, "what is due goes at the end of a command"
    assert ids(used) == []
    folder = used.root / "home" / "receipts"
    assert sorted(json.loads(file.read_text())["name"] for file in folder.iterdir()) == sorted(old)


def test_a_deletion_that_is_killed_at_any_moment_leaves_a_session_that_is_whole_or_gone(minga: Program) -> None:
    minga.environment["MINGA_BACKUP_EVERY_MINUTES"] = "0"
    moments = random.Random(11)
    gone = []
    for _ in range(8):
        assert minga.run("run", "-q", PROOF).code == 0
        [session] = ids(minga)
        assert minga.run("sessions", "search", "76.086.428").code == 0
        with minga.start("sessions", "delete", session, "--yes", stdout=subprocess.DEVNULL) as run:
            try:
                run.wait(moments.uniform(0.2, 1.2))
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
        if ids(minga):
            assert "76.086.428-5" in minga.run("sessions", "show", session).out
            assert minga.run("sessions", "search", "76.086.428").code == 0
            assert minga.run("sessions", "delete", session, "--yes").code == 0
        minga.run("sessions", "show", session).refused(2, "There is no session")
        found = minga.run("sessions", "search", "76.086.428")
        assert (found.code, "Traceback" in found.err) == (1, False)
        gone.append(session)
    said = minga.run("keys", "receipts").out
    assert [said.count(f'"name": "{session}"') for session in gone] == [1] * 8, "none is lost with who was killed"
    assert minga.run("keys", "show").code == 0
