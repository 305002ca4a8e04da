"""Several users on one store: each sees their own sessions and what was shared with them, whatever they type."""

import json
import subprocess
from collections.abc import Iterator

import click
import pytest
from program import Program

from minga.entrypoints.cli.main import VERBS, root
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.infrastructure.account import account_name
from minga.settings import read

PROOF = "valida el RUT 76.086.428-5"

EXTRA: dict[str, tuple[str, ...]] = {
    "continue": ("--in", "codex"),
    "sessions resume": (PROOF,),
    "sessions share": ("--with", "ana"),
    "sessions unshare": ("--with", "ana"),
    "sessions delete": ("--yes",),
    "sessions pack": ("-o", "stolen.pack", "--passphrase-file", "passphrase.txt"),
    "sessions switch": ("0",),
}
"""What a verb needs besides the session."""

BEFORE = {"feedback": ("good",)}
"""What a verb needs before it."""

NOT_OF_THE_STORE = {"sessions import"}
"""Its names are those of the CLIs' own sessions."""


def verbs_with_a_session() -> Iterator[tuple[str, bool]]:
    """Every verb that takes a session, and whether as an option; from the program itself, so that none is forgotten."""
    context = click.Context(root, info_name="minga", obj=Desk(read({}), load("en")))
    for verb in VERBS:
        command = root.get_command(context, verb)
        commands = {verb: command}
        if isinstance(command, click.Group):
            commands = {f"{verb} {name}": one for name, one in command.commands.items()}
        for name, one in commands.items():
            for parameter in one.params if one else ():
                if parameter.name in ("session", "sessions") and name not in NOT_OF_THE_STORE:
                    yield name, isinstance(parameter, click.Option)


@pytest.fixture
def two(minga: Program) -> Program:
    """The account has a session, and there is a profile ``ana``."""
    assert minga.run("run", "-q", PROOF).code == 0
    assert minga.run("users", "add", "ana").code == 0
    (minga.work / "passphrase.txt").write_text("correct horse battery staple\n")
    return minga


ANA = {"MINGA_USER": "ana"}


def ids(program: Program, env: dict[str, str]) -> list[str]:
    return [one["id"] for one in program.run("sessions", "list", "--json", env=env).lines()]


@pytest.mark.parametrize(("verb", "is_option"), sorted(set(verbs_with_a_session())))
def test_no_verb_knows_the_session_of_another_user(two: Program, verb: str, is_option: bool) -> None:
    [session] = ids(two, {})
    named = ("--session", session) if is_option else (session,)
    arguments = (PROOF,) if verb == "run" else ()
    done = two.run(*verb.split(), *BEFORE.get(verb, ()), *named, *EXTRA.get(verb, ()), *arguments, env=ANA)
    done.refused(2, f"There is no session '{session}'")
    assert ids(two, {}) == [session], "it is as it was"


QUERIES = (
    ("sessions", "list"),
    ("sessions", "list", "--json"),
    ("sessions", "search", "RUT"),
    ("sessions", "search", "--project", "."),
    ("sessions", "stats", "--format", "json"),
    ("sessions", "stats", "--by", "user,project", "--format", "csv"),
    ("sessions", "share"),
    ("sessions", "retention"),
    ("sessions", "import", "--json"),
    ("worktrees", "list"),
    ("worktrees", "clear"),
    ("run", "-q", "-a", "builtin", "busca 76.086.428 en las sesiones anteriores"),
)


@pytest.mark.parametrize("arguments", QUERIES, ids=" ".join)
def test_no_list_and_no_search_shows_anything_of_another_user(two: Program, arguments: tuple[str, ...]) -> None:
    """Also not for whom the session is not there any more."""
    [session] = ids(two, {})
    assert two.run("sessions", "retention", "--project", ".", "--days", "700").code == 0
    for change in ((), ("share", session, "--with", "ana"), ("unshare", session, "--with", "ana")):
        if change:
            assert two.run("sessions", *change).code == 0
        if "share" in change:
            continue
        done = two.run(*arguments, env=ANA)
        assert "Traceback" not in done.err
        said = done.out.replace("busca 76.086.428", "")
        assert not [text for text in ("76.086.428", session, "700", account_name()) if text in said], done.out


def test_no_worktree_of_another_user_is_seen_merged_or_removed(two: Program) -> None:
    for git in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "x")):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *git], cwd=two.work, check=True)
    assert two.run("run", "-q", "-a", "builtin", "--worktree", PROOF).code == 0
    name = two.run("worktrees", "list").out.split()[0]
    assert two.run("worktrees", "list", env=ANA).out == ""
    for verb in ("diff", "merge", "remove"):
        two.run("worktrees", verb, name, env=ANA).refused(2, f"'{name}' names 0 worktrees")
    assert two.run("worktrees", "list").out.split()[0] == name


READABLE = {"sessions show", "sessions export", "sessions branches", "sessions pack", "sessions search"}
"""Verbs that need no more than the right to read."""


