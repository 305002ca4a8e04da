"""The cutter sees in the bytes what the XML parser sees in the tree, for any well-formed file."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from minga.dte.document import parse, with_namespaces
from minga.dte.reading import opened
from minga.dte.reading.cutting import cut

ASIDE = st.sampled_from(
    ["<!-- <DTE> -->", "<![CDATA[<DTE></DTE>]]>", "<?x <DTE>?>", "", " ", "text &lt;DTE&gt;", "&#60;DTE>"]
)
NAMES = st.sampled_from(["DTE", "x:DTE", "DTEs", "a", "x:a", "Signature", "SetDTE"])
ATTRIBUTES = st.sampled_from(
    ["", ' b="/>"', " b='<'".replace("<", "&lt;"), ' b="a>b"', ' xmlns="urn:b"', ' xmlns=""', " xmlns:y='urn:y'", "\n"]
)
EMPTY = st.tuples(NAMES, ATTRIBUTES).map(lambda each: f"<{each[0]}{each[1]}/>")


def around(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(st.one_of(ASIDE, inside), max_size=4).map("".join)
    return st.tuples(NAMES, ATTRIBUTES, parts).map(lambda each: f"<{each[0]}{each[1]}>{each[2]}</{each[0]}>")


TREES = st.recursive(EMPTY, around, max_leaves=20)


def outermost_documents(element: etree._Element) -> list[etree._Element]:
    if etree.QName(element).localname == "DTE":
        return [element]
    inside = [] if etree.QName(element).localname == "Signature" else list(element)
    return [found for child in inside for found in outermost_documents(child)]


@given(TREES)
def test_documents_and_namespaces_are_those_of_the_parser(tree: str) -> None:
    data = f'<r xmlns:x="urn:x">{tree}</r>'.encode()
    expected = outermost_documents(parse(data, "UTF-8"))
    pieces = opened(data, "a.xml").pieces
    alone = [parse(with_namespaces(each.raw, each.declared), "UTF-8") for each in pieces]
    assert [each.tag for each in alone] == [each.tag for each in expected]
    assert ["".join(each.itertext()) for each in alone] == ["".join(each.itertext()) for each in expected]
    assert [{k: v for k, v in each.nsmap.items() if v} for each in alone] == [
        {k: v for k, v in each.nsmap.items() if v} for each in expected
    ]


@given(TREES)
def test_a_well_formed_file_is_never_told_broken(tree: str) -> None:
    data = f'<r xmlns:x="urn:x">{tree}</r>'.encode()
    assert not {each.rule for each in opened(data, "a.xml").faults} & {"read-half", "read-not-xml", "read-dtd"}
    assert cut(data).skeleton.count(b"\n") == data.count(b"\n")


@given(TREES, st.integers(1, 60))
def test_a_file_that_was_cut_short_is_told_so_and_gives_no_other_document(tree: str, missing: int) -> None:
    data = f'<r xmlns:x="urn:x">{tree}</r>'.encode()
    short = data[: max(1, len(data) - missing)]
    whole, found = [each.raw for each in opened(data, "a.xml").pieces], opened(short, "a.xml")
    assert {each.rule for each in found.faults} & {"read-half", "read-not-xml"}
    assert [each.raw for each in found.pieces] == whole[: len(found.pieces)]
