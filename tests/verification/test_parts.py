"""Code blocks and the prose around them."""

from minga.verification.parts import Block, parts


def test_blocks_are_cut_out_and_the_lines_of_the_prose_stay() -> None:
    cut = parts("See `a.py`.\n```Python title=x\nx = 1\n```\nand\n~~~~\n```\n~~~~\nend")
    assert cut.blocks == (Block("python", "x = 1", 3), Block("", "```", 7))
    assert cut.prose.split("\n") == ["See `a.py`.", "", "", "", "and", "", "", "", "end"]
    assert cut.spans == ["a.py"]


def test_a_block_that_never_ends_goes_to_the_end() -> None:
    assert parts("a\n````json\n{\n```\n}").blocks == (Block("json", "{\n```\n}", 3),)


def test_backticks_within_a_line_open_no_block() -> None:
    assert parts("``` not `a` fence\n\n```one line``` too").blocks == ()


def test_ten_megabytes_are_cut_up() -> None:
    cut = parts("```\n" + "x = 1\n" * 1_700_000 + "```\nend")
    assert len(cut.blocks[0].text) > 10_000_000
    assert cut.prose.endswith("\nend")
