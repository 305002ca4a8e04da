"""What a rule is in a text, and where it stands."""

import pytest

from minga.rules.markdown import Unclosed, headings, pieces

TEXT = """---
owner: team
---
# Rules

Intro in
two lines.

- one
  goes on
- two:
  - a
  - b

  and more

## Tests

Run it:
```bash
make test
# - no item
```

1. First
2. Second

<!-- hidden
- not a rule
-->
* star
"""


def test_each_item_and_each_paragraph_is_a_rule_with_what_belongs_to_it() -> None:
    assert [(one.line, one.last, one.section, one.text) for one in pieces(TEXT)] == [
        (6, 7, "", "Intro in two lines."),
        (9, 10, "", "one goes on"),
        (11, 15, "", "two: a; b and more"),
        (19, 23, "Tests", "Run it: `make test`; `# - no item`"),
        (25, 25, "Tests", "First"),
        (26, 26, "Tests", "Second"),
        (31, 31, "Tests", "star"),
    ]


UNDERLINED = """Rules of the team
and the shop
=================

Intro.

Checkout
--------

- one
---
- two

no heading

---
"""


def test_an_underlined_heading_is_one_and_a_ruler_is_none() -> None:
    assert [(one.line, one.section, one.text) for one in pieces(UNDERLINED)] == [
        (5, "", "Intro."),
        (10, "Checkout", "one"),
        (12, "Checkout", "two"),
        (14, "Checkout", "no heading"),
    ]
    assert [(one.line, one.last, one.level) for one in headings(UNDERLINED)] == [(1, 3, 1), (7, 8, 2)]


NO_RULES = """<details>
<summary>More</summary>

- one
</details>

Text <b>is</b> one
<br>
and goes on.

    make test

    make check
- two

      of it
<pre>

# in it
</pre>

<rules>
- three
</rules>
"""


def test_html_and_indented_code_are_told_apart_from_rules() -> None:
    assert [(one.line, one.last, one.kind) for one in pieces(NO_RULES)] == [
        (1, 2, "html"),
        (4, 4, ""),
        (5, 5, "html"),
        (7, 9, ""),
        (11, 11, "code"),
        (13, 13, "code"),
        (14, 16, ""),
        (17, 20, "html"),
        (22, 24, "html"),
    ]
    assert headings(NO_RULES) == []


def test_texts_that_say_the_same_are_the_same() -> None:
    one, other = pieces("- Nunca toques las MIGRACIONES.\n\n* nunca  toques las migraciones\n")
    assert one.said == other.said


@pytest.mark.parametrize(("text", "line"), [("- a\n\n```\nb\n", 3), ("- a\n<!-- b\n", 2), ("~~~~\n~~~\n", 1)])
def test_what_is_never_closed_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(Unclosed) as told:
        pieces(text)
    assert told.value.line == line
