"""RUTs that an answer writes: a wrong check digit is found, and what is no RUT is left alone."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import FileChange
from minga.domain.rut import BODY_MAX, Rut, check_digit, with_dots, without_dots
from minga.domain.task import Document
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.ruts import Ruts

PASSED, FAILED, UNPROVEN = CheckState.PASSED, CheckState.FAILED, CheckState.UNPROVEN


def looked(answer: str, prompt: str = "", sources: tuple[str, ...] = ()) -> Checked | None:
    documents = tuple(Document(f"{n}.txt", text) for n, text in enumerate(sources))
    return Ruts().look(Work(prompt, answer, Path("/nowhere"), sources=documents))


@pytest.mark.parametrize(
    "answer",
    [
        "El proveedor es Maderas del Estero SpA, RUT 76.086.428-5.",
        "The supplier is Maderas del Estero SpA (76086428-5).",
        "RUT: 760864285",
        "RUN 10.000.013-K",
        "rut 10000013k",
        "| Cliente | RUT |\n|---|---|\n| Alerce | **77.123.456-9** |",
        "El RUT 76.086.428-4 es inválido; debería ser 76.086.428-5.",
        "El RUT 76.086.428-4 no es válido: su dígito verificador debería ser 5.",
        "76.086.428-4 is not valid, the check digit should be 5.",
        "Inválidos:\n- 76.086.428-4\n- 77.123.456-0\n\nVálidos:\n- 76.086.428-5",
        "RUT inválidos: 76.086.428-4.",
        "| RUT | Estado |\n|---|---|\n| 76.086.428-4 | inválido |\n| 76.086.428-5 | válido |",
        "76.086.428-4 ❌ y 76.086.428-5 ✅",
        "El RUT correcto es 76.086.428-5, no 76.086.428-4.",
        "El RUT 76.086.428-5 no es inválido.",
        "El DV de 76.086.428-4 está mal: corresponde 5.",
        "Dice 76.086.428-4, pero el dígito correcto es 5.",
        "El RUT 76.086.428-4 no pasa la validación módulo 11.",
        "Los inválidos son 76.086.428-4, 77.123.456-0 y 76.192.083-1.",
        "76.086.428-4 y 77.123.456-0 son inválidos.",
        "76.086.428-4 es inválido y 76.192.083-9 está bien.",
        "Evita los inválidos y usa 76.086.428-5.",
        "El dígito verificador de 76.086.428 es 5.",
        "The check digit of 10.000.013 is K.",
        "```json\n{\"rut\": \"76086428-5\"}\n```",
        "El 76.086.428-5 emite facturas; lo que falla es la firma.",
    ],
)  # fmt: skip
def test_what_is_right_passes(answer: str) -> None:
    checked = looked(answer)
    assert checked is not None
    assert checked.state is PASSED, checked.evidence


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("Emisor:\n76.086.428-4", "line 2: 76.086.428-4 is no valid RUT: its check digit is 5 (76.086.428-5)"),
        ("The supplier (76086428-4).", "line 1: 76086428-4 is no valid RUT: its check digit is 5 (76.086.428-5)"),
        ("RUT 760864284", "line 1: 760864284 is no valid RUT: its check digit is 5 (76.086.428-5)"),
        ("El RUT es 10.000.013-1.", "line 1: 10.000.013-1 is no valid RUT: its check digit is K (10.000.013-K)"),
        ("76.086.428-4 es válido.", "line 1: 76.086.428-4 is no valid RUT: its check digit is 5 (76.086.428-5)"),
        ("76.086.428-5 es inválido.", "line 1: 76.086.428-5 is called wrong, but its check digit is right"),
        ("RUT 76.086.428-5: invalid", "line 1: 76.086.428-5 is called wrong, but its check digit is right"),
        ("Inválidos:\n- 76.086.428-5", "line 2: 76.086.428-5 is called wrong, but its check digit is right"),
        ("76.192.083-9 debería ser 76.086.428-4.", "line 1: 76.086.428-4 is no valid RUT: its check digit is 5"),
        ("DV de 76.086.428: 4", None),
        ("El dígito verificador de 76.086.428 es 4.", "line 1: the check digit of 76.086.428 is 5, not 4"),
        ("RUT 123.456.789-2", "line 1: 123.456.789-2 is no RUT: it has more than eight digits before the check digit"),
        ("```json\n{\"rut\": \"76086428-4\"}\n```", "line 2: 76086428-4 is no valid RUT: its check digit is 5"),
        ("El emisor es 76.086.428-4 y el total no coincide.", "line 1: 76.086.428-4 is no valid RUT"),
        ("76.192.083-1 es inválido y 76.086.428-4 es de Maderas.", "line 1: 76.086.428-4 is no valid RUT"),
        ("76.192.083-9 es válido y 76.086.428-4 también.", "line 1: 76.086.428-4 is no valid RUT"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_with_its_place(answer: str, evidence: str | None) -> None:
    checked = looked(answer)
    if evidence is None:
        assert checked is None or checked.state is not PASSED
        return
    assert checked is not None
    assert checked.state is FAILED
    assert checked.evidence[0].startswith(evidence)


@pytest.mark.parametrize(
    "answer",
    [
        "La reunión es el 26-11-2026 o 2026-11-26.",
        "Llama al +56 9 8765 4321 o al 22345678.",
        "La cuenta 12345678-9 del banco, orden 1234567-1.",
        "Paquete 1.2.3-4, versión 20261126-1, imagen v12345678-5.",
        "Quedan 10.000.000-5 = 9.999.995 unidades.",
        "Entre $ 12.345.678 y $ 23.456.789.",
        "commit 12345678-5abc-4def, 123e4567-e89b-12d3-a456-426614174000",
        "causa C-1234567-2 y RUC 1900123456-7",
        "I run 1234567 tests.",
        "",
    ],
)
def test_what_only_resembles_a_rut_is_not_looked_at(answer: str) -> None:
    assert looked(answer) is None


def test_a_wrong_rut_of_the_task_is_told_and_not_held_against_the_answer() -> None:
    checked = looked("La factura es de 76.086.428-4.", "¿De quién es? RUT 76086428-4")
    assert checked is not None
    assert checked.state is UNPROVEN
    assert checked.evidence == ("line 1: 76.086.428-4 stands so in what was given, but its check digit is 5",)
    again = looked("76.086.428-4 es válido.", sources=("RUT 76086428-4",))
    assert again is not None
    assert again.state is FAILED


@pytest.mark.parametrize(
    "answer",
    [
        "`¿Es válido el RUT 76086428-4?`",
        "`check RUTs 76086428-4 and 11111111-2`",
        "```bash\nminga run 'valida 76086428-4'\n```",
    ],
)
def test_a_question_about_a_rut_says_nothing_of_it(answer: str) -> None:
    checked = looked(answer)
    assert checked is not None
    assert checked.state is UNPROVEN


def test_a_message_that_calls_a_rut_wrong_is_one_about_a_wrong_rut() -> None:
    checked = looked("```text\nIts check digit is wrong. (RUT Proveedor: '76086428-6')\n```")
    assert checked is not None
    assert checked.state is PASSED


def test_a_program_may_hold_wrong_ones_to_try() -> None:
    checked = looked('```python\nassert not valid("76.086.428-4")\n```')
    assert checked is not None
    assert checked.state is UNPROVEN


def test_files_that_were_changed_are_read_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("name,rut\nA,76086428-5\nB,76086428-4\n", "utf-8")
    (tmp_path / "test_rut.py").write_text("WRONG = '76086428-4'\n", "utf-8")
    (tmp_path / "photo.bin").write_bytes(b"\0\1")
    os.symlink("/etc/hostname", tmp_path / "link.txt")
    names = ["clients.csv", "test_rut.py", "photo.bin", "link.txt", "../clients.csv", "gone.csv"]
    changed = tuple(FileChange(name, "added") for name in names)
    checked = Ruts().look(Work("", "", tmp_path, changed))
    assert checked is not None
    assert checked.state is FAILED
    assert checked.evidence[0] == ("clients.csv:3: 76086428-4 is no valid RUT: its check digit is 5 (76.086.428-5)")
    assert checked.evidence[1].startswith("test_rut.py:1: 76086428-4 is no valid RUT")
    skipped = [line for line in checked.evidence if line.endswith("it is gone, outside, binary or too large")]
    assert [line.split()[0] for line in skipped] == ["photo.bin", "link.txt", "../clients.csv", "gone.csv"]
    assert not checked.proves


@given(st.integers(1_000_000, BODY_MAX), st.booleans(), st.sampled_from("0123456789K"))
def test_every_check_digit_but_the_right_one_is_found(body: int, dots: bool, digit: str) -> None:
    one = Rut(body, digit)
    checked = looked(f"Cliente con RUT {with_dots(one) if dots else without_dots(one)}, al día.")
    assert checked is not None
    assert checked.state is (PASSED if digit == check_digit(body) else FAILED)
