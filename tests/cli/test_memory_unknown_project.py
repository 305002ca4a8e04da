"""Who asks about a project that the memory does not know is told so, with the names that come near."""

import subprocess

import pytest
from asking_a_model import let_ask
from program import Program

from minga.testing import Say, Script, ScriptedServer

REMOTE = "https://github.com/acme/tienda.git"
NAME = "github.com/acme/tienda"


@pytest.fixture
def knowing(minga: Program) -> Program:
    committing = ("-c", "user.name=a", "-c", "user.email=a@b.cl", "commit", "-q", "--allow-empty", "-m", "a")
    for command in (("init", "-q"), ("remote", "add", "origin", REMOTE), committing):
        subprocess.run(["git", "-C", minga.work, *command], check=True)
    assert minga.run("memory", "add", "El puerto de staging es 5433.").code == 0
    return minga


@pytest.mark.parametrize("project", ["acme/tienda", "tiendas", "https://github.com/acme/tiend"])
def test_an_unknown_project_is_told_with_the_names_that_come_near(knowing: Program, project: str) -> None:
    done = knowing.run("memory", "search", "--project", project, "puerto")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"The memory knows no project '{project}'.\nThe nearest that it knows: {NAME}\n")
    assert "Nothing known about that." in done.err


def test_it_is_told_in_spanish_and_what_holds_everywhere_is_still_found(knowing: Program) -> None:
    assert knowing.run("memory", "add", "--everywhere", "El puerto de reserva es 5434.").code == 0
    knowing.environment["MINGA_LANGUAGE"] = "es"
    done = knowing.run("memory", "search", "--project", "/no/existe", "puerto")
    assert "5434" in done.out
    assert f"La memoria no conoce ningún proyecto '/no/existe'.\nLos más parecidos que conoce: {NAME}\n" in done.err


@pytest.mark.parametrize("project", [NAME, REMOTE, "git@github.com:acme/tienda.git", "github.com/acme", "."])
def test_of_a_project_that_is_known_nothing_is_said(knowing: Program, project: str) -> None:
    found = knowing.run("memory", "search", "--project", project, "puerto")
    assert (found.code, "no project" in found.err) == (0, False)
    assert "no project" not in knowing.run("memory", "search", "--project", project, "--everywhere", "nada").err


def test_where_no_project_is_known_none_comes_near(minga: Program) -> None:
    done = minga.run("memory", "search", "--project", "/no/existe", "puerto")
    assert done.err.startswith("The memory knows no project '/no/existe'.\nNothing known about that.\n")


def test_who_asks_a_model_is_told_too(knowing: Program) -> None:
    with ScriptedServer() as server:
        server.script = Script(default=Say('{"answer": null, "quotes": []}'))
        let_ask(knowing, server.url)
        done = knowing.run("memory", "ask", "--project", "/no/existe", "¿qué puerto es?")
    assert done.code == 1
    assert f"The memory knows no project '/no/existe'.\nThe nearest that it knows: {NAME}\n" in done.err
