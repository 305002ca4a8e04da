"""What another process has forgotten meanwhile is forgotten: nothing is said of it."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from minga.bootstrap import Minga
from minga.domain.errors import UnknownSession
from minga.domain.ids import AgentName, NativeId, SessionId
from minga.entrypoints.cli.bringing import _forgotten
from minga.entrypoints.cli.memory_forget import _destroy
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.sessions.formats.format import NativeFile
from minga.sessions.importing import Discovered, State


async def _gone(session_id: SessionId, *_: object) -> None:
    raise UnknownSession(session=session_id)


def test_a_note_that_another_process_forgot_meanwhile_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    minga = cast(Minga, SimpleNamespace(retention=SimpleNamespace(delete=_gone)))
    desk = cast(Desk, SimpleNamespace(settings=None))

    asyncio.run(_destroy(desk, minga, [], SessionId("note-01a2")))

    assert capsys.readouterr() == ("", "")


def _found(state: State) -> Discovered:
    return Discovered(NativeFile(AgentName("codex"), NativeId("n"), Path("/n"), 1, 1), state, None)


def test_sessions_that_are_not_read_since_something_of_them_was_forgotten_are_told() -> None:
    desk = cast(Desk, SimpleNamespace(say=load("en")))

    assert _forgotten(desk, [_found("new")]) == ""
    assert _forgotten(desk, [_found("deleted"), _found("known")]).startswith("1 session not read")
    assert _forgotten(desk, [_found("deleted"), _found("deleted")]).startswith("2 sessions not read")
