"""Rules that were taken over go from what people wrote, and all else stays."""

from minga.domain.rules import folded
from minga.rules.moving import without

TEXT = """# Team

Who we are.

## Rules

- Never touch migrations.
- Use pytest.
  With all plug-ins.

### Names

Short names.

## Empty before

## Links

- Short names, please.

<!-- kept -->
"""

LEFT = """# Team

Who we are.

## Rules

- Use pytest.
  With all plug-ins.

## Empty before

## Links

- Short names, please.

<!-- kept -->
"""


def test_rules_go_with_headings_under_which_nothing_is_left() -> None:
    assert without(TEXT, {folded("Never touch migrations"), folded("short NAMES")}) == LEFT
    assert without(TEXT.replace("\n", "\r\n"), {folded("Never touch migrations"), folded("short NAMES")}) == (
        LEFT.replace("\n", "\r\n")
    )
    assert without(TEXT, {"something else"}) == TEXT


def test_where_only_headings_would_be_left_nothing_is() -> None:
    assert without("# T\n\n## S\n\n- a\n\n## U\n", {"a"}) == ""
    assert without("- a\n- b", {"b"}) == "- a"
