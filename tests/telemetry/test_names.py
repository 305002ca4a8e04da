"""The page names every metric, and no other."""

import re
from pathlib import Path

from minga.telemetry import conventions, exposition
from minga.telemetry.exposition import FAMILIES, Family

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "observe.md"


def test_every_metric_stands_in_the_page_and_no_other() -> None:
    metrics = conventions.load().metrics
    names = {one.name for one in (metrics.tokens, metrics.duration, metrics.first_chunk)}
    names |= {one.name for one in (*vars(exposition).values(), *FAMILIES) if isinstance(one, Family)}
    names |= {"minga_requests_in_flight", "minga_spans_dropped_total", "minga_log_lines_dropped_total"}
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)) == names
