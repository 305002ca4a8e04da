"""Answers that have to fit a JSON Schema, and data in code blocks."""

import json
from pathlib import Path

import pytest

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.schema import Data, Schema

PASSED, FAILED, UNPROVEN = CheckState.PASSED, CheckState.FAILED, CheckState.UNPROVEN

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"rut": {"type": "string"}, "items": {"type": "array", "items": {"type": "integer"}}},
        "required": ["rut"],
        "additionalProperties": False,
    }
)


def looked(answer: str, schema: str = SCHEMA) -> Checked | None:
    return Schema().look(Work("", answer, Path("/nowhere"), schema=schema))


@pytest.mark.parametrize(
    "answer",
    [
        '{"rut": "1-9"}',
        '\ufeff\n {"rut": "1-9"}',
        'Aquí está:\n```json\n{"rut": "1-9", "items": [1, 2]}\n```\nListo.',
        '```\n{"rut": "1-9"}\n```',
        'Con `x`:\n```json\n{"rut": "1-9"}\n```\n```python\nx = 1\n```',
    ],
)
def test_an_answer_that_fits_passes(answer: str) -> None:
    checked = looked(answer)
    assert checked is not None
    assert checked.state is PASSED, checked.evidence
    assert checked.proves


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ('{"rut": 1}', '/rut of the answer does not fit the schema: 1 is not of type "string"'),
        ('{"items": []}', '/ of the answer does not fit the schema: "rut" is a required property'),
        (
            '{"rut": "1-9", "items": [1, "2"]}',
            '/items/1 of the answer does not fit the schema: "2" is not of type "integer"',
        ),
        ("El RUT es 1-9.", "line 1: the answer is no JSON: Expecting value"),
        ('Va:\n```json\n{"rut": "1-9",}\n```', None),
        ('{"rut": NaN}', "line 1: the answer is no JSON: NaN is no number in JSON (RFC 8259, section 6)"),
        ('```json\n{"rut": "1"}\n```\n```json\n{"rut": "2"}\n```', "line 1: the answer is no JSON: Expecting value"),
        ("[" * 200_000, None),
    ],
)
def test_an_answer_that_does_not_fit_fails_with_the_path(answer: str, evidence: str | None) -> None:
    checked = looked(answer)
    assert checked is not None
    assert checked.state is FAILED
    assert evidence is None or checked.evidence[0] == evidence


@pytest.mark.parametrize(
    "schema", ["{", '{"type": "nope"}', '{"$ref": "https://example.invalid/a.json"}', "[" * 200_000]
)
def test_a_schema_that_cannot_be_used_refutes_nothing_and_fetches_nothing(schema: str) -> None:
    checked = looked('{"rut": "1-9"}', schema)
    assert checked is not None
    assert checked.state is UNPROVEN
    assert checked.evidence[0].startswith("the schema that was asked for cannot be used: ")


def test_a_pattern_that_explodes_ends() -> None:
    checked = looked(json.dumps("a" * 5_000 + "b"), '{"type": "string", "pattern": "^(a+)+$"}')
    assert checked is not None
    assert checked.state is FAILED


def test_without_a_schema_there_is_nothing_to_look_at() -> None:
    assert looked("{}", "") is None


def data(answer: str) -> Checked | None:
    return Data().look(Work("", answer, Path("/nowhere")))


@pytest.mark.parametrize(
    ("block", "state"),
    [
        ('```json\n{"a": [1, 2]}\n```', PASSED),
        ('```json\n{"a": 1}\n{"a": 2}\n```', PASSED),
        ('```json\n{"a": [1, 2}\n```', FAILED),
        ("```json\n{'a': 1}\n```", FAILED),
        ('```json\n// the port\n{"a": 1}\n```', UNPROVEN),
        ('```json\n{"a": 1, ...}\n```', None),
        ("```toml\na = 1\n[b]\nc = 'x'\n```", PASSED),
        ("```toml\na = 1\na = 2\n```", FAILED),
        ("```csv\na,b\n1,2\n```", PASSED),
        ("```csv\na;b\n1;2,5\n```", PASSED),
        ("```csv\na,b\n1,2,3\n```", FAILED),
        ("```yaml\na: [\n```", None),
        ("```json\n```", None),
    ],
)
def test_data_in_a_block_is_of_the_language_it_names(block: str, state: CheckState | None) -> None:
    checked = data(block)
    assert (checked.state if checked else None) is state


def test_what_is_wrong_in_a_block_is_told_with_the_line_of_the_answer() -> None:
    checked = data("Va:\n\n```csv\na,b\n1,2\n3\n```")
    assert checked is not None
    assert checked.evidence == ("line 6: the block is no csv: 1 fields instead of 2",)
