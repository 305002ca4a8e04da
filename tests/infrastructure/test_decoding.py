"""What is read of a compressed answer: all of it up to a bound, never more."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.infrastructure.decoding import Decoder


def _raw(content: bytes) -> bytes:
    made = zlib.compressobj(wbits=-15)
    return made.compress(content) + made.flush()


FORMS = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "two files": ("gzip", lambda content: gzip.compress(content[:3]) + gzip.compress(content[3:])),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", _raw),
    "identity": ("identity", bytes),
    "none": ("", bytes),
    "upper case": (" GZIP ", gzip.compress),
}


@pytest.mark.parametrize("form", list(FORMS))
@settings(max_examples=30)
@given(content=st.binary(max_size=300), step=st.integers(1, 50))
def test_content_is_read_however_it_is_cut(form: str, content: bytes, step: int) -> None:
    encoding, compressed = FORMS[form]
    whole = compressed(content)  # type: ignore[operator]
    decoder = Decoder(encoding, 1000)
    got = b"".join(decoder.feed(whole[at : at + step]) for at in range(0, len(whole), step))
    assert (got, decoder.can_read, decoder.is_cut) == (content, True, False)


@pytest.mark.parametrize("form", list(FORMS))
def test_no_more_than_the_bound_is_read(form: str) -> None:
    encoding, compressed = FORMS[form]
    whole = compressed(b"x" * 5000)  # type: ignore[operator]
    for most, cut in ((4999, True), (5000, False)):
        decoder = Decoder(encoding, most)
        assert len(b"".join(decoder.feed(whole[at : at + 7]) for at in range(0, len(whole), 7))) == most
        assert decoder.is_cut is cut


def test_a_bomb_costs_no_more_memory_than_the_bound() -> None:
    made = zlib.compressobj(9, wbits=31)
    bomb = b"".join(made.compress(bytes(1024 * 1024)) for _ in range(300)) + made.flush()
    assert len(bomb) < 400_000
    decoder = Decoder("gzip", 1024 * 1024)
    tracemalloc.start()
    try:
        assert len(decoder.feed(bomb)) == 1024 * 1024
        assert decoder.feed(bomb) == b""
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert decoder.is_cut


def test_files_behind_one_another_are_not_read_without_end() -> None:
    decoder = Decoder("gzip", 1000)
    assert decoder.feed(gzip.compress(b"hello") + gzip.compress(b"") * 20_000) == b"hello"
    assert not decoder.can_read


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br", "gzip, gzip", "compress"])
def test_what_is_not_read_here_is_told(encoding: str) -> None:
    decoder = Decoder(encoding, 1000)
    assert not decoder.can_read
    assert decoder.feed(b"abc") == b""


@given(st.binary(min_size=1, max_size=50), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_read_or_told(garbage: bytes, encoding: str) -> None:
    decoder = Decoder(encoding, 1000)
    decoder.feed(garbage)
    decoder.feed(garbage)
    if garbage[:2] not in (b"\x1f\x8b", b"\x1f") and encoding == "gzip":
        assert not decoder.can_read
