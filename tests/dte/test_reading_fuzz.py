"""Whatever bytes a file has, reading and judging it raises nothing; each piece is read or told unreadable."""

import random
from datetime import date
from pathlib import Path

import pytest
from files import written

from minga.dte import Grounds, check_piece
from minga.dte.checking import check_around
from minga.dte.examples import container_names, example
from minga.dte.reading import containers_in, head, opened
from minga.dte.reading.cutting import cut

GROUNDS = Grounds(date(2026, 11, 26))
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "dte"
TOKENS = (
    *(
        b"<DTE>",
        b"</DTE>",
        b"<DTE/>",
        b"<x:DTE>",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"?>",
        b"<!DOCTYPE a [",
    ),
    *(b"&x;", b"<", b">", b'"', b"'", b"/", b"-", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xf3", b"\x93", b"\r\n", b""),
    *(b" xmlns:x=", b" xmlns=''", b"<a>" * 40, b"9" * 60, b"1e9", b"NaN", b"<Signature/>", b"<Caratula>"),
    b"<?xml version='1.0' encoding='UTF-16'?>",
)
TEXTS = (b"9" * 70, b"-0", b"NaN", b"", b"0-0", b"2026-02-30", b"<x/>", b"1" * 18, b"0.000000001", b" ")
SLOW = (
    *(b"<a ", b"<a b='", b'<a b="', b"<!--", b"<![CDATA[", b"<?", b"<DTE", b"<DTE>", b"<DTE><!--", b"</DTE>", b"<a>"),
    *(b"</a>", b"<a xmlns:b='", b"<a xmlns ", b"&a;", b"<a b='>'/>", b"<:DTE>", b"<x:", b"\xc3"),
    b"<?xml encoding='a' ",
)


def seeds() -> list[bytes]:
    made = [written(name, example(name)) for name in container_names()]
    real = [path.read_bytes() for path in sorted(SHARED.glob("real_*/*.xml"))] if SHARED.is_dir() else []
    return made + real


def mutated(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 0, 1, 1, 5, 50, 500)))
        piece = data[start:end]
        new = chance.choice(
            (b"", piece * 2, piece[::-1], bytes(chance.randbytes(3)), chance.choice(TOKENS), data[:200])
        )
        data = data[:start] + new + data[end:]
    return data


def judged(data: bytes) -> int:
    """How many documents were read in it."""
    count = 0
    for container in containers_in(data, "a.xml"):
        heads = []
        for piece in container.pieces:
            checked = check_piece(piece, GROUNDS)
            if checked.document is not None:
                heads.append(head(checked.document))
        check_around(container, GROUNDS, heads)
        count += len(heads)
    return count


@pytest.mark.parametrize("seed", range(4))
def test_no_mutation_of_a_file_makes_reading_raise(seed: int) -> None:
    chance = random.Random(seed)
    originals = seeds()
    read_of_all = sum(judged(mutated(chance.choice(originals), chance)) for _ in range(400))
    assert read_of_all > 0


@pytest.mark.parametrize("name", container_names())
def test_no_amount_or_text_of_a_cover_makes_its_judgement_raise(name: str) -> None:
    chance = random.Random(name)
    data = written(name, example(name))
    texts = [data.find(b">", at) + 1 for at in range(0, len(data), 23)]
    for at in texts:
        end = data.find(b"<", at)
        new = chance.choice(TEXTS)
        judged(data[:at] + new + data[end:])


@pytest.mark.parametrize("unit", SLOW)
def test_a_file_made_to_be_slow_is_read_in_one_go(unit: bytes) -> None:
    """Where time grew with the square of the length, these would take hours."""
    data = unit * (600_000 // len(unit))
    assert opened(data, "a.xml").faults
    assert opened(b"<a>" + data, "a.xml").faults
    assert cut(b"<a><DTE>" + data).skeleton


def test_what_is_signed_under_a_namespace_that_has_no_canonical_form_is_judged() -> None:
    seal = b'<Signature><SignedInfo xmlns:q="urn:q"/><SignatureValue>AA==</SignatureValue></Signature>'
    for name in container_names():
        data = written(name, example(name)).replace(b"<Signature/>", seal)
        judged(data.replace(b' version="1.0">', b' version="1.0" xmlns:z="relative">', 1))
