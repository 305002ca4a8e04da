"""The canonical form under given namespaces is libxml2's; what only looks like an element is none."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from seals import BODY, SIGNATURE, SII, broken, signed, wrapped

from minga.dte.raw import CutFailed, children, content, count, only, parts, read
from minga.dte.signatures.canonical import Element
from minga.dte.signatures.signed import DSIG
from minga.dte.signatures.signed_info import SignedInfoElement, signed_info

XSI = "http://www.w3.org/2001/XMLSchema-instance"

ELEMENTS = {
    "plain": b'<A b="1" a="2"><C>x</C><D/></A>',
    "entities": b"<A a='&lt;&quot;&#9;'>&lt;&gt;&apos;&quot;&#13;\r\n</A>",
    "comment and instruction": b"<A><!-- no --><?do it?><C/></A>",
    "text section": b"<A><![CDATA[<C>&]]></A>",
    "own namespace": b'<A xmlns="http://www.sii.cl/SiiDte"><C xmlns="">x</C></A>',
    "prefix": b'<p:A xmlns:p="urn:p" p:b="1"><C xmlns:q="urn:q"><q:D/></C></p:A>',
    "prefix from around": b'<A xsi:nil="true"><C/></A>',
    "latin": '<A b="ñ">ÁÉ</A>'.encode("latin-1"),
}
AROUND: dict[str, Mapping[str, str]] = {
    "none": {},
    "sii": {"": SII},
    "sii and xsi": {"xsi": XSI, "": SII},
    "others": {"z": "urn:z", "b": "urn:b"},
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", ELEMENTS)
def test_the_form_is_libxml2s(name: str, around: str) -> None:
    form = Element(read(ELEMENTS[name], "ISO-8859-1")).under(AROUND[around])
    if name == "prefix from around" and "xsi" not in AROUND[around]:
        assert form is None
        return
    whole = ELEMENTS[name]
    declared = "".join(
        f' xmlns{":" + prefix if prefix else ""}="{uri}"'
        for prefix, uri in AROUND[around].items()
        if not (name == "own namespace" and not prefix)
    )
    tag = whole.split(b" ")[0].split(b">")[0]
    parsed = etree.fromstring(whole.replace(tag, tag + declared.encode(), 1), etree.XMLParser(encoding="ISO-8859-1"))
    assert b"".join(form or ()) == etree.tostring(parsed, method="c14n", with_comments=False)


FRAGMENTS = (
    *(b"<B>x</B>", b"<B/>", b"<B ></B >", b"<B></B>", b"<B c='1'></B>", b'<B c="1"></B>', b'<B c="1" a="2"></B>'),
    *(
        b'<B  c="1"></B>',
        b'<B c="a>b"></B>',
        b'<B c="&lt;"></B>',
        b'<B c="&#9;"></B>',
        b'<B c=" x  "></B>',
        b'<B\nc="1"/>',
    ),
    *(
        b"&amp;",
        b"&lt;",
        b"&gt;",
        b"&apos;",
        b"&quot;",
        b"&#38;",
        b"&#xD;",
        b"'",
        b'"',
        b">",
        b" ",
        b"\n",
        b"\r\n",
        b"\t",
    ),
    *(b"<!-- x -->", b"<?p x?>", b"<![CDATA[<]]>", b"text", "ñ".encode("latin-1"), b"\x93", b"<B-1._c>1</B-1._c>"),
)


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=6), st.sampled_from(("", ' ID="T33"', " ID='T33'", ' Id="a"')))
def test_what_is_not_parsed_has_the_form_of_libxml2(fragments: list[bytes], attributes: str) -> None:
    """Most documents are written in their canonical form; whatever is not is parsed."""
    latin = f"<A{attributes}>".encode() + b"".join(fragments) + b"</A>"
    for text, encoding in ((latin, "ISO-8859-1"), (latin.decode("latin-1").encode(), "UTF-8")):
        element = Element(read(text, encoding))
        parsed = etree.fromstring(text, etree.XMLParser(encoding=encoding))
        assert b"".join(element.under({}) or ()) == etree.tostring(parsed, method="c14n", with_comments=False)
        assert element.mark == (parsed.get("ID") or "")


RIGHT = signed()
INFORMATION = RIGHT[RIGHT.index(b"<SignedInfo>") : RIGHT.index(b"</SignedInfo>") + len(b"</SignedInfo>")]
DIGEST = INFORMATION[INFORMATION.index(b"<DigestValue>") + 13 : INFORMATION.index(b"</DigestValue>")]
WRITTEN = {
    "as made": INFORMATION,
    "of another document": INFORMATION.replace(b"#T33F101", b"#X").replace(DIGEST, DIGEST[::-1].strip(b"=") + b"="),
    "with white space": INFORMATION.replace(DIGEST, b"\n" + DIGEST + b"\n").replace(b"><", b">\n<"),
    "in single quotes": INFORMATION.replace(b'"#T33F101"', b"'#T33F101'"),
    "no URI": INFORMATION.replace(b' URI="#T33F101"', b""),
    "two references": INFORMATION.replace(b"</Reference>", b"</Reference><Reference/>"),
    "a comment": INFORMATION.replace(b"<Reference", b'<!--<Reference URI="#a"--><Reference'),
    "a text section": INFORMATION.replace(b"<Reference", b'<![CDATA[<Reference URI="#a"]]><Reference', 1),
    "the texts of the holes": INFORMATION.replace(
        b"<Reference", b"<a>#minga-hole-uri</a><b>mingaHoleDigest=</b><Reference"
    ),
    "prefix": INFORMATION.replace(b"<", b"<d:").replace(b"<d:/", b"</d:"),
    "twice the same": INFORMATION.replace(
        b"</Reference>", b"</Reference>" + INFORMATION[INFORMATION.index(b"<Ref") : -13]
    ),
    "not well-formed": INFORMATION.replace(b"</Reference>", b""),
}


@pytest.mark.parametrize(
    "around", [{"": DSIG}, {"": DSIG, "xsi": XSI}, {"": DSIG, "d": DSIG}], ids=("dsig", "xsi", "d")
)
@pytest.mark.parametrize("how", WRITTEN)
def test_signed_info_that_is_read_once_is_read_as_each_time(how: str, around: Mapping[str, str]) -> None:
    raw = read(WRITTEN[how], "ISO-8859-1")
    plain = Element(raw)
    form = plain.under(around)
    expected = signed_info(plain.tree) if form and plain.tree is not None else None
    for _ in range(2):
        once = SignedInfoElement(raw)
        assert once.read(around) == expected
        assert b"".join(once.under(around) or ()) == b"".join(form or ())


HIDDEN = {
    "comment": b"<!--%s-->",
    "text section": b"<Nota><![CDATA[%s]]></Nota>",
    "instruction": b"<?nota %s?>",
    "wrapped": b"<Nota>%s</Nota>",
}


@pytest.mark.parametrize("how", HIDDEN)
@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_signed_body_that_is_hidden_does_not_prove_the_one_that_is_read(how: str, place: str) -> None:
    """Signature wrapping: what is signed is kept somewhere, what is read is another."""
    right = signed()
    body, seal = BODY.search(right)[0], SIGNATURE.search(right)[0]  # type: ignore[index]
    evil = body.replace(b"1057450", b"9057450")
    hidden = HIDDEN[how] % body
    made = wrapped(hidden + evil, seal) if place == "before" else wrapped(evil, seal + hidden)
    assert broken(made) & {"signature-digest", "signature-misplaced", "signature-missing", "signature-reference"}, made


@pytest.mark.parametrize("how", HIDDEN)
def test_a_stamp_that_is_hidden_does_not_prove_the_one_that_is_read(how: str) -> None:
    right = signed()
    ted = right[right.index(b"<TED") : right.index(b"</TED>") + 6]
    evil = ted.replace(b"<MNT>1057450", b"<MNT>9057450")
    body = BODY.search(right)[0].replace(ted, HIDDEN[how] % ted + evil)  # type: ignore[index]
    assert {"stamp-signature", "stamp-amount"} <= broken(wrapped(body, SIGNATURE.search(right)[0]))  # type: ignore[index]


def test_elements_are_found_by_their_form() -> None:
    found = read(b"<a><!--<b/>--><b x='>'>1<b>2</b></b><c/><p:b xmlns:p='u'/>t</a>", "ISO-8859-1")
    assert [(each.name, found.text[each.start : each.end]) for each in children(found)] == [
        ("b", b"<b x='>'>1<b>2</b></b>"),
        ("c", b"<c/>"),
        ("b", b"<p:b xmlns:p='u'/>"),
    ]
    assert count(found, b"b") == 3
    assert set(parts(found)) == {"b", "c"}
    assert content(parts(found)["c"]) == b""
    assert only(found, b"b") is None


@pytest.mark.parametrize("text", [b"", b"text", b"<a", b"<a><b></a>", b"<a><b", b"<a b='></a>", b"<a><b></b"])
def test_what_is_not_well_formed_is_refused(text: bytes) -> None:
    with pytest.raises(CutFailed):
        list(children(read(text, "ISO-8859-1")))


def test_two_byte_encodings_are_cut_as_utf_8() -> None:
    found = read("<a><ñ>ü</ñ></a>".encode("utf-16"), "UTF-16")
    assert (found.encoding, [each.name for each in children(found)]) == ("UTF-8", ["ñ"])
    with pytest.raises(CutFailed):
        read(b"\xd8\x00\xd8", "UTF-16")
