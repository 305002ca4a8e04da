"""`minga keys` and `minga users`, as a person types them."""

import json
import os
import pty
import stat
import subprocess
from pathlib import Path

import pytest
from program import Done, Program

from minga.infrastructure.account import account_name

PROOF = "validate RUT 12.345.678-5"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def used(minga: Program) -> Program:
    """With one conversation of the account's."""
    minga.environment["MINGA_BACKUP_EVERY_MINUTES"] = "0"
    assert asked(minga).code == 0
    return minga


def asked(minga: Program, user: str = "") -> Done:
    return minga.run("run", "--quiet", "--agent", "builtin", PROOF, env={"MINGA_USER": user})


def master_file(minga: Program) -> Path:
    return minga.root / "config" / "master.key"


def passphrase_file(minga: Program, text: str = PASSPHRASE) -> str:
    path = minga.root / "passphrase"
    path.write_text(f"{text}\nnot this line\n")
    return str(path)


def masters(minga: Program) -> list[dict[str, str]]:
    found: list[dict[str, str]] = minga.run("keys", "show", "--json").lines()[0]["masters"]
    return found


def test_before_the_first_session_there_are_no_keys(minga: Program) -> None:
    done = minga.run("keys", "show")
    assert (done.code, done.out) == (0, "")
    assert "No keys yet" in done.err
    assert minga.run("users", "list").out == ""
    minga.run("keys", "export", "x", "--passphrase-file", passphrase_file(minga)).refused(2, "no keys yet")


def test_nothing_that_was_said_stands_in_any_file_of_the_store(used: Program) -> None:
    said = used.run("run", "--quiet", "--agent", "builtin", "validate RUT 60.803.000-K")
    assert "60.803.000-K" in said.out
    found = [
        str(file)
        for file in (used.root / "home").rglob("*")
        if file.is_file() and any(text in file.read_bytes() for text in (b"60.803.000", b"60803000", b"validate RUT"))
    ]
    assert found == []


def test_the_keys_place_and_state_are_shown(used: Program) -> None:
    [master] = masters(used)
    assert (master["place"], master["state"]) == (str(master_file(used)), "in-use")
    done = used.run("keys", "show")
    assert done.out == f"{master['id']}  in use        {master_file(used)}\n"


@pytest.mark.parametrize("which", ["master", "user"])
def test_a_rotation_leaves_every_session_readable(used: Program, which: str) -> None:
    before = used.sessions()
    done = used.run("keys", "rotate", which)
    assert done.code == 0, done.err
    assert "The new key is" in done.out
    assert ("older recovery file" in done.out) == (which == "master")
    assert used.sessions() == before
    assert "12.345.678-5: valid" in used.run("sessions", "show", before[0]["id"]).out


def test_a_lost_master_key_is_brought_back_from_the_recovery_file(used: Program) -> None:
    recovery = used.root / "recovery.age"
    done = used.run("keys", "export", str(recovery), "--passphrase-file", passphrase_file(used))
    assert done.code == 0, done.err
    assert stat.S_IMODE(recovery.stat().st_mode) == 0o600
    assert recovery.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    [master] = masters(used)
    master_file(used).unlink()
    for verb in (("sessions", "list"), ("sessions", "show", "0"), ("run", PROOF)):
        used.run(*verb).refused(
            4, master["id"], str(master_file(used)), "no session and no search index", "keys import"
        )
    assert masters(used)[0]["state"] == "lost"
    assert not master_file(used).exists()
    used.run("keys", "import", str(recovery), "--passphrase-file", passphrase_file(used, "wrong")).refused(
        2, "the passphrase does not open it", "it was exported with"
    )
    done = used.run("keys", "import", str(recovery), "--passphrase-file", passphrase_file(used))
    assert done.out == f"The master key {master['id']} is back.\n"
    assert len(used.sessions()) == 1


def test_a_recovery_file_that_does_not_help_is_told_with_what_does(used: Program) -> None:
    given = ("--passphrase-file", passphrase_file(used))
    assert used.run("keys", "export", "old.age", *given).code == 0
    sealed = (used.work / "old.age").read_bytes()
    (used.work / "cut.age").write_bytes(sealed[:-10])
    used.run("keys", "import", "cut.age", *given).refused(2, "not all of one", "Take another copy")
    assert used.run("keys", "rotate", "master").code == 0
    used.run("keys", "import", "old.age", *given).refused(2, "no key that is needed here", "Take the newest")


