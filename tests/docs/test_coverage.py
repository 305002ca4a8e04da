"""Everything that a person can meet is named in the pages, and what the pages name exists."""

import ast
import re

import pytest
from pages import ROOT, blocks, pages

from minga.domain import errors
from minga.domain.failure import SWITCHABLE, FailureCode
from minga.entrypoints.cli.main import VERBS
from minga.sessions.codec import KINDS
from minga.settings import SETTINGS


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def first_column(page: str, heading: str) -> list[str]:
    """The names in code type that begin the rows of the tables below ``heading``."""
    section = text_of(page).split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_kind_of_event_is_explained_and_no_other() -> None:
    assert sorted(first_column("docs/howto/scripts-and-json.md", "Kinds of events")) == sorted(KINDS)


def test_every_cause_of_failure_is_explained_with_whether_another_agent_takes_over() -> None:
    page, heading = "docs/explanation/how-a-run-ends.md", "Causes"
    assert sorted(first_column(page, heading)) == sorted(code.value for code in FailureCode)
    for code in FailureCode:
        row = next(line for line in text_of(page).splitlines() if line.startswith(f"| `{code}` |"))
        assert row.endswith("| yes |" if code in SWITCHABLE else "| no |"), row


def test_every_setting_is_explained_and_no_other() -> None:
    explained = first_column("docs/howto/settings.md", "The settings")
    assert explained == [setting.key for setting in SETTINGS]
    for setting in SETTINGS:
        assert f"`{setting.variable}`" in text_of("docs/howto/settings.md")


def all_errors() -> list[type[errors.MingaError]]:
    """Those of the tree; tests may have some of their own."""
    return [one for one in error_classes(errors.MingaError) if one.__module__ == errors.__name__]


def error_classes(root: type[errors.MingaError]) -> list[type[errors.MingaError]]:
    return [root, *(below for child in root.__subclasses__() for below in error_classes(child))]


def test_every_error_is_listed_with_its_exit_code() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", text_of("docs/howto/scripts-and-json.md"), re.MULTILINE))
    concrete = [error for error in error_classes(errors.MingaError) if not error.__subclasses__()]
    bases = {error.__name__ for error in error_classes(errors.MingaError)}
    assert rows.keys() >= {error.__name__ for error in concrete}
    assert rows.keys() <= bases
    for error in concrete:
        assert rows[error.__name__] == str(error.exit_code)


def test_the_tree_of_errors_is_drawn_with_each_once_below_its_base() -> None:
    """A family stands in lines of its own; below it, an error that has some itself names them in brackets."""
    below: dict[str, list[str]] = {}
    family = ""
    for line in (errors.__doc__ or "").splitlines():
        if begins := re.match(r" {4}[├└]─ (\w+) ", line):
            family = begins[1]
            below.setdefault("MingaError", []).append(family)
        elif re.match(r" {4}[│ ] ", line):
            for name, own in re.findall(r"(\w+)(?: \((\w+)\))?", line):
                below.setdefault(family, []).append(name)
                below.setdefault(name, []).extend(own.split())
    known = {error.__name__: sorted(one.__name__ for one in error.__subclasses__()) for error in all_errors()}
    assert {name: sorted(below.get(name, [])) for name in known} == known


def test_every_verb_is_shown_in_use() -> None:
    shown = "".join(block.text for page in pages() for block in blocks(page) if block.language == "bash")
    assert [verb for verb in VERBS if f"minga {verb}" not in shown] == []


def test_the_two_readmes_show_the_same_commands() -> None:
    english, spanish = (blocks(ROOT / name) for name in ("README.md", "README.es.md"))
    assert len(english) == len(spanish)
    verbs = re.compile(r"minga [a-z]+|make [a-z-]+|--[a-z-]+")
    for one, other in zip(english, spanish, strict=True):
        assert verbs.findall(one.text) == verbs.findall(other.text)


def test_architecture_names_every_package_and_only_files_that_exist() -> None:
    text = text_of("ARCHITECTURE.md")
    packages = [file.parent.relative_to(ROOT / "src/minga") for file in (ROOT / "src/minga").rglob("__init__.py")]
    assert [str(package) for package in packages if str(package) != "." and f"`{package}`" not in text] == []
    files = re.findall(r"`((?:src|tests|tools|examples|benchmarks)/[\w./-]+)`", text)
    assert [file for file in files if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    defined: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        defined |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    named = set(re.findall(r"`(test_\w+)`", text_of(page)))
    assert named <= defined | {file.stem for file in (ROOT / "tests").rglob("test_*.py")}


def test_every_decision_is_dated_and_listed() -> None:
    index = text_of("docs/index.md")
    decisions = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert decisions
    for file in decisions:
        assert re.search(r"^Date: 20\d\d-\d\d-\d\d", file.read_text("utf-8"), re.MULTILINE), file.name
        assert f"decisions/{file.name}" in index
