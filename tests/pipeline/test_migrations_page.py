"""The page with the migrations is the one of this catalogue: every pair, native, in the newest proven versions."""

from itertools import permutations
from pathlib import Path

from write_migrations import TARGET, Pair, render

from minga.agent_wiring import FORMATS
from minga.agents import registry

CATALOGUE = registry.load(Path(__file__).parent / "no agents of a person").facts


def test_the_page_shows_every_pair_as_native_in_the_newest_proven_versions() -> None:
    versions = {agent: CATALOGUE[agent].proven.max for agent in FORMATS}
    pairs = {
        f"{one} {other}": Pair(versions[one], versions[other], "native", []) for one, other in permutations(versions, 2)
    }
    assert TARGET.read_text("utf-8") == render(pairs)
