"""Writes docs/reference/agents-matrix.md from what a run of the contract suite has recorded.

MINGA_WRITE_MATRIX=shown.json python -m pytest tests/contract
python tests/contract/write_matrix.py shown.json
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from deviations import DEVIATIONS, SCENARIOS

TARGET = Path(__file__).parents[2] / "docs" / "reference" / "agents-matrix.md"

HEAD = """# What each agent was seen to do

Written by `tests/contract/write_matrix.py` from a run of the [contract suite](contract-suite.md) with the real
programs in front of a scripted model server; not edited by hand. "yes": as the contract wants it. Each number stands
for a deviation that the suite asserts.

"""


class Agent(msgspec.Struct, frozen=True):
    """``shown``: scenario -> whether it was as usual."""

    title: str
    version: str
    shown: dict[str, bool]


def render(agents: Mapping[str, Agent]) -> str:
    """The page."""
    reasons = list(dict.fromkeys(DEVIATIONS[key].why for key in DEVIATIONS if key[0] in agents))
    rows = [
        ["", *(agent.title for agent in agents.values())],
        ["---"] * (len(agents) + 1),
        ["version", *(agent.version for agent in agents.values())],
    ]
    for scenario, words in SCENARIOS.items():
        rows.append([words, *(_cell(name, agent, scenario, reasons) for name, agent in agents.items())])
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = "\n".join(f"{number}. {reason}" for number, reason in enumerate(reasons, 1))
    return f"{HEAD}{table}\n\n{notes}\n"


def _cell(name: str, agent: Agent, scenario: str, reasons: list[str]) -> str:
    if scenario not in agent.shown:
        return "not run"
    if agent.shown[scenario]:
        return "yes"
    deviation = DEVIATIONS[name, scenario]
    return f"{deviation.cell} ({reasons.index(deviation.why) + 1})"


if __name__ == "__main__":
    TARGET.write_text(render(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=dict[str, Agent])), "utf-8")
