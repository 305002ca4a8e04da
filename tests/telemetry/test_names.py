"""The page names every metric, and no other."""

import re
from pathlib import Path

from minga import telemetry_wiring
from minga.entrypoints.api import application
from minga.telemetry import conventions, exposition
from minga.telemetry.exposition import FAMILIES, Family

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "observe.md"


def test_every_metric_stands_in_the_page_and_no_other() -> None:
    metrics = conventions.load().metrics
    names = {one.name for one in (metrics.tokens, metrics.duration, metrics.first_chunk)}
    told = [vars(module).values() for module in (exposition, telemetry_wiring, application)]
    names |= {one.name for values in (*told, FAMILIES) for one in values if isinstance(one, Family)}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)) == names
