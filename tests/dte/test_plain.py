"""A plain document is what the XML library says that it is, and whatever is not plain is left to that library."""

import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pieces import edited_example
from seals import GROUNDS, broken, signed

from minga.dte import Judged, Piece, check, check_piece
from minga.dte.checking import TOGETHER, TOGETHER_BYTES, check_pieces
from minga.dte.document import Unreadable, as_node, parse, read
from minga.dte.examples import names
from minga.dte.many import SMALL
from minga.dte.node import Node
from minga.dte.plain import Plain, plain
from minga.dte.reading.sources import SMALL_FILE
from minga.dte.signatures.alike import _alike

FRAGMENTS = (
    *("<B>x</B>", "<B/>", "<B ></B >", "<B></B>", "<B c='1'></B>", '<B c="1"></B>', '<B c="1" a="2"></B>'),
    *('<B  c="1"></B>', '<B c="a>b"></B>', '<B c="&lt;"></B>', '<B c="&#9;"></B>', '<B c=" x  "></B>', '<B\nc="1"/>'),
    *("&amp;", "&lt;", "&gt;", "&apos;", "&#38;", "&#xD;", "&amp;lt;", "'", '"', ">", " ", "\n", "\r\n", "\t"),
    *(
        "<!-- x -->",
        "<!--<B>-->",
        "<?p x?>",
        "<![CDATA[<]]>",
        "<![CDATA[</Documento>]]>",
        "text",
        "ñ",
        "<B-1._c>1</B-1._c>",
    ),
    *('<B xmlns="urn:b">x</B>', '<p:B xmlns:p="urn:p"/>', "<ñ>1</ñ>", "<Documento><C>x</C></Documento>"),
    *("<B>1<C>2</C>3</B>", "<B>\n <C>2</C>\n <C>3</C>\n</B>", "<B>" * 33 + "x" + "</B>" * 33),
)
START = ("<DTE>", '<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0">', "<DTE\n>\n", "<DTE a='>'>", "<DTE><A/>")
BODY = ("<Documento>", '<Documento ID="T33">', "<Documento ID='T33'>", '<Documento Id="a" ID="b">', "<Documento >")
END = (
    "</Documento></DTE>",
    "</Documento>\n</DTE>\n",
    "</Documento ></DTE>",
    "</Documento><Documento></Documento></DTE>",
)


def told(node: Node) -> object:
    """All of it, in order."""
    parts = [(name, [told(each) for each in nodes]) for name, nodes in node.parts.items()]
    return node.tag, node.text, dict(node.attributes), parts


def same(found: Plain, element: etree._Element) -> None:
    """What the XML library reads in it, and makes of it alone."""
    assert told(found.node) == told(as_node(element))
    alone = etree.fromstring(found.text, etree.XMLParser(encoding="ISO-8859-1"))
    assert found.canonical == etree.tostring(alone, method="c14n", with_comments=False)


@given(
    st.sampled_from(START),
    st.sampled_from(BODY),
    st.lists(st.sampled_from(FRAGMENTS), max_size=6),
    st.sampled_from(END),
)
def test_what_is_plain_is_what_the_library_reads(start: str, body: str, inside: list[str], end: str) -> None:
    raw = (start + body + "".join(inside) + end).encode("iso-8859-1")
    try:
        root = parse(raw, "ISO-8859-1")
    except Unreadable:
        return
    found = plain(raw, "ISO-8859-1")
    if found is not None:
        same(found, next(each for each in root if each.tag.endswith("Documento")))
        assert raw == found.start + raw[len(found.start) : raw.index(b"<Documento")] + found.text + found.tail


def test_examples_are_plain_in_both_encodings() -> None:
    for name in names():
        piece = edited_example(name, {})
        found = read(piece)
        assert found.plain is not None
        same(found.plain, found.element[0])
        again = read(Piece(piece.raw.decode("iso-8859-1").encode(), "UTF-8"))
        assert again.plain is not None
        assert (told(again.body), again.plain.canonical) == (told(found.body), found.plain.canonical)


