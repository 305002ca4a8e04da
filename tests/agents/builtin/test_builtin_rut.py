"""RUT arithmetic, and what the agent says about RUTs."""

import pytest
from builtin_asking import Ask
from hypothesis import given
from hypothesis import strategies as st

from minga.domain import rut
from minga.domain.events import Finished, Text, ToolCall, ToolKind, ToolResult

BODIES = st.integers(1, rut.BODY_MAX)
# 60803000-K is the SII itself; 55555555-5 stands for receivers without RUT in the DTE format.
KNOWN = ("60803000-K", "55555555-5", "97975000-5", "8414240-9", "12345678-5", "11111111-1", "1-9")


@pytest.mark.parametrize("text", KNOWN)
def test_known_ruts_are_valid(text: str) -> None:
    assert rut.parse(text).valid


@given(BODIES)
def test_the_weighted_sum_with_the_check_digit_is_a_multiple_of_eleven(body: int) -> None:
    digit = rut.check_digit(body)
    assert (rut.weighted_sum(body) + (10 if digit == "K" else int(digit))) % 11 == 0


@given(BODIES, st.sampled_from("0123456789K"))
def test_exactly_one_digit_is_valid(body: int, digit: str) -> None:
    assert rut.Rut(body, digit).valid == (digit == rut.check_digit(body))


@given(BODIES)
def test_every_written_form_reads_back_as_the_same_rut(body: int) -> None:
    one = rut.Rut(body, rut.check_digit(body))
    dotted, plain = rut.with_dots(one), rut.without_dots(one)
    for text in (dotted, plain, plain.lower(), plain.replace("-", ""), plain.replace("-", "–"), f"0{plain}"):
        assert rut.parse(text) == one


@given(BODIES, st.integers(0, 7), st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(body: int, place: int, shift: int) -> None:
    digits = list(str(body))
    place %= len(digits)
    digits[place] = str((int(digits[place]) + shift) % 10)
    wrong = int("".join(digits))
    if wrong >= 1:
        assert not rut.Rut(wrong, rut.check_digit(body)).valid


@given(BODIES)
def test_two_neighbours_swapped_are_noticed_except_across_the_seven_to_two_step(body: int) -> None:
    """Neighbours have different multipliers modulo 11, so a swap of different digits changes the sum."""
    text = str(body)
    for place in range(len(text) - 1):
        swapped = int(text[:place] + text[place + 1] + text[place] + text[place + 2 :])
        if swapped >= 1 and len(str(swapped)) == len(text) and swapped != body:
            assert not rut.Rut(swapped, rut.check_digit(body)).valid


@pytest.mark.parametrize("body", [0, -1, rut.BODY_MAX + 1])
def test_a_body_out_of_range_has_no_check_digit(body: int) -> None:
    with pytest.raises(rut.OutOfRange):
        rut.check_digit(body)


@pytest.mark.parametrize(
    "text", ["", "K", "5", "12.345.678", "12.34.567-8", "12345678-10", "12345678-X", "1 2-3", "١-9", "1k-9"]
)
def test_what_is_no_rut_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rut.parse(text)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        one = rut.parse(text)
    except ValueError:
        return
    assert 1 <= one.body <= rut.BODY_MAX


VALID = [
    "valida el RUT 12.345.678-5",
    "¿Es válido el RUT 12345678-5?",
    "verifica si el rut 12345678-5 está correcto, por favor",
    "¿el rut 12.345.678-5 es válido o no?",
    "RUT 12345678-5",
    "Hola, valida el RUN 12.345.678-5. ¡Gracias!",
    "¿está bien escrito el RUT 12.345.678-5?",
    "12.345.678-5",
    "Please validate RUT 12.345.678-5.",
    "Is 12.345.678-5 a valid RUT?",
    "check the RUT 12345678 - 5",
    "valida el rut 123456785",
]


@pytest.mark.parametrize("text", VALID)
def test_a_right_rut_is_called_valid_and_no_more_is_claimed(ask: Ask, text: str) -> None:
    answer = ask(text).answer
    assert "12.345.678-5, 12345678-5" in answer
    assert ": válido (" in answer or ": valid (" in answer
    assert "no prueba que el RUT exista" in answer or "does not prove that the RUT exists" in answer
    assert "138 mod 11 = 6; 11 − 6 = 5 → 5" in answer
    assert "ningún modelo" in answer or "no model" in answer


def test_a_wrong_digit_is_answered_with_the_right_one_in_spanish(ask: Ask) -> None:
    assert (
        "no es válido: el dígito verificador de 60803000 es K, no 3; sería 60.803.000-K"
        in ask("valida el RUT 60.803.000-3").answer
    )


def test_a_wrong_digit_is_answered_with_the_right_one_in_english(ask: Ask) -> None:
    assert (
        "not valid: the check digit of 60803000 is K, not 3; that would be 60.803.000-K"
        in ask("is RUT 60803000-3 valid?").answer
    )


@pytest.mark.parametrize(
    "text",
    [
        "dígito verificador del RUT 60803000",
        "what is the check digit of RUT 60.803.000?",
        "calcula el DV del rut 60.803.000",
    ],
)
def test_a_body_gets_its_check_digit(ask: Ask, text: str) -> None:
    answer = ask(text).answer
    assert "60.803.000-K, 60803000-K" in answer
    assert "válido" not in answer
    assert "valid:" not in answer


def test_a_lower_case_k_is_the_check_digit_k(ask: Ask) -> None:
    assert ": valid (60.803.000-K" in ask("validate RUT 60803000-k").answer


def test_eight_digits_without_hyphen_are_answered_in_both_readings(ask: Ask) -> None:
    answer = ask("valida el rut 12345678").answer
    assert "la última cifra se leyó como dígito verificador" in answer
    assert "Si en cambio 12345678 es el cuerpo sin dígito verificador, le corresponde 5" in answer


def test_several_ruts_are_each_judged(ask: Ask) -> None:
    answer = ask("check RUTs 12345678-5, 11111111-2 and 60.803.000-K").answer
    assert "12345678-5: valid" in answer
    assert "11111111-2: not valid: the check digit of 11111111 is 1" in answer
    assert "60.803.000-k: valid" in answer


@pytest.mark.parametrize("text", ["valida el RUT 0-0", "valida el RUT 100.000.000-1", "valida el RUT 999999999999-1"])
def test_a_body_outside_the_assumed_range_is_called_so(ask: Ask, text: str) -> None:
    assert "fuera del rango supuesto, 1 a 99.999.999" in ask(text).answer


def test_the_ruts_of_an_attached_document_are_judged_when_asked(ask: Ask) -> None:
    document = "Juan 12.345.678-5, tel 912345678; Ana 11111111-2; on 2026-11-02, page 10-4"
    answer = ask(f'valida los RUT del documento adjunto\n<document name="a.txt">\n{document}\n</document>').answer
    assert "12.345.678-5: válido" in answer
    assert "11111111-2: no es válido" in answer
    assert "912345678" not in answer
    assert "10-4" not in answer
    assert "solo los números con guion y seis o más cifras" in answer


def test_the_use_of_a_skill_shows_as_a_tool_call_with_its_evidence(ask: Ask) -> None:
    call, result, *rest = ask("validate RUT 12.345.678-5").events
    assert call == ToolCall("a1-1", "rut", ToolKind.OTHER, "rut", '{"ruts": ["12.345.678-5"]}')
    assert isinstance(result, ToolResult)
    assert result.ok
    assert "138 mod 11" in result.output
    assert [type(event) for event in rest] == [Text, Text, Text, Finished]
