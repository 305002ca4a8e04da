"""Packs and sync, as a person types them on two devices."""

import subprocess
import time
from pathlib import Path

import pytest
from program import Program

from minga.infrastructure import age
from warm import Warm

PROOF = "valida el RUT 76.086.428-5"
PHRASE = "correct horse battery staple"


@pytest.fixture
def laptop(tmp_path: Path, warm: Warm) -> Program:
    return Program(tmp_path / "laptop", warm=warm)


@pytest.fixture
def desk(tmp_path: Path, warm: Warm) -> Program:
    return Program(tmp_path / "desk", warm=warm)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


def asked(program: Program, prompt: str = PROOF, session: str = "") -> str:
    """Have the built-in agent answer; return the session."""
    named = ("--session", session) if session else ()
    assert program.run("run", "-q", *named, prompt).code == 0
    return str(program.sessions()[0]["id"])


def phrase(program: Program, text: str = PHRASE) -> tuple[str, str]:
    path = program.root / "phrase.txt"
    path.write_text(text + "\n")
    return "--passphrase-file", str(path)


def joined(first: Program, other: Program) -> None:
    assert first.run("sync", "init").code == 0
    assert other.run("sync", "join", str(first.root / "config" / "sync.key")).code == 0


def test_a_session_is_packed_here_and_goes_on_there(laptop: Program, desk: Program) -> None:
    session = asked(laptop)
    file = str(laptop.root / "work.age")
    [made] = laptop.run("sessions", "pack", session[:20], "-o", file, "--json", *phrase(laptop)).lines()
    assert (made["session_id"], made["bytes"]) == (session, Path(file).stat().st_size)
    done = desk.run("sessions", "unpack", file, *phrase(desk))
    assert done.code == 0, done.err
    assert session in done.out
    assert "76.086.428-5" in desk.run("sessions", "show", session).out
    assert "76.086.428-5" in desk.run("sessions", "search", "RUT").out
    assert desk.run("sessions", "list", "--json").lines()[0]["agents"] == ["builtin"]
    assert asked(desk, "valida el RUT 12.345.678-5", session) == session
    assert desk.sessions()[0]["turns"] == 2


def test_a_pack_to_a_public_key_asks_for_no_passphrase(laptop: Program, desk: Program) -> None:
    session = asked(laptop)
    secret, public = age.new_identity()
    file = str(laptop.root / "work.age")
    assert laptop.run("sessions", "pack", session, "-o", file, "--to", public).code == 0
    desk.run("sessions", "unpack", file).refused(2, "--identity")
    (desk.root / "key.txt").write_text(f"# created: today\n{secret}\n")
    assert desk.run("sessions", "unpack", file, "--identity", str(desk.root / "key.txt")).code == 0
    assert desk.sessions()[0]["id"] == session


def test_what_is_wrong_with_a_pack_is_said_and_nothing_changed(laptop: Program, desk: Program) -> None:
    session = asked(laptop)
    file = laptop.root / "work.age"
    laptop.run("sessions", "pack", session, "-o", str(file)).refused(2, "--passphrase-file")
    laptop.run("sessions", "pack", session, "-o", str(file), *phrase(laptop, "short")).refused(2, "12 characters")
    laptop.run("sessions", "pack", session, "-o", str(file), "--to", "age1nonsense").refused(2, "age1nonsense")
    laptop.run("sessions", "pack", "ffff", "-o", str(file), *phrase(laptop)).refused(2, "There is no session 'ffff'")
    assert not file.exists()
    assert laptop.run("sessions", "pack", session, "-o", str(file), *phrase(laptop)).code == 0
    laptop.run("sessions", "pack", session, "-o", str(file), *phrase(laptop)).refused(2, "exists already")
    desk.run("sessions", "unpack", str(file), *phrase(desk, "wrong one, sorry")).refused(2, "does not open")
    desk.run("sessions", "unpack", str(file)).refused(2, "--passphrase-file")
    desk.run("sessions", "unpack", str(desk.root / "no.age")).refused(2, "no.age")
    file.write_bytes(file.read_bytes()[:-20])
    desk.run("sessions", "unpack", str(file), *phrase(desk)).refused(2, "no whole pack")
    (desk.root / "note.txt").write_text("hello")
    desk.run("sessions", "unpack", str(desk.root / "note.txt"), *phrase(desk)).refused(2, "no whole pack")
    desk.run("sessions", "unpack", str(file), "--identity", str(desk.root / "note.txt")).refused(2, "is no age key")
    assert desk.sessions() == []


