"""docs/reference/cli.md names everything that the command line offers."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import spoken

from minga.domain.failure import FailureCode
from minga.entrypoints.cli.main import VERBS
from minga.settings import SETTINGS

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cli_reference", ROOT / "tools" / "cli_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_program_says_of_itself(tool: ModuleType) -> None:
    text = tool.PAGE.read_text("utf-8")
    assert tool.MARK in text
    assert text == tool.page(text.split(tool.MARK)[0]), "make docs"


def test_every_verb_option_setting_error_cause_and_exit_code_is_named(tool: ModuleType) -> None:
    text = tool.PAGE.read_text("utf-8")
    named = [f"minga {verb}" for verb in VERBS]
    named += [name for option in spoken.options() for name in option.opts]
    named += [name for setting in SETTINGS for name in (f"`{setting.key}`", f"`{setting.variable}`")]
    named += [f"`{error.__name__}`" for error in spoken.error_classes()]
    named += [f"`{code}`" for code in FailureCode]
    named += [f"| {code} |" for code in (0, 1, 2, 3, 4, 124, 130, 141)]
    assert len(named) > 90
    assert [name for name in named if name not in text] == []
