"""Arguments that are no JSON object: mended where they can mean one thing only."""

import pytest

from minga.providers.translation.arguments import object_text
from minga.providers.translation.notes import Notes


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", "{}"),
        (" \n", "{}"),
        ("null", "{}"),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('"{\\"a\\": 1}"', '{"a": 1}'),
    ],
    ids=["nothing", "blank", "null", "fenced", "text"],
)
def test_what_can_mean_one_object_only_becomes_it_and_that_is_told(given: str, meant: str) -> None:
    notes = Notes()
    assert object_text(given, "read", notes) == meant
    assert notes.told("changed") == ["arguments-mended(read)"]


def test_an_object_stays_as_it_is_letter_by_letter() -> None:
    notes = Notes()
    given = ' {"a" : 1.0, "b":[1e3, "\\u00f1"]}\n'
    assert object_text(given, "read", notes) is given
    assert not notes.found


@pytest.mark.parametrize(
    "given",
    ['{"a": 1', "[1]", "7", "{'a': 1}", '{"a": 1} {"b": 2}', '```\n{"a": 1}', '"text"', '"', '{"a": "\ud800"}', "{}}"],
    ids=["cut", "list", "number", "quotes", "two", "open fence", "words", "quote", "surrogate", "brace"],
)
def test_what_could_mean_several_things_is_refused_by_name(given: str) -> None:
    with pytest.raises(ValueError, match="'read' are not a JSON object"):
        object_text(given, "read", Notes())
