"""`minga memory` on a disk that is full, and in a data directory that cannot be written: what is known is told."""

import json
import sys

import pytest
from program import Done, Program, namespace

HOW = {
    "full": 'mount -t tmpfs -o size=6m tmpfs "{home}"; cp -a "{was}/." "{home}"; cat /dev/zero > "{home}/f" || true',
    "read-only": 'mount --bind "{home}" "{home}"; mount -o remount,bind,ro "{home}"',
}
MEMORY_ONLY = 'mount --bind "{home}/memory" "{home}/memory"; mount -o remount,bind,ro "{home}/memory"'
WHY = {"full": "The disk that holds the store", "read-only": "cannot be written"}
WHAT = {"full": "→ Free space there", "read-only": "→ Make the directory writable"}


def add(minga: Program, text: str) -> str:
    noted = minga.run("memory", "add", text)
    assert noted.code == 0, noted.err
    return noted.out.split()[-1]


def without_room(minga: Program, how: str, *commands: tuple[str, ...]) -> list[Done]:
    """Each command's end, in a data directory that is as ``how`` (of `HOW`, or a script) says for them alone."""
    home, was = minga.root / "home", minga.root / "was"
    script = f'cp -a "{home}" "{was}"; {HOW.get(how, how).format(home=home, was=was)}'
    work = (
        "import json, subprocess\n"
        f"for one in {[*commands]!r}:\n"
        f"    done = subprocess.run([*{minga.command!r}, *one], capture_output=True, text=True)\n"
        "    print(json.dumps([done.returncode, done.stdout, done.stderr]))\n"
    )
    prefix = [*namespace(f'{script}\nexec "{sys.executable}" -c "$WORK"', minga.environment)]
    done = minga.run(prefix=prefix, env={"WORK": work})
    assert done.code == 0, done.err
    return [Done(*json.loads(line)) for line in done.out.splitlines()]


@pytest.mark.parametrize("how", HOW)
def test_what_is_known_is_told_without_room_and_nothing_is_lost(minga: Program, how: str) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    minga.add_agent()
    item = add(minga, "The staging database is at port 5433.")
    reading = [("search", "staging"), ("show", item), ("why", item), ("facts", "staging"), ("timeline",)]
    writing = [("add", "The office is blue."), ("correct", item, "It is 5434."), ("forget", item, "--yes")]
    run = ("run", "--json", "-a", "plain", "say hello")  # it would tell that the agent begins
    ended = without_room(minga, how, *(("memory", *verb) for verb in (*reading, *writing)), run, ("memory", "doctor"))
    *ended, looked = ended
    assert looked.code == 1
    wrong, remedy, *whole = looked.out.splitlines()
    assert wrong.startswith("✗ ")
    assert (WHY[how] in wrong, WHAT[how] in remedy) == (True, True), looked
    assert whole[0] == "✓ The file opens and is whole"
    for verb, done in zip(reading, ended, strict=False):
        assert (done.code, "5433" in done.out) == (0, True), (verb, done)
        [line] = done.err.splitlines()
        assert line.startswith("What was said lately may be missing: "), verb
        assert (WHY[how] in line, WHAT[how] in line) == (True, True), line
    for done in ended[len(reading) :]:
        done.refused(4, WHY[how])
        assert done.out == ""
    after = minga.run("memory", "timeline", "--json").lines()
    assert [one["id"] for one in after] == [item]
    assert minga.run("memory", "search", "staging").err == ""
    assert minga.sessions() == []


def test_what_was_not_taken_in_yet_is_told_once_there_is_room(minga: Program) -> None:
    minga.environment["MINGA_MEMORY"] = "words"
    item = add(minga, "The staging database is at port 5433.")
    [memory] = (minga.root / "home" / "memory").glob("*.db")
    before = memory.read_bytes()
    add(minga, "The production database is at port 5499.")
    memory.write_bytes(before)  # as it was before the second note came in
    [facts, shown] = without_room(minga, "read-only", ("memory", "facts", "database"), ("memory", "show", item))
    assert ("5433" in facts.out, "5499" in facts.out, shown.code) == (True, False, 0)
    assert "may be missing" in facts.err
    assert "5499" in minga.run("memory", "facts", "database").out


def test_a_note_that_only_the_memory_has_no_room_for_is_noted(minga: Program) -> None:
    """Told as refused, it would be added once more."""
    minga.environment["MINGA_MEMORY"] = "words"
    item = add(minga, "The staging database is at port 5433.")
    adding, correcting = ("memory", "add", "The office is blue."), ("memory", "correct", item, "It is at port 5434.")
    added, corrected = without_room(minga, MEMORY_ONLY, adding, correcting)
    assert (added.code, added.out.startswith("Noted: ")) == (0, True), added
    assert "may be missing" in added.err
    assert minga.run("sessions", "show", added.out.split()[-1]).code == 0
    corrected.refused(4, "cannot be written")  # the memory is behind: what would be corrected is not known
    told = [one["text"] for one in minga.run("memory", "timeline", "--json").lines()]
    assert sorted(told) == ["The office is blue.", "The staging database is at port 5433."]
