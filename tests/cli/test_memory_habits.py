"""`minga memory habits`: what was done again and again, with how it ended and where it was seen."""

import asyncio
from datetime import UTC, datetime, timedelta

from program import Program

from minga.bootstrap import build
from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.transcript import Message, TextPart, ToolCallPart, ToolResultPart, Workspace
from minga.sessions.transcripts import insert_messages, insert_session, set_head
from minga.settings import read
from minga.storage.database import Transaction
from minga.storage.instants import to_micros

CODEX = AgentName("codex")


def ran(minga: Program, command: str, outcomes: list[bool]) -> None:
    """Sessions in the working directory, each with one run of a command."""
    built = build(read(minga.environment))
    at = datetime.now(UTC) - timedelta(hours=1)

    def work(transaction: Transaction) -> None:
        for number, ok in enumerate(outcomes):
            session = SessionId(f"01a2000{number}-0000-7000-8000-000000000000")
            call = ToolCallPart("c", "shell", ToolKind.SHELL, f'{{"command": "{command}"}}')
            told = (call, ToolResultPart("c", ok, "done"))
            asked = Message(f"{number}a", "", at, "user", (TextPart("Deja pasando las pruebas."),), CODEX)
            answered = Message(f"{number}b", f"{number}a", at + timedelta(seconds=1), "assistant", told, CODEX)
            insert_session(transaction, built.vault, session, "x", Workspace(str(minga.work)), to_micros(at))
            insert_messages(transaction, built.vault, session, [asked, answered])
            set_head(transaction, session, answered.id, None)

    async def write() -> None:
        await built.database.write(work)
        await built.close()

    asyncio.run(write())


def test_what_is_run_again_and_again_is_a_habit_with_its_outcomes_and_evidence(minga: Program) -> None:
    none = minga.run("memory", "habits")
    assert (none.code, none.out, none.err) == (1, "", "No habit was seen yet.\n")
    ran(minga, "make test-all", [True, True, False, True])
    [habit] = [one for one in minga.run("memory", "habits", "--json").lines() if one["kind"] == "command"]
    assert (habit["what"], habit["times"], habit["failed"], len(habit["evidence"])) == ("make test-all", 4, 1, 4)
    shown = minga.run("memory", "show", habit["evidence"][0])
    assert "make test-all" in shown.out
    for verb in ("show", "why"):
        told = minga.run("memory", verb, habit["id"][:8])
        assert told.out.startswith(f"{habit['id']}  `make test-all` is run often here.\n")
        assert [told.out.count(f" {one}  ") for one in habit["evidence"]] == [1, 1, 1, 1]
    assert told.out.count("  verified\n") == 4
    minga.run("memory", "correct", habit["id"], "x").refused(2, "minga memory habits edit")
    minga.run("memory", "forget", habit["id"], "--yes").refused(2, "minga memory habits forget")
    spanish = minga.run("memory", "habits", env={"MINGA_LANGUAGE": "es"}).out
    assert "  Aquí se ejecuta a menudo `make test-all`.\n    vista · " in spanish
    assert " · vista 4 veces, falló 1 · 20" in spanish
    assert minga.run("memory", "habits", "--everywhere").out.endswith(f" · {minga.work}\n")
    minga.run("memory", "habits", "--limit", "0").refused(2, "--limit")


def mended(minga: Program, sessions: int) -> None:
    """Sessions in each of which a test fails, a package is installed, and the test passes, each with some words."""
    steps = (
        ("pytest -q", False, "ModuleNotFoundError: No module named lxml"),
        ("pip install lxml", True, "Successfully installed lxml-5.3"),
        ("pytest -q", True, "6 passed"),
    )
    built = build(read(minga.environment))
    at = datetime.now(UTC) - timedelta(hours=1)

    def said(number: int) -> list[Message]:
        parts: list[Message] = [Message("a", "", at, "user", (TextPart("Deja pasando las pruebas de ventas."),), CODEX)]
        for place, (command, ok, output) in enumerate(steps):
            call = ToolCallPart("c", "Bash", ToolKind.SHELL, f'{{"command": "{command}"}}')
            for role, part in (("assistant", call), ("tool", ToolResultPart("c", ok, output))):
                told = (TextPart(f"Paso {place + 1} de la sesión {number}."), part) if role == "assistant" else (part,)
                when = at + timedelta(seconds=len(parts))
                parts.append(Message(f"{place}{role}", parts[-1].id, when, role, told, CODEX))
        return parts

    def work(transaction: Transaction) -> None:
        for number in range(sessions):
            session = SessionId(f"01a2000{number}-0000-7000-8000-000000000000")
            insert_session(transaction, built.vault, session, "x", Workspace(str(minga.work)), to_micros(at))
            insert_messages(transaction, built.vault, session, messages := said(number))
            set_head(transaction, session, messages[-1].id, None)

    async def write() -> None:
        await built.database.write(work)
        await built.close()

    asyncio.run(write())


def test_why_a_fix_is_known_shows_the_error_the_command_and_how_it_ended(minga: Program) -> None:
    mended(minga, 2)
    [fix] = [one for one in minga.run("memory", "habits", "--json").lines() if one["kind"] == "fix"]
    assert (fix["what"], fix["times"], len(fix["evidence"])) == ("pip install lxml", 2, 6)
    why = minga.run("memory", "why", fix["id"])
    quotes = ["failed: ModuleNotFoundError: No module named lxml", "Bash: pip install lxml", "6 passed"]
    assert [one for one in why.out.splitlines() if "“" in one] == [f"    “{one}”" for one in quotes * 2]
    assert (why.code, why.out.count("  verified\n")) == (0, 6)
    shown = minga.run("memory", "show", fix["id"])
    assert [shown.out.count(f"\n{one}\n") for one in quotes] == [2, 2, 2]
    [told] = minga.run("memory", "why", fix["id"], "--json").lines()
    assert [(one["quote"], one["in_done"]) for one in told["evidence"]] == [(one, True) for one in quotes * 2]


def test_a_habit_is_accepted_edited_rejected_and_forgotten(minga: Program) -> None:
    ran(minga, "make test-all", [True])
    rare = minga.run("memory", "habits")
    assert (rare.code, rare.err) == (1, "No habit was seen often enough; --all shows 1 that were seen.\n")
    [item] = [one["id"] for one in minga.run("memory", "habits", "--all", "--json").lines()]
    assert minga.run("memory", "habits", "accept", item[:6]).out.endswith("`make test-all` is run often here.\n")
    edited = minga.run("memory", "habits", "edit", item, "Corre make test-all al final.")
    assert edited.out.endswith("Corre make test-all al final.\n")
    [shown] = minga.run("memory", "habits", "--json").lines()
    assert (shown["state"], shown["text"]) == ("accepted", "Corre make test-all al final.")
    assert minga.run("memory", "habits", "reject", item).code == 0
    assert minga.run("memory", "habits", "--all", "--json").lines()[0]["state"] == "rejected"
    forgotten = minga.run("memory", "habits", "forget", item)
    assert "this erases it: minga memory forget t" in forgotten.out
    assert minga.run("memory", "habits", "--all", "--everywhere").code == 1


def test_what_is_no_habit_is_refused(minga: Program) -> None:
    minga.run("memory", "habits", "accept", "h00000").refused(2, "no item 'h00000'")
    minga.run("memory", "habits", "edit", "h00000", "").refused(2, "say what is to be remembered")
