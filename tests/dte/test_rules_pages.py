"""The pages of the rules say what the book says."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dte_rules", ROOT / "tools" / "dte_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_page_is_what_the_book_says(tool: ModuleType, language: str) -> None:
    text = tool.PAGES[language].read_text("utf-8")
    assert tool.MARK in text
    assert text == tool.page(text.split(tool.MARK)[0], language), "make docs"
