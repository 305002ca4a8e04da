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
    minga.environment["MINGA_MEMORY"] = "words"
    none = minga.run("memory", "habits")
    assert (none.code, none.out, none.err) == (1, "", "No habit was seen yet.\n")
    ran(minga, "make test-all", [True, True, False, True])
    [habit] = [one for one in minga.run("memory", "habits", "--json").lines() if one["kind"] == "command"]
    assert (habit["what"], habit["times"], habit["failed"], len(habit["evidence"])) == ("make test-all", 4, 1, 4)
    shown = minga.run("memory", "show", habit["evidence"][0])
    assert "make test-all" in shown.out
    spanish = minga.run("memory", "habits", env={"MINGA_LANGUAGE": "es"}).out
    assert "  Aquí se ejecuta a menudo `make test-all`.\n" in spanish
    assert " · vista 4 veces, falló 1 · 20" in spanish
    minga.run("memory", "habits", "--limit", "0").refused(2, "--limit")
