"""Rules that were taken over go from what people wrote, and all else stays."""

from minga.domain.rules import folded
from minga.rules.markdown import pieces
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


UNDERLINED = """Team
====

Checkout rules
--------------

- Never touch migrations.

Links
-----

<details>
<summary>More</summary>

- Use pytest.

</details>

    make test
"""


def test_underlined_headings_go_whole_and_html_and_indented_code_stay() -> None:
    said = {one.said for one in pieces(UNDERLINED)}
    assert without(UNDERLINED, said) == (
        "Team\n====\n\nLinks\n-----\n\n<details>\n<summary>More</summary>\n\n</details>\n\n    make test\n"
    )
    assert without("Team\n====\n\n- a\n", {"a"}) == ""


def test_where_only_headings_would_be_left_nothing_is() -> None:
    assert without("# T\n\n## S\n\n- a\n\n## U\n", {"a"}) == ""
    assert without("- a\n- b", {"b"}) == "- a"
