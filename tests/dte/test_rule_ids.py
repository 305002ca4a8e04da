"""The book and the code know the same rules."""

import re
from pathlib import Path

import minga.dte
from minga.dte import rules

SOURCE = "\n".join(path.read_text("utf-8") for path in sorted(Path(minga.dte.__file__).parent.rglob("*.py")))
NAMED = set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', SOURCE))


def test_every_rule_that_the_code_reports_stands_in_the_book() -> None:
    reported = set(re.findall(r'(?:\.fault|Fault|Unreadable)\(\s*"([a-z0-9-]+)"', SOURCE))
    assert reported
    assert sorted(reported - rules().keys()) == []


def test_every_rule_of_the_book_is_reported_somewhere() -> None:
    assert sorted(rules().keys() - NAMED) == []
