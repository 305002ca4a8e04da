"""Writes docs/reference/migration-matrix.md from what a run of `test_migration_matrix.py` has recorded.

MINGA_WRITE_MIGRATIONS=record.json python -m pytest tests/pipeline/test_migration_matrix.py
python tests/pipeline/write_migrations.py record.json
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

TARGET = Path(__file__).parents[2] / "docs" / "reference" / "migration-matrix.md"

HEAD = """\
# From which CLI to which

Written by `tests/pipeline/write_migrations.py` from a run of the tests with the real programs; not edited by hand. Each
CLI of a row made a session itself: two questions with accents and an emoji, a picture, a shell command with its result.
Minga read it, wrote it for the CLI of the column, and that CLI was resumed in front of a recording model server.
"native": every text, every tool call with its arguments and result, and every picture was in its request, in order,
once.

"""

TAIL = """
What never crosses, by its nature: reasoning (signed or encrypted for one vendor), and the conversations of sub-agents
(their results do cross). What is not proven by this: that a vendor's own server accepts the history.
Qwen Code does not store pictures that it gets through Minga's driver, so none can be read from its files.
"""


class Pair(msgspec.Struct, frozen=True):
    source: str
    target: str
    level: str
    lost: list[str]


def render(record: Mapping[str, Pair]) -> str:
    """``record``: "source target" -> what was seen."""
    agents = sorted({pair.split()[0] for pair in record})
    versions = {pair.split()[1]: seen.target for pair, seen in record.items()}
    lines = [f"| from / to | {' | '.join(f'{agent} {versions[agent]}' for agent in agents)} |"]
    lines.append("| --- |" + " --- |" * len(agents))
    for source in agents:
        cells = [_cell(record.get(f"{source} {target}")) for target in agents]
        lines.append(f"| {source} | {' | '.join(cells)} |")
    return HEAD + "\n".join(lines) + "\n" + TAIL


def _cell(pair: Pair | None) -> str:
    if pair is None:
        return "–"
    return f"{pair.level}: {'; '.join(pair.lost)}" if pair.lost else pair.level


if __name__ == "__main__":
    TARGET.write_text(render(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=dict[str, Pair])), "utf-8")