def test_the_receipts_of_several_deletions_are_checked_together(used: Program) -> None:
    assert asked(used).code == 0
    two = [one["id"] for one in used.sessions()]
    deleted = used.run("sessions", "delete", *two, "--yes")
    for text in (deleted.out, used.run("keys", "receipts").out):
        (used.work / "r.json").write_text(text)
        done = used.run("keys", "check-receipt", "r.json")
        assert done.code == 0
        assert all(f"Genuine: the session {one}\n" in done.out for one in two)
    (used.work / "r.json").write_text(deleted.out.replace(two[0], two[1]))
    done = used.run("keys", "check-receipt", "r.json")
    assert (done.code, done.out.count("Not genuine"), done.out.count("Genuine: ")) == (1, 1, 1)
    for wrong in (deleted.out + "x", "[" * 100_000):
        (used.work / "r.json").write_text(wrong)
        used.run("keys", "check-receipt", "r.json").refused(2, "no deletion receipt", "minga keys receipts")


@pytest.mark.parametrize("damage", ["cut", "letter", "no text", "rights"])
def test_a_damaged_key_file_is_mended_with_the_recovery_file(used: Program, damage: str) -> None:
    """A line that is whole is kept, and so is the damaged file: it may serve another data directory."""
    recovery = str(used.root / "recovery.age")
    assert used.run("keys", "export", recovery, "--passphrase-file", passphrase_file(used)).code == 0
    whole = master_file(used).read_bytes()
    damaged = {"cut": whole[:30], "letter": b"X" + whole[1:], "no text": b"\xff" + whole, "rights": whole}[damage]
    master_file(used).write_bytes(damaged)
    if damage == "rights":
        master_file(used).chmod(0o644)
    told = used.run("sessions", "list")
    told.refused(4, str(master_file(used)))
    assert "nothing is lost" not in told.err
    if damage != "rights":
        assert "minga keys import" in told.err
        done = used.run("keys", "import", recovery, "--passphrase-file", passphrase_file(used))
        assert (done.code, "is back" in done.out) == (0, True), done.err
        assert master_file(used).read_bytes() == whole
        assert master_file(used).with_name("master.key.damaged").read_bytes() == damaged
        assert len(used.sessions()) == 1


def test_what_is_whole_in_a_damaged_key_file_stays(used: Program) -> None:
    recovery = str(used.root / "recovery.age")
    assert used.run("keys", "export", recovery, "--passphrase-file", passphrase_file(used)).code == 0
    whole = master_file(used).read_bytes()
    other = Program(used.root / "other", {"MINGA_BACKUP_EVERY_MINUTES": "0"}, used.warm)
    assert asked(other).code == 0
    others = master_file(other).read_bytes()
    master_file(used).write_bytes(others + whole[:30])
    assert used.run("keys", "import", recovery, "--passphrase-file", passphrase_file(used)).code == 0
    assert sorted(master_file(used).read_bytes().splitlines()) == sorted((others + whole).splitlines())


def test_what_is_wrong_with_a_recovery_file_is_said(used: Program) -> None:
    given = ("--passphrase-file", passphrase_file(used))
    (used.work / "garbage").write_text("garbage")
    used.run("keys", "import", "garbage", *given).refused(2, "no recovery file of Minga")
    used.run("keys", "import", "nowhere", *given).refused(2, "'nowhere' cannot be read: No such file")
    used.run("keys", "export", "garbage", *given).refused(2, "'garbage' cannot be written: File exists")
    used.run("keys", "export", "x").refused(2, "Give --passphrase-file")
    short = ("--passphrase-file", passphrase_file(used, "short"))
    used.run("keys", "export", "x", *short).refused(2, "too short: 12 characters at least")
    assert not (used.work / "x").exists()


def test_a_place_for_the_master_key_that_does_not_work_changes_nothing(used: Program) -> None:
    before = master_file(used).read_bytes()
    used.run("keys", "move", "--to", "keyring").refused(4, "no keyring that runs")
    used.run("keys", "move", "--to", "elsewhere").refused(2, "'elsewhere' is none of file, keyring, vault:ADDRESS")
    used.run("keys", "move", "--to", "vault:https://127.0.0.1:1").refused(4, "https://127.0.0.1:1", "refused")
    assert master_file(used).read_bytes() == before
    assert len(used.sessions()) == 1


def test_others_must_not_be_able_to_read_the_key_file(used: Program) -> None:
    master_file(used).chmod(0o644)
    used.run("sessions", "list").refused(4, "others may read it: chmod 600")
    master_file(used).chmod(0o600)
    assert len(used.sessions()) == 1


def test_lost_keys_are_told_and_the_store_is_left_alone(used: Program) -> None:
    keys = used.root / "home" / "keys.db"
    keys.unlink()
    before = used.store.read_bytes()
    used.run("sessions", "list").refused(4, "keys of the store", str(keys), "a copy of your own")
    used.run("run", PROOF).refused(4, str(keys))
    assert not keys.exists()
    assert used.store.read_bytes() == before