ODD: dict[str, Callable[[bytes], bytes]] = {
    "space in the end tag": lambda raw: raw.replace(b"</Documento>", b"</Documento >"),
    "comment": lambda raw: raw.replace(b"<Encabezado>", b"<!-- x --><Encabezado>"),
    "text section": lambda raw: raw.replace(b"<RznSoc>", b"<RznSoc><![CDATA[x]]>"),
    "empty element": lambda raw: raw.replace(b"<Encabezado>", b"<Nada/><Encabezado>"),
    "character reference": lambda raw: raw.replace(b"<RznSoc>", b"<RznSoc>&#65;"),
    "carriage return": lambda raw: raw.replace(b"<Encabezado>", b"\r\n<Encabezado>"),
    "prefix": lambda raw: raw.replace(b"<Encabezado>", b'<x:N xmlns:x="urn:x"></x:N><Encabezado>'),
    "two bodies": lambda raw: raw.replace(b"</DTE>", b"<Documento></Documento></DTE>"),
    "another encoding": lambda raw: raw.decode("iso-8859-1").encode("windows-1252"),
}


@pytest.mark.parametrize("how", ODD)
def test_what_is_written_otherwise_is_read_all_the_same(how: str) -> None:
    piece = edited_example("33", {})
    encoding = "windows-1252" if how == "another encoding" else "ISO-8859-1"
    found = read(Piece(ODD[how](piece.raw), encoding))
    assert found.plain is None
    assert found.folio == read(piece).folio


def test_a_signature_that_is_known_proves_nothing_of_another_document() -> None:
    """What signatures have in common is remembered; the three texts of each are not."""
    right = signed()
    assert broken(right) == set()
    for changed in (
        right.replace(b"<MntTotal>1057450<", b"<MntTotal>1057451<"),
        right.replace(b'URI="#T33F101"', b'URI="#T33F102"'),
        right.replace(b'ID="T33F101"', b'ID="T33F102"'),
        right.replace(b"<SignatureValue>", b"<SignatureValue>A"),
        right.replace(b"<DigestValue>", b"<DigestValue> "),
    ):
        assert changed != right
        assert broken(changed), changed
    assert broken(right) == set()


def findings(judged: Judged) -> object:
    return judged.place, judged.kind, judged.head, judged.findings, judged.held, judged.entry


def test_documents_of_a_group_are_judged_as_each_alone() -> None:
    texts = [signed(), signed()[:3000], b"", signed().replace(b"1057450", b"1057451"), b"<DTE/>"] * 25
    pieces = [Piece(raw, place=str(number)) for number, raw in enumerate(texts)]
    pieces.insert(3, Piece(b" " * TOGETHER_BYTES + signed(), place="large"))
    assert len(pieces) > 2 * TOGETHER
    together = [(each.place, each.findings, each.held) for each in check_pieces(pieces, GROUNDS)]
    alone = [(each.place, each.findings, each.held) for each in (check_piece(piece, GROUNDS) for piece in pieces)]
    assert together == alone


def test_no_more_than_a_group_is_taken_ahead() -> None:
    taken = 0

    def endless() -> Iterator[Piece]:
        nonlocal taken
        while True:
            taken += 1
            yield Piece(signed())

    coming = check_pieces(endless(), GROUNDS)
    next(coming)
    assert taken <= TOGETHER + 1


def test_what_goes_between_processes_comes_whole() -> None:
    judged = list(check(signed().replace(b"1057450", b"1057451"), GROUNDS))
    assert judged[0].findings
    assert [findings(each) for each in pickle.loads(pickle.dumps(judged))] == [findings(each) for each in judged]
    assert len(pickle.dumps(judged)) < 2_000


def test_an_archive_that_is_called_xml_is_judged_at_its_place(tmp_path: Path) -> None:
    for number in range(SMALL + 2):
        (tmp_path / f"{number:04}.xml").write_bytes(signed())
    with zipfile.ZipFile(tmp_path / "0100.xml", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", signed())
        archive.writestr("b.xml", signed())
    (tmp_path / "0150.xml").write_bytes(signed() + b" " * SMALL_FILE)
    found = [each.place for each in check(tmp_path, GROUNDS) if each.kind == "DTE"]
    assert found == sorted(found)
    assert len(found) == SMALL + 3
    assert [place for place in found if "0100" in place] == [
        str(tmp_path / "0100.xml" / name) for name in ("a.xml", "b.xml")
    ]


def test_what_is_long_is_not_remembered() -> None:
    """A stranger's start tag is not to fill the memory."""
    _alike.cache_clear()
    for number in range(3):
        found = check_piece(
            Piece(signed().replace(b"<DTE ", f'<DTE xmlns:p{number}="{"x" * 20_000}" '.encode())), GROUNDS
        )
        assert "signature" in found.held
    assert _alike.cache_info().currsize == 0
    assert "signature" in check_piece(Piece(signed()), GROUNDS).held
    assert _alike.cache_info().currsize == 1
