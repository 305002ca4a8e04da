"""Minga's block goes into any text and out again, and what people wrote stays byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.rules import blocks
from minga.rules.blocks import Damaged
from minga.rules.markdown import Unclosed, pieces
from minga.rules.rendering import body

LINES = st.lists(
    st.sampled_from(
        ["", "# Title", "- a rule", "  deeper", "text", "```", "~~~", "<!-- c -->", "\ttab", "é€ \u2028", "x\r"]
    ),
    max_size=12,
)
TEXTS = st.tuples(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans()).map(
    lambda one: one[1].join(one[0]) + (one[1] if one[2] else "")
)


@given(TEXTS, st.lists(st.sampled_from(["- rule", "", "### T", "text"]), min_size=1, max_size=5))
def test_whatever_the_text_what_is_put_in_is_found_and_taken_out_again(text: str, content: list[str]) -> None:
    try:
        whole = blocks.put(text, content, "x")
    except Damaged:
        assert "```" in text or "~~~" in text
        return
    block = blocks.find(whole)
    assert block
    assert list(block.content) == content
    assert not block.is_edited
    assert blocks.without(whole, block) == text
    again = blocks.put(whole, [*content, "- more"], "x")
    found = blocks.find(again)
    assert found
    assert blocks.without(again, found) == text


def test_a_block_stays_where_a_person_moved_it() -> None:
    whole = blocks.put("above\n", ["- a"], "x") + "below\n"
    again = blocks.put(whole, ["- b"], "x")
    assert again == whole.replace("- a", "- b").replace(blocks.digest(["- a"]), blocks.digest(["- b"]))


def test_an_edit_is_seen_and_other_ends_of_lines_are_none() -> None:
    whole = blocks.put("", ["- a", "- b"], "x")
    edited = blocks.find(whole.replace("- b", "- b, too"))
    assert edited
    assert edited.is_edited
    converted = blocks.find(whole.replace("\n", " \r\n"))
    assert converted
    assert not converted.is_edited


BEGIN = "<!-- minga:rules 0123 from x -->"
END = "<!-- /minga:rules -->"


@pytest.mark.parametrize(
    ("lines", "line", "what"),
    [
        ([BEGIN, "- a"], 1, "a begin mark without an end mark"),
        (["a", END], 2, "an end mark without a begin mark"),
        ([END, BEGIN], 1, "an end mark without a begin mark"),
        ([BEGIN, END, "", BEGIN, END], 4, "a second block"),
        ([BEGIN, BEGIN, END], 2, "a second block"),
        ([BEGIN, END, END], 3, "a second block"),
        (["a", "```", BEGIN, END], 2, "a code fence begins here and never ends"),
        (["<!-- a", BEGIN[4:-3], "b"], 1, "a comment begins here and never ends"),
    ],
)
def test_marks_that_do_not_fit_are_told_with_their_line(lines: list[str], line: int, what: str) -> None:
    with pytest.raises(Damaged) as told:
        blocks.find("\n".join(lines))
    assert (told.value.line, told.value.detail) == (line, what)


def test_marks_that_are_shown_in_a_fence_are_none() -> None:
    assert blocks.find(f"So it looks:\n```\n{BEGIN}\n{END}\n```\n") is None


LISTED = (
    "|## S|- a|  - c|    deep|1. n|para|```|  ```py|code()|<!-- c -->|  <!-- x|---|> q|\t- tab|- ```|- [ ] todo|-|- -->"
)
MARKDOWN = st.lists(st.sampled_from([*LISTED.split("|"), f"* {END}", f"- x {BEGIN}", BEGIN, "-\t`x`"]), max_size=20)


@given(MARKDOWN)
def test_whatever_the_rules_they_stay_within_their_block(lines: list[str]) -> None:
    try:
        found = pieces("\n".join(lines))
    except Unclosed:
        return
    assert all(list(one.markdown) == lines[one.line - 1 : one.last] for one in found)
    content = body(found)
    if content:
        whole = blocks.put("by hand\n", content, "x") + "and below\n"
        block = blocks.find(whole)
        assert block
        assert list(block.content) == [line.rstrip() for line in content]
        assert blocks.without(whole, block) == "by hand\nand below\n"
