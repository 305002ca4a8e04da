"""Quotations, addresses and articles stand in what the agent was given or has read; a changed word is found."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.task import Document
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.quotations import Quotations

PASSED, FAILED, UNPROVEN = CheckState.PASSED, CheckState.FAILED, CheckState.UNPROVEN

LAW = (
    "Artículo 3. El receptor tiene un plazo de ocho días corridos para reclamar en contra del contenido de la"
    " factura,\ncontados desde su recepción. Véase https://www.sii.cl/plazos/a.html y el art. 1 del DL 825."
)


def looked(answer: str, *, prompt: str = "¿Qué plazo hay?", cwd: Path = Path("/nowhere")) -> Checked | None:
    return Quotations().look(Work(prompt, answer, cwd, sources=(Document("ley.txt", LAW),)))


@pytest.mark.parametrize(
    "answer",
    [
        "Dice «un plazo de ocho días corridos para reclamar».",
        'Dice "Un plazo de ocho  días corridos para reclamar".',
        "It says “El receptor tiene un plazo de ocho días corridos”, no more.",
        "> El receptor tiene un plazo de ocho días corridos\n> para reclamar en contra del contenido de la factura",
        "> El receptor tiene un plazo de ocho días corridos […] contados desde su recepción.",
        "«reclamar en contra del contenido de la factura, contados»",
        "Véase https://www.sii.cl/plazos/a.html.",
        "según el artículo 1 del D.L. N° 825",
        'Preguntas "qué plazo hay" y es de ocho días.',
    ],
)
def test_what_stands_there_passes(answer: str) -> None:
    checked = looked(answer)
    assert checked is not None
    assert checked.state is PASSED, checked.evidence
    assert not checked.proves


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (
            "Dice «un plazo de diez días corridos para reclamar».",
            "line 1: «de diez días» stands in ley.txt as «de ocho días»",
        ),
        (
            'It says:\n"un plazo de ocho días hábiles para reclamar en contra".',
            "line 2: «días hábiles para» stands in ley.txt as «días corridos para»",
        ),
        ("> un plazo de días corridos para reclamar", "line 1: «de días» stands in ley.txt as «de ocho días»"),
        (
            "«un plazo de ocho días corridos muy largos para reclamar»",
            "line 1: «corridos muy largos para» stands in ley.txt as «corridos para»",
        ),
        ("«en contra del contenido de la boleta»", "line 1: «la boleta» stands in ley.txt as «la factura»"),
        (
            "«El emisor tiene un plazo de ocho días»",
            "line 1: «el emisor tiene» stands in ley.txt as «el receptor tiene»",
        ),
    ],
)
def test_a_changed_word_is_found(answer: str, evidence: str) -> None:
    checked = looked(answer)
    assert checked is not None
    assert checked.state is FAILED
    assert checked.evidence[0] == evidence


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (
            "> Nada que ver con esto, que es otra cosa.",
            "line 1: «Nada que ver con esto, que es otra cosa.» was not read in this run",
        ),
        ("Véase https://otro.cl/x.", "line 1: https://otro.cl/x was not read in this run"),
        ("según el artículo 2 del DL 825", "line 1: artículo 2 del DL 825 was not read in this run"),
        (
            "Propongo «un plazo de diez días corridos para reclamar».",
            "line 1: «de diez días» stands in ley.txt as «de ocho días»",
        ),
    ],
)
def test_what_was_not_read_is_unproven(answer: str, evidence: str) -> None:
    checked = looked(answer)
    assert checked is not None
    assert checked.state is UNPROVEN
    assert checked.evidence == (evidence,)


@pytest.mark.parametrize(
    "answer",
    [
        "Sin citas.",
        'El campo "fecha de emisión" y el término «a plazo».',
        'Usa `print("hello world how are you today")`.',
        '```python\nsay("one two three four five six")\n```',
        "Abre http://localhost:8080/docs.",
    ],
)
def test_names_terms_and_code_are_no_quotations(answer: str) -> None:
    assert looked(answer) is None


def test_a_file_that_the_answer_names_is_a_source_and_one_outside_is_not(tmp_path: Path) -> None:
    inside = tmp_path / "work"
    inside.mkdir()
    (inside / "notes.md").write_text("The port of the server is 8080 by default.", "utf-8")
    (tmp_path / "secret.md").write_text("The key of the server lies in the safe.", "utf-8")
    right = looked("notes.md says “the port of the server is 8080”.", cwd=inside)
    assert right is not None
    assert right.state is PASSED
    wrong = looked("notes.md says “the port of the server is 9090 by default”.", cwd=inside)
    assert wrong is not None
    assert wrong.evidence == ("line 1: «is 9090 by» stands in notes.md as «is 8080 by»",)
    outside = looked("../secret.md says “the key of the server lies in the safe”.", cwd=inside)
    assert outside is not None
    assert outside.state is UNPROVEN


WORDS = ("plazo", "factura", "receptor", "emisor", "contrato", "norma", "fecha", "monto", "cliente", "ley", "árbol")


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(7, 60), st.integers(0, 400))
def test_one_changed_word_of_a_long_source_is_found(seed: int, length: int, start: int) -> None:
    chance = random.Random(seed)
    text = [f"{chance.choice(WORDS)}{chance.randrange(30)}" for _ in range(500)]
    quoted = text[start : start + length]
    work = Work("", f"«{' '.join(quoted)}»", Path("/nowhere"), sources=(Document("t", " ".join(text)),))
    right = Quotations().look(work)
    assert right is not None
    assert right.state is PASSED
    quoted[len(quoted) // 2] = "cambiado"
    work = Work("", f"«{' '.join(quoted)}»", Path("/nowhere"), sources=(Document("t", " ".join(text)),))
    wrong = Quotations().look(work)
    assert wrong is not None
    assert wrong.state is FAILED


def test_code_within_a_quotation_is_part_of_it() -> None:
    key = Document("notes.md", "The key `max_workers` must be set before the first request.")
    for word, state in (("before", PASSED), ("after", FAILED)):
        answer = f"“The key `max_workers` must be set {word} the first request.”"
        checked = Quotations().look(Work("", answer, Path("/nonexistent"), sources=(key,)))
        assert checked is not None
        assert checked.state is state, checked.evidence