# Users


def test_each_user_sees_their_own_sessions_only(used: Program) -> None:
    assert used.run("users", "add", "bea").code == 0
    assert asked(used, "bea").code == 0
    bea = {"MINGA_USER": "bea"}
    [hers] = used.run("sessions", "list", "--json", env=bea).lines()
    [mine] = used.sessions()
    assert hers["id"] != mine["id"]
    used.run("sessions", "show", mine["id"], env=bea).refused(2, "There is no session")
    listed = used.run("users", "list", env=bea).out.splitlines()
    assert {line[2:].split()[0] for line in listed} == {account_name(), "bea"}
    assert next(line for line in listed if line.startswith("*")).split()[1] == "bea"


def test_a_profile_that_was_not_added_is_refused(used: Program) -> None:
    for verb in (("sessions", "list"), ("run", PROOF), ("keys", "rotate", "user")):
        used.run(*verb, env={"MINGA_USER": "bea"}).refused(2, "There is no user 'bea'", "minga users add bea")


@pytest.mark.parametrize("name", ["", "two words", "a/b", "x" * 65, "a\nb"])
def test_a_name_that_is_none_is_refused(minga: Program, name: str) -> None:
    minga.run("users", "add", name).refused(2, "is no name for a user")


def test_a_user_is_added_once(minga: Program) -> None:
    assert minga.run("users", "add", "bea").code == 0
    minga.run("users", "add", "bea").refused(2, "there is already a user 'bea'")


def test_a_removed_user_is_gone_with_a_receipt_that_can_be_checked(used: Program) -> None:
    assert used.run("users", "add", "bea").code == 0
    assert asked(used, "bea").code == 0
    [hers] = used.run("sessions", "list", "--json", env={"MINGA_USER": "bea"}).lines()
    used.run("users", "remove", "bea").refused(2, "--yes")
    done = used.run("users", "remove", "bea", "--yes")
    assert done.code == 0, done.err
    receipt = json.loads(done.out)
    assert (receipt["what"], receipt["name"], receipt["by"]) == ("user", "bea", account_name())
    assert [key["session_id"] for key in receipt["keys"]] == [None, hers["id"]]
    file = used.root / "home" / "receipts" / f"{receipt['id']}.json"
    assert str(file) in done.err
    assert file.read_text() == done.out
    used.run("sessions", "list", env={"MINGA_USER": "bea"}).refused(2, "There is no user 'bea'")
    used.run("users", "remove", "bea", "--yes").refused(2, "There is no user 'bea'")
    assert len(used.sessions()) == 1

    checked = used.run("keys", "check-receipt", str(file))
    assert (checked.code, checked.out.splitlines()[0]) == (0, "Genuine: the user bea")
    [shown] = used.run("keys", "show", "--json").lines()
    elsewhere = Program(used.root / "elsewhere", warm=used.warm)
    assert elsewhere.run("keys", "check-receipt", str(file)).code == 1
    assert elsewhere.run("keys", "check-receipt", str(file), "--public-key", shown["receipts"]).code == 0
    file.write_text(done.out.replace('"bea"', '"ana"'))
    changed = used.run("keys", "check-receipt", str(file))
    assert (changed.code, changed.out) == (1, "Not genuine: it was changed, or another store signed it.\n")
    used.run("keys", "check-receipt", str(master_file(used))).refused(2, "no deletion receipt")


@pytest.mark.parametrize(("typed", "code"), [(b"bea\n", 0), (b"yes\n", 2), (b"\n", 2)])
def test_at_a_terminal_the_name_must_be_typed(used: Program, typed: bytes, code: int) -> None:
    assert used.run("users", "add", "bea").code == 0
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*used.command, "users", "remove", "bea"],
        cwd=used.work,
        env=used.environment,
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(slave)
        os.write(master, typed)
        out, err = process.communicate(timeout=60)
    os.close(master)
    assert process.returncode == code, err
    assert b"Type the name to go on" in err
    assert bool(out) == (code == 0)
    assert (b"nothing was removed" in err) == (code != 0)


def test_everything_is_said_in_spanish(used: Program) -> None:
    used.environment["MINGA_LANGUAGE"] = "es"
    assert "La nueva llave es" in used.run("keys", "rotate", "master").out
    assert "en uso" in used.run("keys", "show").out
    master_file(used).unlink()
    used.run("sessions", "list").refused(4, "La llave maestra", "no se puede leer ninguna sesión")