def test_uncommitted_changes_travel_when_asked(laptop: Program, desk: Program) -> None:
    def git(folder: Path, *words: str) -> None:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=folder, check=True)

    git(laptop.work, "init", "-q")
    (laptop.work / "a.txt").write_text("one\n")
    git(laptop.work, "add", "-A")
    git(laptop.work, "commit", "-qm", "first")
    git(desk.root, "clone", "-q", str(laptop.work), "clone")
    session = asked(laptop)
    (laptop.work / "a.txt").write_text("two\n")
    file = str(laptop.root / "work.age")
    assert laptop.run("sessions", "pack", session, "-o", file, "--with-diff", *phrase(laptop)).code == 0
    clone = desk.root / "clone"
    given = ("sessions", "unpack", file, *phrase(desk), "--cwd", str(clone))
    assert "--apply-diff" in desk.run(*given).err
    assert (clone / "a.txt").read_text() == "one\n"
    assert desk.run(*given, "--apply-diff").code == 0
    assert (clone / "a.txt").read_text() == "two\n"
    desk.run(*given, "--apply-diff").refused(3, "do not fit")


def test_two_devices_keep_in_step_through_a_folder(laptop: Program, desk: Program, shared: Path) -> None:
    session = asked(laptop)
    joined(laptop, desk)
    place = ("sync", "--place", str(shared))
    assert "Sent: 4 messages" in laptop.run(*place).out
    assert "Received: 4 messages in 1 session" in desk.run(*place).out
    asked(laptop, "valida el RUT 11.111.111-1", session)
    asked(desk, "valida el RUT 12.345.678-5", session)
    for program in (laptop, desk, laptop):
        [done] = program.run(*place, "--json").lines()
        assert (done["skipped"], done["missing"], done["refused"]) == ([], [], [])
    mine, theirs = (one.run("sessions", "branches", session, "--json").lines() for one in (laptop, desk))
    assert {one["leaf"] for one in mine} == {one["leaf"] for one in theirs}
    assert [sum(one["stands"] for one in found) for found in (mine, theirs)] == [1, 1]
    assert "11.111.111-1" in laptop.run("sessions", "show", session).out
    assert "12.345.678-5" not in laptop.run("sessions", "show", session).out
    other = next(one["leaf"] for one in mine if not one["stands"])
    assert laptop.run("sessions", "switch", session, other[:-1]).code == 0
    assert "12.345.678-5" in laptop.run("sessions", "show", session).out
    laptop.run("sessions", "switch", session, "nowhere").refused(2, "nowhere", "minga sessions branches")
    held = b"".join(file.read_bytes() for file in shared.rglob("*") if file.is_file())
    assert b"valida el RUT" not in held


def test_the_memory_of_each_device_knows_which_agent_was_asked(laptop: Program, desk: Program, shared: Path) -> None:
    session = asked(laptop)
    joined(laptop, desk)
    for program in (laptop, desk):
        assert program.run("sync", "--place", str(shared)).code == 0
    sources = []
    for program in (laptop, desk):
        found = program.run("memory", "search", PROOF, "--all", "--json").lines()
        sources.append({one["passage"]["id"]: one["passage"]["source"] for one in found})
        [own] = [one for one in sources[-1].values() if one["role"] == "user"]
        assert (own["session_id"], own["agent"]) == (session, "builtin")
        assert PROOF in program.run("sessions", "search", PROOF, "--agent", "builtin", "--json").out
    assert sources[0] == sources[1]


