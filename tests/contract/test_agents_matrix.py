"""The page with the matrix is the one that belongs to this catalogue and this table of deviations."""

from pathlib import Path

import pytest
from deviations import DEVIATIONS, SCENARIOS
from write_matrix import TARGET, Agent, render

from minga.agents import registry

CATALOGUE = registry.load(Path(__file__).parent / "no agents of a person").facts


@pytest.mark.parametrize("agent", CATALOGUE)
def test_the_matrix_shows_the_newest_proven_version_of_each_agent(agent: str) -> None:
    titles, _, versions = [line for line in TARGET.read_text("utf-8").splitlines() if line.startswith("|")][:3]
    column = [title.strip() for title in titles.split("|")].index(CATALOGUE[agent].title)
    assert versions.split("|")[column].strip() == CATALOGUE[agent].proven.max


def test_the_matrix_is_that_of_the_table_of_deviations() -> None:
    """Everything was run, and each cell is what the table says."""
    agents = {
        name: Agent(facts.title, facts.proven.max, {key: (name, key) not in DEVIATIONS for key in SCENARIOS})
        for name, facts in CATALOGUE.items()
    }
    plain = Agent("Plain ACP agent", "1.0.0", {key: ("plain", key) not in DEVIATIONS for key in SCENARIOS})
    order = ("codex", "claude", "gemini", "copilot", "opencode", "qwen")
    assert TARGET.read_text("utf-8") == render({**{name: agents[name] for name in order}, "plain": plain})
