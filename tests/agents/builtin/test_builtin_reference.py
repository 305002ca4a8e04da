"""The examples of the reference page are true."""

import re
from pathlib import Path

import pytest
from builtin_asking import Ask

PAGE = (Path(__file__).parents[3] / "docs/reference/builtin-agent.md").read_text("utf-8")


def rows(heading: str) -> list[tuple[str, str]]:
    """The two columns of the first table below ``heading``."""
    table = PAGE.split(f"## {heading}\n", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `(.+?)` \| (.+?) \|$", table, re.MULTILINE)


@pytest.mark.parametrize(("task", "part"), rows("What it answers"))
def test_each_answered_example_answers_so(ask: Ask, task: str, part: str) -> None:
    assert part.strip("`") in ask(task).answer


@pytest.mark.parametrize("task", [task for task, _ in rows("What it refuses")])
def test_each_refused_example_is_refused(ask: Ask, task: str) -> None:
    assert ask(task).refusal.remedy


def test_the_page_has_examples_of_both() -> None:
    assert len(rows("What it answers")) == 11
    assert len(rows("What it refuses")) == 7
