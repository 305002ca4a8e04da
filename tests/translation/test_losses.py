"""Every kind of loss is whole, is told somewhere, and nothing is told that is none."""

import ast
from collections.abc import Iterator
from pathlib import Path

import minga
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.notes import kinds

SOURCE = Path(minga.__file__).parent


def test_every_kind_is_explained_in_both_languages_in_sentences() -> None:
    for kind in kinds().values():
        for text in (kind.meaning, kind.es):
            assert len(text.split()) > 3, kind.id
            assert text[0].isupper(), kind.id
            assert text.endswith("."), kind.id
        assert kind.meaning != kind.es, kind.id


def test_every_kind_names_dialects_that_there_are() -> None:
    named = {name for kind in kinds().values() for name in (*kind.sources, *kind.targets)}
    assert named <= {*DIALECTS, "openai-embeddings"}


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


def test_the_page_of_losses_is_that_of_the_tables() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "translation.md").read_text("utf-8")
    missing = [
        one.id for one in kinds().values() if f"| `{one.id}` | {one.effect} | {one.at} | {one.meaning} |" not in page
    ]
    assert missing == [], "run: make translations"
