"""Files come one behind another from a stream, in the memory of one."""

import io
import tracemalloc
import zipfile
from typing import BinaryIO, cast

import pytest
from files import written
from pieces import edited_example

from minga.dte.examples import example
from minga.dte.reading import containers_from

DECLARATION = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'
DOCUMENT = DECLARATION + edited_example("33", {}).raw
ENVELOPE = written("EnvioDTE", example("EnvioDTE"))


class Dripping(io.RawIOBase):
    """A stream that gives its parts one by one, whatever is asked for."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = list(parts)

    def read(self, size: int = -1) -> bytes:
        return self._parts.pop(0) if self._parts else b""


def told(*parts: bytes) -> list[tuple[str, str, int, list[str]]]:
    stream = cast(BinaryIO, Dripping(*parts))
    return [
        (each.place, each.kind, len(each.pieces), [fault.rule for fault in each.faults])
        for each in containers_from(stream, "stdin")
    ]


@pytest.mark.parametrize(
    "between", [b"", b"\n", b"\r\n\r\n  ", b"\n\xef\xbb\xbf"], ids=["none", "line", "spaces", "mark"]
)
def test_files_one_behind_another_are_each_read(between: bytes) -> None:
    whole = between.join([DOCUMENT.replace(b"ISO-8859-1", b"UTF-8").replace(b"\xf3", b"o"), ENVELOPE, DOCUMENT])
    found = told(whole)
    assert [each[:3] for each in found] == [("stdin", "DTE", 1), ("stdin[2]", "EnvioDTE", 3), ("stdin[3]", "DTE", 1)]
    assert all("read-not-xml" not in each[3] for each in found)


def test_where_a_stream_is_cut_into_parts_changes_nothing() -> None:
    whole = b"\n".join([DOCUMENT, ENVELOPE, DOCUMENT])
    expected = told(whole)
    for size in (1, 7, 100, 3000):
        assert told(*(whole[at : at + size] for at in range(0, len(whole), size))) == expected


@pytest.mark.parametrize(("begin", "end"), [(b"<![CDATA[", b"]]>"), (b"<!--\n", b"\n-->")], ids=["cdata", "comment"])
def test_a_declaration_aside_begins_no_file(begin: bytes, end: bytes) -> None:
    wrapper = b"<w>" + begin + DOCUMENT * 2 + end + edited_example("33", {}).raw.replace(b"\xf3", b"o") + b"</w>"
    whole = (DECLARATION + wrapper) * 2
    for size in (len(whole), 50):
        found = told(*(whole[at : at + size] for at in range(0, len(whole), size)))
        assert [each[1:] for each in found] == [("wrapper", 1, ["read-wrapped"])] * 2


def test_half_a_file_does_not_take_the_next_one_with_it() -> None:
    found = told(DOCUMENT[:-20] + DOCUMENT + DOCUMENT[:200] + b"\n" + ENVELOPE)
    assert [each[2:] for each in found] == [(0, ["read-half"]), (1, []), (0, ["read-half"]), (3, [])]


def test_an_archive_comes_through_a_stream() -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.xml", DOCUMENT)
        archive.writestr("b.xml", ENVELOPE)
    assert [each[:3] for each in told(data.getvalue())] == [("stdin/a.xml", "DTE", 1), ("stdin/b.xml", "EnvioDTE", 3)]


def test_an_empty_stream_holds_nothing() -> None:
    assert told() == []


def test_many_files_and_one_without_end_stay_in_the_memory_of_a_few() -> None:
    most, block = 1_000_000, b"x" * 500_000
    endless = (DECLARATION + b"<DTE>", *[block] * 100, b"</DTE>")
    stream = Dripping(*[DOCUMENT * 20] * 20, *endless, DOCUMENT, *endless, *[DOCUMENT * 20] * 20)
    tracemalloc.start()
    documents, faults = 0, []
    for each in containers_from(cast(BinaryIO, stream), "stdin", most):
        documents += len(each.pieces)
        faults += [fault.rule for fault in each.faults]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (documents, faults) == (801, ["read-too-large"] * 2)
    assert peak < 8 * most


@pytest.mark.parametrize("unit", [b"<?xml-x?>", b"<![CDATA[<?xml ]]>", b"<!--<?xml -->", b"<?xml", b"<![CDATA[<?xml "])
def test_a_stream_made_to_be_slow_is_read_in_one_go(unit: bytes) -> None:
    """Where time grew with the square of the length, these would take hours."""
    block = unit * (50_000 // len(unit))
    assert told(DECLARATION + b"<a>", *[block] * 20)
