"""The inside of packs and segments: whole or refused."""

import contextlib
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.sessions.container import BODY_MAX, PACK, SEGMENT, NotWhole, Pieces, Record, TooNew, read, written

RECORDS = st.lists(
    st.builds(
        Record,
        st.sampled_from(["message", "native", "note"]),
        st.binary(max_size=200),
        st.dictionaries(st.sampled_from(["agent", "number", "place"]), st.text(max_size=5) | st.integers(0, 9)),
    ),
    max_size=5,
)


def bytes_of(*records: Record, magic: str = PACK) -> bytes:
    return b"".join(written(magic, records))


def records_of(content: bytes, magic: str = PACK) -> list[Record]:
    return list(read(magic, io.BytesIO(content)))


@given(RECORDS)
def test_records_are_read_as_they_were_written(records: list[Record]) -> None:
    assert records_of(bytes_of(*records)) == records


@given(RECORDS, st.data())
def test_what_is_cut_short_or_changed_is_refused_or_the_same(records: list[Record], data: st.DataObject) -> None:
    content = bytes_of(*records)
    place = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises((NotWhole, TooNew)):
        records_of(content[:place])
    bit = data.draw(st.integers(0, 7))
    changed = content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]
    with contextlib.suppress(NotWhole, TooNew):
        assert records_of(changed) == records


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for tried in (content, f"{PACK} 1\n".encode() + content, f"{PACK} 1\n".encode() + zlib.compress(content)):
        with pytest.raises((NotWhole, TooNew)):
            records_of(tried)


def test_what_a_newer_minga_wrote_is_told_apart_from_what_is_damaged() -> None:
    with pytest.raises(TooNew) as newer:
        records_of(bytes_of().replace(b" 1\n", b" 2\n", 1))
    assert newer.value.found == 2
    with pytest.raises(NotWhole):
        records_of(bytes_of(magic=SEGMENT))


def test_something_behind_the_end_is_refused() -> None:
    with pytest.raises(NotWhole):
        records_of(bytes_of(Record("note", b"x")) + b"more")


def test_a_head_that_promises_too_much_is_refused_before_it_is_believed() -> None:
    head = b'{"kind": "message", "size": %d}\n' % (BODY_MAX + 1)
    with pytest.raises(NotWhole):
        records_of(f"{PACK} 1\n".encode() + zlib.compress(head))


def test_a_body_that_is_too_large_is_not_written() -> None:
    class Large(bytes):
        def __len__(self) -> int:
            return BODY_MAX + 1

    with pytest.raises(ValueError, match="a record of"):
        bytes_of(Record("message", Large()))


def test_an_iterator_is_read_in_pieces_of_any_size() -> None:
    pieces = Pieces([b"abc", b"", b"defg"])
    assert [pieces.read(2) for _ in range(6)] == [b"ab", b"c", b"de", b"fg", b"", b""]