def test_the_place_may_stand_in_the_settings(laptop: Program, shared: Path) -> None:
    asked(laptop)
    laptop.run("sync").refused(2, "--place", "sync_place")
    laptop.run("sync", "--place", str(shared)).refused(2, "no sync key", "minga sync init")
    assert laptop.run("sync", "init").code == 0
    laptop.run("sync", "init").refused(2, "has a sync key already")
    assert laptop.run("sync", env={"MINGA_SYNC_PLACE": str(shared)}).code == 0
    assert laptop.run("sync", "-q", env={"MINGA_SYNC_PLACE": str(shared)}).out == ""
    laptop.run("sync", "--place", str(shared / "nowhere")).refused(3, "no such directory")


def test_another_groups_folder_is_refused(laptop: Program, desk: Program, shared: Path) -> None:
    for program in (laptop, desk):
        assert program.run("sync", "init").code == 0
    assert laptop.run("sync", "--place", str(shared)).code == 0
    desk.run("sync", "--place", str(shared)).refused(2, "another sync key")
    desk.run("sync", "join", "-", input=b"no key\n").refused(2, "no age key")


def test_a_damaged_segment_is_told_with_its_name_and_the_exit_code_says_so(
    laptop: Program, desk: Program, shared: Path
) -> None:
    asked(laptop)
    joined(laptop, desk)
    assert laptop.run("sync", "--place", str(shared)).code == 0
    segment = next(shared.glob("*-*/00000002.age"))
    segment.write_bytes(segment.read_bytes()[:-9])
    done = desk.run("sync", "--place", str(shared))
    assert done.code == 1
    assert f"{segment.parent.name}/2" in done.err


def test_a_session_deleted_on_one_device_is_deleted_on_the_other(laptop: Program, desk: Program, shared: Path) -> None:
    session = asked(laptop)
    joined(laptop, desk)
    place = ("sync", "--place", str(shared))
    for program in (laptop, desk):
        assert program.run(*place).code == 0
    assert laptop.run("sessions", "delete", "--yes", session).code == 0
    assert laptop.run(*place).code == 0
    assert "Deleted, as on another device: 1" in desk.run(*place).out
    assert desk.sessions() == []


def test_what_a_profile_leaves_at_a_place_reaches_no_other_profile(laptop: Program, shared: Path) -> None:
    asked(laptop)
    assert laptop.run("users", "add", "ana").code == 0
    assert laptop.run("sync", "init").code == 0
    assert laptop.run("sync", "--place", str(shared)).code == 0
    ana = {"MINGA_USER": "ana"}
    laptop.run("sync", "--place", str(shared), env=ana).refused(2, "no sync key")
    assert laptop.run("sync", "init", env=ana).code == 0
    laptop.run("sync", "--place", str(shared), env=ana).refused(2, "another sync key")
    assert laptop.run("sessions", "list", "--json", env=ana).lines() == []


def test_a_sync_that_is_killed_at_any_moment_goes_on(laptop: Program, desk: Program, shared: Path) -> None:
    for number in range(4):
        asked(laptop, f"valida el RUT {number + 1}.111.111-1")
    joined(laptop, desk)
    place = ("sync", "--place", str(shared))

    def killed(program: Program, files: int) -> None:
        """As soon as so many files lie there."""
        child = program.start(*place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while child.poll() is None and len(list(shared.rglob("*.age"))) < files:
            time.sleep(0.001)
        child.kill()
        child.wait()

    for files in (1, 2, 3):
        killed(laptop, files)
    killed(desk, 0)
    for program in (laptop, desk, laptop):
        assert program.run(*place).code == 0
    mine, theirs = ({one["id"]: one["turns"] for one in program.sessions()} for program in (laptop, desk))
    assert mine == theirs
    assert len(mine) == 4
