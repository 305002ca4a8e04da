"""Whether two answers say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.verification.agreement import clusters, compare, differences

LONG = "The invoice was issued in March. " * 8


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("42", "42.", "same"),
        ("Es 42.", "42", "same"),
        ("$1.234.567", "1234567", "same"),
        ("1,234,567.80", "1.234.567,8", "same"),
        ("19 %", "19%", "same"),
        ("El plazo es de 8 días", "el plazo es de 10 días", "different"),
        ("Sí", "No", "different"),
        ("sí", "SI", "same"),
        (f"{LONG}\nAnswer: 42", "42", "same"),
        (f"{LONG}\n**Respuesta:** 42", "Otra cosa.\nRespuesta final: 43", "different"),
        ('{"a": 1, "b": [2]}', '```json\n{"b": [2], "a": 1}\n```', "same"),
        ('{"a": 1}', '{"a": 2}', "different"),
        (f"{LONG} The total is 119.000.", f"It comes to $119,000. {LONG}", "same"),
        (f"{LONG} The total is 119.000.", f"{LONG} The total is 119.001.", "unclear"),
        (f"Sí. {LONG}", f"No. {LONG}", "different"),
        (LONG, LONG.replace("issued", "sent"), "unclear"),
        ("76.192.083-9", "76192083-9", "same"),
        ("76.192.083-9", "76192083-K", "different"),
        ("", "", "unclear"),
    ],
)
def test_two_answers_are_compared_by_what_they_conclude(one: str, other: str, expected: str) -> None:
    found = compare(one, other)
    assert found == expected
    assert compare(other, one) == found


def test_a_majority_is_the_largest_cluster() -> None:
    assert clusters(["8", "10", "10 ", "no idea what it may be, really " * 9]) == [[1, 2], [0], [3]]


def test_differences_name_the_lines_of_each_side_and_are_bounded() -> None:
    assert differences("a\nb\nc", "a\nx\nc") == ["-b", "+x"]
    assert len(differences("\n".join(map(str, range(500))), "")) == 41


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_are_compared_and_in_either_order_alike(one: str, other: str) -> None:
    assert compare(one, other) == compare(other, one)
    assert compare(one, one) in ("same", "unclear")