@pytest.mark.parametrize(("verb", "is_option"), sorted(set(verbs_with_a_session())))
@pytest.mark.parametrize("by", ["session", "project"])
def test_who_may_read_a_session_may_change_nothing_of_it(two: Program, verb: str, is_option: bool, by: str) -> None:
    [session] = ids(two, {})
    what = (session,) if by == "session" else ("--project", ".")
    assert two.run("sessions", "share", *what, "--with", "ana").code == 0
    before = two.run("sessions", "show", session).out
    named = ("--session", session) if is_option else (session,)
    task = (PROOF,) if verb == "run" else ()
    done = two.run(
        *verb.split(), *BEFORE.get(verb, ()), *named, *EXTRA.get(verb, ()), *task, env=ANA, input=f"{PROOF}\n".encode()
    )
    assert "Traceback" not in done.err
    if verb in READABLE:
        assert (done.code, done.err) == (0, done.err)
    else:
        assert done.code in (2, 3), (done.code, done.out, done.err)
    assert two.run("sessions", "show", session).out == before
    assert two.run("sessions", "unshare", *what, "--with", "ana").code == 0
    two.run(*verb.split(), *BEFORE.get(verb, ()), *named, *EXTRA.get(verb, ()), *task, env=ANA).refused(
        2, f"There is no session '{session}'"
    )


def test_what_is_shared_to_read_can_be_read_and_no_more(two: Program) -> None:
    [session] = ids(two, {})
    assert two.run("sessions", "share", session, "--with", "ana").code == 0
    assert ids(two, ANA) == [session]
    assert "76.086.428-5" in two.run("sessions", "show", session, env=ANA).out
    two.run("sessions", "resume", session, PROOF, env=ANA).refused(2, "shared with you to read only")
    two.run("sessions", "delete", session, "--yes", env=ANA).refused(2, "belongs to somebody else")
    assert two.run("sessions", "unshare", session, "--with", "ana").code == 0
    assert ids(two, ANA) == []
    assert two.run("sessions", "unshare", session, "--with", "ana").code == 1


def test_what_is_shared_to_continue_goes_on_for_both(two: Program) -> None:
    [session] = ids(two, {})
    assert two.run("sessions", "share", session, "--with", "ana", "--access", "continue").code == 0
    assert two.run("sessions", "resume", session, "-q", "valida el RUT 12.345.678-5", env=ANA).code == 0
    assert "12.345.678-5" in two.run("sessions", "show", session).out
    [shown] = two.run("sessions", "list", "--json").lines()
    assert shown["turns"] == 2


def test_a_shared_project_brings_later_sessions_too(two: Program) -> None:
    assert two.run("sessions", "share", "--project", ".", "--with", "ana").code == 0
    assert two.run("run", "-q", PROOF).code == 0
    assert sorted(ids(two, ANA)) == sorted(ids(two, {}))
    assert len(ids(two, ANA)) == 2


def test_a_deleted_session_is_gone_with_a_receipt_that_proves_itself(two: Program) -> None:
    [session] = ids(two, {})
    deleted = two.run("sessions", "delete", session, "--yes")
    assert deleted.code == 0, deleted.err
    (two.work / "receipt.json").write_text(deleted.out)
    assert two.run("keys", "check-receipt", "receipt.json").code == 0
    changed = deleted.out.replace(session, session[::-1])
    (two.work / "receipt.json").write_text(changed)
    assert two.run("keys", "check-receipt", "receipt.json").code != 0
    assert ids(two, {}) == []
    two.run("sessions", "show", session).refused(2, f"There is no session '{session}'")


def test_a_session_that_was_deleted_stays_unreadable_in_an_older_backup(two: Program) -> None:
    [session] = ids(two, {})
    [*_, backup] = two.run("backup", "list", "--json").lines() or [None]
    if backup is None:
        assert two.run("backup", "now").code == 0
        [*_, backup] = two.run("backup", "list", "--json").lines()
    assert two.run("sessions", "delete", session, "--yes").code == 0
    assert two.run("backup", "restore", backup["name"]).code == 0
    two.run("sessions", "show", session).refused(2, f"There is no session '{session}'")
    assert ids(two, {}) == []


def test_without_a_person_to_ask_nothing_is_deleted(two: Program) -> None:
    [session] = ids(two, {})
    two.run("sessions", "delete", session).refused(2, "--yes")
    assert ids(two, {}) == [session]


def test_sessions_that_nobody_used_for_as_long_as_a_rule_says_are_deleted(two: Program) -> None:
    [session] = ids(two, {})
    assert two.run("sessions", "retention", "--project", ".", "--days", "7", "--now").out.strip().startswith("7 days")
    assert ids(two, {}) == [session]
    assert two.run("sessions", "retention", "--keep", "--project", ".").out.strip() == f"for ever  {two.work}"


def test_too_many_sessions_at_work_are_refused(two: Program) -> None:
    two.add_agent()
    limit = {"MINGA_SESSIONS_AT_WORK_MAX": "1"}
    with two.start("run", "--json", "-a", "plain", "hang", stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        try:
            while json.loads(run.stdout.readline())["kind"] != "text":
                pass
            two.run("run", "-q", PROOF, env=limit).refused(3, "1 sessions of", "at work already")
        finally:
            run.terminate()
            run.wait(60)
    assert two.run("run", "-q", PROOF, env=limit).code == 0
