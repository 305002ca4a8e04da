"""What a search says where it is not sure."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from minga.bootstrap import Minga
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Passage, Recalled, Recollection, Source
from minga.domain.secrecy import UserName
from minga.entrypoints.cli import memory
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.settings import read

SOURCE = Source(SessionId("s"), "1", 0, datetime(2026, 11, 3, tzinfo=UTC), AgentName("codex"), "user")
PASSAGE = Passage(ItemId("t1"), "turn", "la bodega cuesta 11 UF", "", SOURCE, "", "es", UserName("ana"))


@dataclass(frozen=True, slots=True)
class Finds(Desk):
    """Every search finds just this."""

    found: Recollection

    def run(self, work: Callable[[Minga], Awaitable[Any]], runner: Any = None) -> Any:
        return self.found, True


@pytest.mark.parametrize(
    ("model", "is_sure", "says"),
    [
        ("gpt-5-mini", False, ["Nada de esto lo responde", "Un modelo lo dice, con citas: minga memory ask PREGUNTA"]),
        ("", False, ["Nada de esto lo responde"]),
        ("gpt-5-mini", True, []),
    ],
)
def test_a_search_that_is_not_sure_names_what_can_tell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str, is_sure: bool, says: list[str]
) -> None:
    settings = read({"MINGA_HOME": str(tmp_path), "MINGA_MEMORY_MODEL": model})
    found = Recollection((Recalled(PASSAGE, 1.0, 0.5, (), None),), True, by_meaning=True, is_sure=is_sure)
    asked = ["¿cuánto", "cuesta?"]
    assert memory.search.main(asked, obj=Finds(settings, load("es"), found), standalone_mode=False) == 0
    told = capsys.readouterr()
    assert "la bodega cuesta 11 UF" in told.out
    lines = told.err.splitlines()
    assert len(lines) == len(says)
    assert all(line.startswith(one) for line, one in zip(lines, says, strict=True))
