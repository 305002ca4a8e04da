"""The commands that make possible what the built-in agent refuses, taken from the catalogue."""

from collections.abc import Collection, Sequence

from minga.agents.facts import Facts
from minga.agents.login import how_to_log_in

ENDPOINT = 'minga run --endpoint URL --api-key-env NAME "…"'


def remedies(catalogue: Sequence[Facts], installed: Collection[str]) -> tuple[str, ...]:
    """One command a line: log in where a CLI is installed; install the first of the catalogue where none is."""
    present = [facts for facts in catalogue if facts.name in installed]
    lines = [how_to_log_in(facts) for facts in present]
    if not present:
        for facts in [facts for facts in catalogue if facts.package is not None][:1]:
            lines = [f"minga agents install {facts.name}", how_to_log_in(facts)]
    return (*lines, ENDPOINT)
