"""The bytes of a file become a container with its documents; what keeps them from it is told, each with its rule."""

import base64
from datetime import date

import pytest
from files import edited_file, written
from pieces import edited_example

from minga.dte import Grounds, Unreadable, read, rules
from minga.dte.examples import example
from minga.dte.reading import Container, check_container, opened
from minga.dte.reading.cutting import DOCUMENTS_MAX, TAGS_MAX, TEXT_MAX
from minga.dte.reading.opening import FILE_MAX

GROUNDS = Grounds(date(2026, 11, 26))
DOCUMENT = edited_example("33", {}).raw
BARE = DOCUMENT.replace(b' xmlns="http://www.sii.cl/SiiDte"', b"")
LATIN = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'
UTF_8 = b'<?xml version="1.0" encoding="UTF-8"?>\n'
ENVELOPE = written("EnvioDTE", example("EnvioDTE"))
PLAIN = DOCUMENT.replace("\xf3".encode("latin-1"), b"o")


def broken(container: Container) -> set[str]:
    return {each.rule for each in container.faults}


def declaring(encoding: bytes) -> bytes:
    return LATIN.replace(b"ISO-8859-1", encoding)


def inside(data: bytes) -> bytes:
    return b"<a>" + data + b"</a>"


WRONG: dict[str, tuple[bytes, ...]] = {
    "read-empty": (b"", b" \r\n\t ", b"\n" * 5000),
    "read-not-xml": (b"hola", b"%PDF-1.4 x", b'{"DTE": 33}', b"<a><b></a></b></a>", b"<a>&x;</a>", b"<a></a>x"),
    "read-half": (
        LATIN + DOCUMENT[:-5],
        ENVELOPE[: len(ENVELOPE) // 2],
        ENVELOPE[:-10],
        b"<a><!-- x",
        b"<a",
        b"<a><![CDATA[",
    ),
    "read-dtd": (
        b'<!DOCTYPE DTE SYSTEM "http://example.com/a.dtd">' + DOCUMENT,
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + DOCUMENT,
        inside(DOCUMENT + b"<!DOCTYPE b>"),
    ),
    "read-too-deep": (b"<a>" * 40, b"<a>" * 100_000 + DOCUMENT, ENVELOPE.replace(b"<SetDTE>", b"<b>" * 33)),
    "read-no-document": (b"<a/>", b'<schema xmlns="urn:x"/>', b"<html><body/></html>"),
    "read-as-text": (
        inside(b"&lt;DTE&gt;"),
        inside(b"<![CDATA[" + DOCUMENT + b"]]>"),
        inside(b"<!--" + DOCUMENT + b"-->"),
    ),
    "read-wrapped": (inside(DOCUMENT), b"<x:a xmlns:x='u'>" + DOCUMENT * 3 + b"</x:a>", b"<DTEs><DTE/></DTEs>"),
    "read-namespace": tuple(
        ENVELOPE.replace(b' xmlns="http://www.sii.cl/SiiDte"', each) for each in (b"", b' xmlns="urn:x"', b' xmlns=""')
    ),
    "read-before-declaration": (b" " + LATIN + DOCUMENT, b"\r\n" + LATIN + DOCUMENT, b"\t\n" + ENVELOPE),
    "read-encoding-mark": tuple(
        b"\xef\xbb\xbf" + each for each in (LATIN + PLAIN, declaring(b"windows-1252") + PLAIN, ENVELOPE)
    ),
    "read-encoding-utf-16": tuple(
        DOCUMENT.decode("latin-1").encode(each) for each in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")
    ),
    "read-encoding-undeclared": (DOCUMENT, b'<?xml version="1.0"?>' + DOCUMENT, inside(b"\xff")),
    "read-encoding-false": (
        UTF_8 + DOCUMENT,
        declaring(b"US-ASCII") + DOCUMENT,
        declaring(b"cp1252") + inside(b"\x81"),
    ),
    "read-encoding-doubled": tuple(
        declaring(each) + inside("ó".encode()) for each in (b"ISO-8859-1", b"latin1", b"windows-1252")
    ),
    "read-encoding-windows": tuple(LATIN + inside(each) for each in (b"\x93x\x94", b"\x80", b"\xf3\x96")),
    "read-encoding-unknown": tuple(declaring(each) + DOCUMENT for each in (b"UTF-7", b"klingon", b"koi8-r", b"base64")),
    "read-too-large": (
        inside(b"x" * (TEXT_MAX + 1)),
        inside(b"<DTE>" + b"x" * (TEXT_MAX + 1) + b"</DTE>"),
        b"<a/>" + b" " * (TEXT_MAX + 1),
        bytes(FILE_MAX + 1),
    ),
}


@pytest.mark.parametrize(("rule", "files"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_with_a_file_is_told_and_not_raised(rule: str, files: tuple[bytes, ...]) -> None:
    for data in files:
        container = opened(data, "a.xml")
        assert rule in broken(container), data[:80]
        assert rule in {each.rule.id for each in check_container(container, GROUNDS)}
        assert rules()[rule].fix


@pytest.mark.parametrize(
    "data",
    [
        LATIN + DOCUMENT,
        LATIN + BARE,
        LATIN + b"<!-- hecho por alguien -->\n" + DOCUMENT + b"\n<!-- fin -->\n",
        b"\xef\xbb\xbf" + UTF_8 + DOCUMENT.decode("latin-1").encode(),
        UTF_8 + DOCUMENT.decode("latin-1").encode(),
        DOCUMENT.decode("latin-1").encode(),
        ENVELOPE,
    ],
    ids=["latin", "bare", "comments", "mark", "utf-8", "undeclared", "envelope"],
)
def test_a_right_file_breaks_no_rule_of_reading(data: bytes) -> None:
    assert broken(opened(data, "a.xml")) == set()


@pytest.mark.parametrize(
    "data",
    [b"<a>" + b"<!---->" * (TAGS_MAX + 1), b"<DTE/>" * (DOCUMENTS_MAX + 2)],
    ids=["tags", "documents"],
)
def test_a_file_with_too_many_elements_is_told(data: bytes) -> None:
    assert "read-too-many" in broken(opened(data, "a.xml"))


def test_documents_are_the_bytes_of_the_file() -> None:
    data = b"<w>" + DOCUMENT + b"\r\n <x/>" + BARE + b"</w>"
    assert [each.raw for each in opened(data, "a.xml").pieces] == [DOCUMENT, BARE]
    assert [each.place for each in opened(data, "a.xml").pieces] == ["a.xml#1", "a.xml#2"]


@pytest.mark.parametrize(
    "aside", [b"<!-- <DTE> -->", b"<![CDATA[<DTE>]]>", b"<?x <DTE> ?>", b"<a b='<x>'/>", b"<DTEx></DTEx>", b"<xDTE/>"]
)
def test_what_only_looks_like_a_document_is_none(aside: bytes) -> None:
    assert len(opened(b"<w>" + aside + DOCUMENT + aside + b"</w>", "a.xml").pieces) == 1


@pytest.mark.parametrize(
    "aside", [b"<!-- </DTE> -->", b"<![CDATA[</DTE>]]>", b"<?x </DTE>?>", b"<DTE/>", b"<DTE></DTE>"]
)
def test_a_document_ends_where_it_ends(aside: bytes) -> None:
    document = DOCUMENT.replace(b"</DTE>", aside + b"</DTE >")
    assert [each.raw for each in opened(b"<w>" + document + b"</w>", "a.xml").pieces] == [document]


def test_prefixes_and_namespaces_around_a_document_go_with_it() -> None:
    prefixed = PLAIN.replace(b"<", b"<s:").replace(b"<s:/", b"</s:").replace(b' xmlns="http://www.sii.cl/SiiDte"', b"")
    data = (
        b"<w xmlns:s='http://www.sii.cl/SiiDte' xmlns='urn:a'><x xmlns='' xmlns:y=\"urn:y\">" + prefixed + b"</x></w>"
    )
    (piece,) = opened(data, "a.xml").pieces
    assert piece.declared == {"s": "http://www.sii.cl/SiiDte", "y": "urn:y"}
    assert read(piece).kind == 33


def test_what_was_signed_comes_with_its_signature() -> None:
    data = (
        b'<EnvioDTE xmlns="http://www.sii.cl/SiiDte" xmlns:xsi="urn:x"><SetDTE ID="S"><Caratula/><DTE><Documento/>'
        b"<Signature>of the document</Signature></DTE></SetDTE>\n<Signature>of the set</Signature></EnvioDTE>"
    )
    (signed,) = opened(data, "a.xml").signed
    assert signed.name == "SetDTE"
    assert (signed.raw[:15], signed.raw[-9:]) == (b'<SetDTE ID="S">', b"</SetDTE>")
    assert signed.signature == b"<Signature>of the set</Signature>"
    assert signed.declared == {"": "http://www.sii.cl/SiiDte", "xsi": "urn:x"}


def test_each_signature_of_a_cession_comes_with_the_cession() -> None:
    sealed = b"</DocumentoCesion><Signature>1</Signature><Signature>2</Signature></Cesion>"
    data = written("AEC", example("AEC")).replace(b"</DocumentoCesion><Signature/></Cesion>", sealed)
    signed = [each for each in opened(data, "a.xml").signed if each.name == "DocumentoCesion"]
    assert [(each.name, each.signature[11:12]) for each in signed] == [
        ("DocumentoCesion", each) for each in (b"1", b"2") * 2
    ]


def test_the_documents_before_the_cut_of_half_a_file_are_read() -> None:
    container = opened(ENVELOPE[: ENVELOPE.index(b"</DTE><DTE") + 200], "a.xml")
    assert (len(container.pieces), broken(container)) == (1, {"read-half"})


def test_a_file_with_a_dtd_gives_no_document() -> None:
    laughs = b"".join(b'<!ENTITY a%d "%s">' % (each, b"&a%d;" % (each - 1) * 10) for each in range(1, 30))
    container = opened(b'<!DOCTYPE a [<!ENTITY a0 "ha">' + laughs + b"]><a>&a29;" + DOCUMENT + b"</a>", "a.xml")
    assert (container.kind, container.pieces) == ("nothing", ())


def test_a_document_whose_encoding_is_false_is_read_by_the_one_that_fits() -> None:
    (piece,) = opened(UTF_8 + DOCUMENT, "a.xml").pieces
    assert "Construcción" in (read(piece).body.of("Encabezado/Receptor/GiroRecep") or "")


def test_a_document_in_utf_16_is_read() -> None:
    (piece,) = opened((UTF_8 + DOCUMENT).decode("latin-1").encode("utf-16"), "a.xml").pieces
    assert "Construcción" in (read(piece).body.of("Encabezado/Receptor/GiroRecep") or "")


@pytest.mark.parametrize(("name", "most"), [("EnvioDTE", 2000), ("EnvioBOLETA", 500)])
def test_an_envelope_with_too_many_documents_is_told(name: str, most: int) -> None:
    data = written(name, example(name))
    begin, end = data.index(b"<DTE"), data.rindex(b"</DTE>") + 6
    for number, told in ((most, False), (most + 1, True)):
        container = opened(data[:begin] + b"<DTE/>" * number + data[end:], "a.xml")
        assert ("envelope-documents" in {each.rule.id for each in check_container(container, GROUNDS)}) is told


def test_a_picture_of_a_receipt_of_more_than_3_mb_is_told() -> None:
    for size in (3 * 1024 * 1024, 3 * 1024 * 1024 + 1, 3_500_000, 6_000_000):
        text = base64.b64encode(bytes(size)).decode()
        edits: dict[str, str | bool] = {"DocumentoAEC/Cesiones/DTECedido/DocumentoDTECedido/ImagenAR": text}
        told = {each.rule.id for each in check_container(edited_file("AEC", edits), GROUNDS)}
        assert ("cession-image" in told) == (size > 3 * 1024 * 1024)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<SetDTE>", b'<SetDTE ID="A"><x ID="A"/>'),
        (b"<Documento>", b'<Documento ID="B">'),
        (b"<SetDTE", b'<SetDTE ID="B"'),
    ],
)
def test_an_id_that_stands_twice_is_told(before: bytes, after: bytes) -> None:
    first = ENVELOPE.replace(b"<Documento>", b'<Documento ID="B">', 1)
    assert "envelope-id" not in {each.rule.id for each in check_container(opened(first, "a.xml"), GROUNDS)}
    container = opened(first.replace(before, after), "a.xml")
    assert "envelope-id" in {each.rule.id for each in check_container(container, GROUNDS)}


def test_a_document_that_cannot_be_read_leaves_the_others() -> None:
    container = opened(ENVELOPE.replace(b"<Totales>", b"<Totales", 1), "a.xml")
    kinds = []
    for each in container.pieces:
        try:
            kinds.append(read(each).kind)
        except Unreadable:
            kinds.append(0)
    assert kinds == [0, 33, 61]
