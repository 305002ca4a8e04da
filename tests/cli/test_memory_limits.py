"""What is said of vectors that there are not, by whether there is a model that makes them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minga import settings
from minga.domain.errors import BadSetting
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Passage, Recollection, Source
from minga.domain.secrecy import UserName
from minga.entrypoints.cli import memory, memory_state
from minga.entrypoints.cli.memory_items import head
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load


def desk(tmp_path: Path, chosen: str = "") -> Desk:
    return Desk(
        settings.read({"MINGA_HOME": str(tmp_path), "MINGA_CONFIG": str(tmp_path), "MINGA_MEMORY": chosen}), load("en")
    )


@pytest.mark.parametrize(
    ("waiting", "has_model", "chosen", "said"),
    [
        pytest.param(0, True, "", "", id="nothing-there"),
        pytest.param(0, False, "", "there is no model for meaning", id="no-model"),
        pytest.param(1, False, "", "there is no model for meaning", id="no-model-and-a-note"),
        pytest.param(1, True, "", "1 passage has no vector yet", id="not-made-yet"),
        pytest.param(1, False, "words", "", id="words-wanted"),
    ],
)
def test_a_search_says_that_there_is_no_model_only_where_there_is_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    waiting: int,
    has_model: bool,
    chosen: str,
    said: str,
) -> None:
    found = Recollection((), is_known=False, by_meaning=False, waiting=waiting)
    monkeypatch.setattr(Desk, "run", lambda *_: (found, has_model))
    memory.search.main(["puerto"], obj=desk(tmp_path, chosen), standalone_mode=False)
    told = capsys.readouterr().err.replace("Nothing known about that.\n", "")
    assert said in told
    assert bool(said) == bool(told)


@pytest.mark.parametrize(
    ("chosen", "why"),
    [pytest.param("", "pip install 'minga[memory]'", id="no-model"), pytest.param("words", "words", id="words-wanted")],
)
def test_vectors_that_no_model_can_make_are_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], chosen: str, why: str
) -> None:
    def run(_: Desk, work: Any) -> Any:
        return False

    monkeypatch.setattr(Desk, "run", run)
    code = memory_state.rebuild.main(["--vectors"], obj=desk(tmp_path, chosen), standalone_mode=False)
    assert (code, why in capsys.readouterr().err) == (1, True)


def test_what_no_agent_is_named_of_is_shown_without_an_empty_part(tmp_path: Path) -> None:
    source = Source(SessionId("01a217e2"), "m1", 0, None, AgentName(""), "user")
    said = Passage(ItemId("t1"), "turn", "El puerto es 5433.", "", source, "/src", "es", UserName("ana"))
    assert head(desk(tmp_path), said) == "t1  no date  user  01a217e2"
    named = replace(said, source=replace(source, agent=AgentName("codex")))
    assert head(desk(tmp_path), named) == "t1  no date  user · codex  01a217e2"


def test_a_number_that_is_too_large_is_told_its_bound(tmp_path: Path) -> None:
    given = settings.read({"MINGA_HOME": str(tmp_path), "MINGA_CONFIG": str(tmp_path), "MINGA_MEMORY_TOKENS": "9" * 12})
    with pytest.raises(BadSetting, match="'999999999999' is more than 999999999"):
        given.count("memory_tokens", 1500)
