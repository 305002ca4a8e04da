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
