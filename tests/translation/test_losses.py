"""Every kind of loss is whole, is told somewhere, and nothing is told that is none."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import minga
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.notes import Kind, kinds

SOURCE = Path(minga.__file__).parent
EACH = pytest.mark.parametrize("kind", kinds().values(), ids=sorted(kinds(), key=list(kinds()).index))


@EACH
def test_a_kind_is_explained_in_both_languages_by_one_sentence_each(kind: Kind) -> None:
    for text in (kind.meaning, kind.es):
        assert len(text.split()) > 3
        assert text[0].isupper() or text.startswith("`")
        assert text.endswith(".")
    assert kind.meaning != kind.es


@EACH
def test_a_kind_names_dialects_that_there_are(kind: Kind) -> None:
    assert {*kind.sources, *kind.targets} <= {*DIALECTS, "openai-embeddings"}


def test_every_kind_is_told_somewhere() -> None:
    constants = {node.value for node in _nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert sorted(kinds().keys() - constants) == []


def test_everything_that_is_told_is_a_kind() -> None:
    told = [
        node.args[0].value
        for node in _nodes()
        if isinstance(node, ast.Call) and _is_notes_add(node.func) and isinstance(node.args[0], ast.Constant)
    ]
    assert len(told) > 50
    assert sorted({*told} - kinds().keys()) == []


def _is_notes_add(called: ast.expr) -> bool:
    """``notes.add``, ``self._notes.add``."""
    return isinstance(called, ast.Attribute) and called.attr == "add" and ast.unparse(called.value).endswith("notes")


def _nodes() -> Iterator[ast.AST]:
    for file in sorted(SOURCE.rglob("*.py")):
        text = file.read_text("utf-8")
        if "notes" in text:
            yield from ast.walk(ast.parse(text))
