"""While vectors are still to be made, what has none is found by its words."""

import asyncio
import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from remembered import Written, memory_of, question, texts

from minga.domain.meaning import Encoded
from minga.domain.memory import Recollection
from minga.memory.index import counting
from minga.memory.recall.words import terms

DIMENSIONS = 384


class _Alike:
    """As of the real encoder, all vectors are alike, and each token has a state."""

    name = "alike"
    dimensions = DIMENSIONS

    def question(self, text: str) -> Encoded:
        states = np.stack([_state(one) for one in terms(text)] or [np.ones(DIMENSIONS, np.float32)])
        vector = 2 * np.ones(DIMENSIONS) / DIMENSIONS**0.5 + states.mean(axis=0) / 20
        return Encoded((vector / np.linalg.norm(vector)).astype("<f4").tobytes(), states.astype("<f4").tobytes())

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        return [self.question(text) for _, text in texts]


class Far(_Alike):
    """Nothing comes near to what is asked."""

    name = "far"

    def question(self, text: str) -> Encoded:
        encoded = super().question(text)
        return Encoded(_turned(encoded.vector), encoded.states)

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        return [super(Far, self).question(text) for _, text in texts]


def _turned(vector: bytes) -> bytes:
    """So that its cosine with itself is some .6."""
    numbers = np.frombuffer(vector, "<f4")
    aside = np.tile(np.float32([1, -1]), DIMENSIONS // 2) / DIMENSIONS**0.5
    return (0.6 * numbers + 0.8 * aside).astype("<f4").tobytes()


def _state(term: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:4], "big")
    return np.random.default_rng(seed).standard_normal(DIMENSIONS, np.float32)


def _numbered(log: Written, first: int, end: int) -> None:
    for number in range(first, end):
        log.say(
            f"s{number}", f"Nota importada número {number} sobre el servicio kappa-{number} en el puerto 80{number}."
        )


def _asked(folder: Path, words: str) -> Recollection:
    """120 such notes are there; the last 20 have no vector."""

    async def ask() -> Recollection:
        log = Written()
        memory = memory_of(folder / "memory.db", log, _Alike)
        try:
            _numbered(log, 21, 121)
            await memory.catch_up()
            await memory.embed()
            _numbered(log, 1, 21)
            return await memory.recall(question(words), embed_s=0)
        finally:
            await memory.close()

    return asyncio.run(ask())


def test_a_note_without_a_vector_is_found_by_its_word(tmp_path: Path) -> None:
    found = _asked(tmp_path, "kappa-8")

    assert (found.by_meaning, found.waiting, found.is_known) == (True, 20, True)
    assert "kappa-8 " in found.recalled[0].passage.text


def test_a_note_without_a_vector_does_not_hide_one_that_has_one(tmp_path: Path) -> None:
    found = _asked(tmp_path, "kappa-88")

    assert found.is_known
    assert "kappa-88 " in found.recalled[0].passage.text


def test_what_nobody_noted_stays_unknown(tmp_path: Path) -> None:
    found = _asked(tmp_path, "¿Cuándo es el viaje a omega?")

    assert found.waiting == 20
    assert not found.is_known


def test_a_run_is_told_what_is_near_also_where_nothing_seems_to_answer(tmp_path: Path) -> None:
    """Its brief asks for less than a search does: words in common, beside meaning."""
    log = Written()
    _numbered(log, 1, 101)
    log.say("omega", "El traslado de las cajas a Pucatrihue lo hace Omega, con seguro.")

    async def scene() -> tuple[list[Recollection], list[str]]:
        memory = memory_of(tmp_path / "memory.db", log, Far)
        await memory.catch_up()
        await memory.embed()
        near = "¿Cuándo parte el traslado con seguro de las cajas a Pucatrihue?"
        asked = [question(near), question("Dibuja un gato azul")]
        found = [await memory.recall(one, embed_s=0) for one in asked]
        told = [(await memory.brief(one, 1500))[0].text for one in asked]
        await memory.close()
        return found, told

    found, told = asyncio.run(scene())
    assert [(one.is_known, one.is_near) for one in found] == [(False, True), (False, False)]
    assert "lo hace Omega" in told[0]
    assert told[1] == ""


@pytest.mark.parametrize("has_model", [False, True])
def test_of_many_notes_that_say_the_same_of_other_things_a_run_is_told_right_after_their_import(
    tmp_path: Path, has_model: bool
) -> None:
    """No vector is made yet, or none can be: none of the notes is sure to answer, and all have to do with the task."""
    log = Written()
    if has_model:
        _numbered(log, 1, 101)

    async def scene() -> list[str]:
        memory = memory_of(tmp_path / "memory.db", log, Far if has_model else lambda: None)
        await memory.catch_up()
        await memory.embed()
        for number in range(60):
            text = f"El cliente número {number} paga a {30 + number} días; su contacto en la empresa es {number}."
            log.say(f"imported{number}", text)
        tasks = ("Corrige el script que calcula los días de pago de cada cliente de la empresa", "Dibuja un gato azul")
        told = [(await memory.brief(question(one), 1500))[0].text for one in tasks]
        await memory.close()
        return told

    told = asyncio.run(scene())
    assert "El cliente número" in told[0]
    assert told[1] == ""


def test_a_long_question_of_a_large_memory_is_also_found_by_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MANY", 50)
    often = "servidor boleta correo bodega caja respaldo factura cliente informe pantalla prueba".split()  # noqa: SIM905

    async def scene() -> None:
        log = Written()
        for number in range(300):
            log.say(f"s{number}", f"{' '.join(random.Random(number).sample(often, 6))} {number}")
        log.say("rare", "usamos zafiro77 en Pucatrihue")
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        asked = f"Hola, necesito que revises ahora {', '.join(often)}: dónde usamos zafiro77 en Pucatrihue?"
        assert "usamos zafiro77 en Pucatrihue" in await texts(memory, asked)
        await memory.close()

    asyncio.run(scene())
