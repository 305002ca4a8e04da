"""What is noted may come from standard input; a directory that is gone is told."""

import io
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from minga.domain.errors import BadInput
from minga.entrypoints.cli.main import _main
from minga.entrypoints.cli.memory import _text
from minga.entrypoints.cli.verb import Desk


def _given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> str:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    return _text(cast(Desk, SimpleNamespace(say=str)), ("-",))


def test_a_dash_is_standard_input_and_never_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _given(monkeypatch, "El depósito abre\na las 9.\n".encode()) == "El depósito abre\na las 9."
    with pytest.raises(BadInput):
        _given(monkeypatch, b"\n")


def test_who_stands_in_a_deleted_directory_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.setenv("MINGA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MINGA_LANGUAGE", "en")
    monkeypatch.chdir(here)
    here.rmdir()
    with monkeypatch.context() as still:
        still.setattr("minga.entrypoints.cli.main.silence_output", lambda: None)
        code = _main(["memory", "add", "something to know"])
    os.chdir(tmp_path)

    assert code == 2
    assert "The directory that you are in was deleted." in capsys.readouterr().err
