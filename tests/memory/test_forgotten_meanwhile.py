"""What another process has forgotten meanwhile is forgotten: nothing is said of it."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from minga.bootstrap import Minga
from minga.domain.errors import UnknownSession
from minga.domain.ids import SessionId
from minga.entrypoints.cli.memory_forget import _destroy
from minga.entrypoints.cli.verb import Desk


async def _gone(session_id: SessionId, *_: object) -> None:
    raise UnknownSession(session=session_id)


def test_a_note_that_another_process_forgot_meanwhile_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    minga = cast(Minga, SimpleNamespace(retention=SimpleNamespace(delete=_gone)))
    desk = cast(Desk, SimpleNamespace())

    asyncio.run(_destroy(desk, minga, [], SessionId("note-01a2")))

    assert capsys.readouterr() == ("", "")
