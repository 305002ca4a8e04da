"""A register against documents: every kind of difference, what each puts at risk, and what is left out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pieces import edited_example

from minga.domain.terms import instant
from minga.dte.document import Piece, read
from minga.dte.finding import Edits
from minga.dte.reading import containers, containers_in
from minga.dte.reconcile import (
    Book,
    Comparison,
    Difference,
    DifferenceKind,
    Slip,
    Totals,
    Unread,
    documents,
    kinds,
    slip,
)
from minga.dte.registers import Entry, Flaw, read_register
from minga.infrastructure.sorting import Sorting

ISSUER, BUYER = "76086428-5", "77123456-9"
AT = instant(datetime(2026, 11, 26, 12, 0))
PURCHASES = Book(side="purchases", at=AT)
SALES = Book(side="sales", at=AT)
ENTRY = Entry(
    line=2,
    state="registro",
    kind=33,
    party=ISSUER,
    name="Maderas del Estero SpA",
    folio=101,
    issued=date(2026, 11, 10),
    received=instant(datetime(2026, 11, 10, 15, 0)),
    answered=instant(datetime(2026, 11, 11, 9, 0)),
    claimed=None,
    exempt=40_000,
    net=855_000,
    iva=162_450,
    credit=162_450,
    total=1_057_450,
)


def changed(**values: object) -> Entry:
    return Entry(**{name: getattr(ENTRY, name) for name in Entry.__slots__} | values)  # type: ignore[arg-type]


def document(edits: Edits | None = None, example: str = "33") -> Slip:
    return slip(read(edited_example(example, edits or {})))


def compared(
    entries: Sequence[Entry | Flaw], slips: Sequence[Slip | Unread], book: Book = PURCHASES
) -> tuple[list[Difference], Totals]:
    with Comparison(book) as comparison:
        comparison.add_register("r.csv", entries, lambda flaw: None)
        comparison.add_documents(slips, lambda unread: None)
        return list(comparison.differences()), comparison.totals


def told(entries: Sequence[Entry], slips: Sequence[Slip], book: Book = PURCHASES) -> list[tuple[str, int]]:
    return [(each.kind, each.risk) for each in compared(entries, slips, book)[0]]


def test_a_register_that_agrees_with_its_documents_has_no_difference() -> None:
    found, totals = compared([ENTRY], [document()])
    assert found == []
    assert totals.clean
    assert (totals.entries, totals.documents, totals.matched, totals.risk) == (1, 1, 1, 0)
    assert totals.registered_pesos == totals.documented_pesos == 1_057_450


def test_what_one_side_lacks_puts_its_total_at_risk() -> None:
    assert told([ENTRY], []) == [("missing-document", 1_057_450)]
    assert told([], [document()]) == [("missing-entry", 1_057_450)]
    assert told([changed(folio=102)], [document()]) == [("missing-entry", 1_057_450), ("missing-document", 1_057_450)]


def test_amounts_that_differ_are_named_with_both_values() -> None:
    found, _ = compared([changed(iva=162_000, total=1_057_000)], [document()])
    (each,) = found
    assert (each.kind, each.risk) == ("amount", 450)
    assert each.registered == "Monto IVA 162000, Monto Total 1057000"
    assert each.documented == "Monto IVA 162450, Monto Total 1057450"
    assert (each.lines, each.party, each.document, each.folio) == (("r.csv:2",), ISSUER, 33, 101)


def test_a_date_that_differs_is_told_and_risks_nothing() -> None:
    assert told([changed(issued=date(2026, 11, 9))], [document()]) == [("date", 0)]


def test_what_stands_twice_risks_its_total_again() -> None:
    assert told([ENTRY, changed(line=9)], [document()]) == [("entry-twice", 1_057_450)]
    assert told([ENTRY], [document()] * 3) == [("document-twice", 2 * 1_057_450)]
    assert told([ENTRY, changed(state="no_incluir")], [document()]) == [("two-states", 1_057_450)]


def test_a_purchase_belongs_to_the_month_of_its_acknowledgement_or_the_two_that_follow() -> None:
    def book(month: date) -> Book:
        return Book(side="purchases", at=AT, period=month)

    for month in (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)):
        assert told([ENTRY], [document()], book(month)) == []
    for month in (date(2026, 10, 1), date(2027, 2, 1)):
        assert told([ENTRY], [document()], book(month)) == [("wrong-period", 162_450)]
    answered_later = changed(answered=instant(datetime(2026, 12, 1, 9, 0)))
    assert told([answered_later], [document()], book(date(2027, 2, 1))) == []
    silent = {"answered": None, "received": instant(datetime(2026, 11, 25, 9, 0))}  # received as deemed on 3 December
    assert told([changed(**silent)], [document()], book(date(2027, 2, 1))) == []
    assert told([changed(**silent)], [document()], book(date(2027, 3, 1))) == [("wrong-period", 162_450)]


def test_a_sale_belongs_to_the_month_of_its_date_unless_it_is_of_home_services() -> None:
    entry = changed(party=BUYER, state="venta")
    assert told([entry], [document()], Book(side="sales", at=AT, period=date(2026, 11, 1))) == []
    december = Book(side="sales", at=AT, period=date(2026, 12, 1))
    assert told([entry], [document()], december) == [("wrong-period", 162_450)]
    assert told([entry], [document({"Encabezado/IdDoc/IndServicio": "1"})], december) == []


def test_a_claim_that_runs_out_is_told_with_its_hour_until_then() -> None:
    end = instant(datetime(2026, 11, 28, 10, 0))
    waiting = changed(state="pendiente", answered=None, received=instant(datetime(2026, 11, 20, 10, 0)))

    def at(moment: datetime) -> list[tuple[str, datetime | None]]:
        found, _ = compared([waiting], [document()], Book(side="purchases", at=moment))
        return [(each.kind, each.until) for each in found]

    assert at(end - timedelta(days=3, minutes=1)) == []
    assert at(end - timedelta(days=3)) == [("claim-open", end)]
    assert at(end) == [("claim-open", end)]
    assert at(end + timedelta(minutes=1)) == [("claim-over", end)]


@pytest.mark.parametrize(
    "quiet", [{"answered": AT}, {"state": "reclamado"}, {"kind": 61}, {"received": None}, {"state": "venta"}]
)
def test_no_claim_is_told_of_where_none_can_be_made(quiet: dict[str, object]) -> None:
    waiting = {"state": "pendiente", "answered": None, "received": instant(datetime(2026, 11, 20, 10, 0))}
    entry = changed(**waiting | quiet)
    assert not {"claim-open", "claim-over"} & {kind for kind, _ in told([entry], [document()])}


def test_states_that_exclude_each_other_are_told() -> None:
    claimed = instant(datetime(2026, 11, 12, 9, 0))
    paid = document({"Encabezado/IdDoc/FmaPago": "1"})
    assert told([changed(state="reclamado", answered=None, claimed=claimed)], [document()]) == []
    assert told([changed(state="reclamado", answered=None, claimed=claimed)], [paid]) == [("claimed-paid", 1_057_450)]
    assert told([changed(claimed=claimed)], [document()]) == [("answered-claimed", 1_057_450)]
    late = instant(datetime(2026, 11, 18, 15, 1))
    assert told([changed(answered=None, claimed=late)], [document()]) == [("claimed-late", 1_057_450)]


def test_the_most_money_at_risk_comes_first_and_each_document_counts_once() -> None:
    entries = [changed(folio=folio, total=folio * 1000, line=folio) for folio in (5, 900, 40)]
    found, totals = compared([*entries, changed(folio=900, total=900_000, line=77)], [])
    assert [each.folio for each in found] == [900, 900, 40, 5]
    assert totals.risk == 945_000
    assert totals.differences == {"missing-document": 3, "entry-twice": 1}


def test_documents_of_other_companies_are_left_out_where_it_is_known_whose_register_it_is() -> None:
    mine = Book(side="purchases", at=AT, company=BUYER)
    assert compared([ENTRY], [document()], mine)[1].others == 0
    found, totals = compared([], [document({"Encabezado/Receptor/RUTRecep": "76543210-3"})], mine)
    assert (found, totals.others, totals.documents) == ([], 1, 0)


def test_of_an_invoice_that_the_buyer_issues_the_other_side_is_who_receives_it() -> None:
    slip46 = document(example="46")
    assert (slip46.party("purchases"), slip46.owner("purchases")) == (slip46.receiver, slip46.issuer)
    assert (slip46.party("sales"), slip46.owner("sales")) == (slip46.issuer, slip46.receiver)
    assert "total" not in slip46.amounts


def test_an_export_is_compared_in_pesos_or_not_at_all() -> None:
    assert document(example="110").amounts == {"total": 76_000_000}
    without = document({"Encabezado/OtraMoneda/TpoMoneda": "EURO"}, "110")
    assert without.amounts == {}


def test_what_cannot_be_read_is_counted_and_the_comparison_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(edited_example("33", {}).raw)
    (tmp_path / "b.xml").write_bytes(edited_example("33", {"Encabezado/IdDoc/Folio": "7"}).raw[:400])
    (tmp_path / "c.xml").write_bytes(b"")
    found = list(documents(containers(tmp_path)))
    assert [type(each) for each in found] == [Slip, Unread, Unread]
    differences, totals = compared([ENTRY, Flaw(3, "rcv-rut", "", "x"), Flaw(4, "rcv-instant")], found)
    assert (differences, totals.unread, totals.lost, totals.clean) == ([], 2, 1, False)


def test_messages_of_the_sii_are_no_documents() -> None:
    message = b'<RespuestaDTE xmlns="http://www.sii.cl/SiiDte" version="1.0"><Resultado ID="R"/></RespuestaDTE>'
    assert list(documents(containers_in(message, "r.xml"))) == []


FIELDS = ("MntNeto", "MntExe", "IVA", "MntTotal", "TpoMoneda", "MntCancel", "FmaPago", "FchEmis", "RUTEmisor")
ODD = st.sampled_from(["", "9" * 40, "-1", "0.5", "|", "x", "76086428-6", "1" * 19, "PESO CL", "1"])


@given(st.dictionaries(st.sampled_from(FIELDS), ODD), st.sampled_from(["33", "46", "110", "9" * 18, "x"]), ODD)
def test_nothing_that_stands_in_a_document_raises(fields: dict[str, str], kind: str, folio: str) -> None:
    def part(*names: str) -> str:
        return "".join(f"<{name}>{fields[name]}</{name}>" for name in names if name in fields)

    written = f"""<DTE><Documento><Encabezado><IdDoc><TipoDTE>{kind}</TipoDTE><Folio>{folio}</Folio>
    {part("FchEmis", "FmaPago", "MntCancel")}</IdDoc><Emisor>{part("RUTEmisor")}</Emisor>
    <Totales>{part("MntNeto", "MntExe", "IVA", "MntTotal", "TpoMoneda")}</Totales></Encabezado></Documento></DTE>"""
    found, totals = compared([ENTRY], [slip(read(Piece(written.encode())))] * 3)
    assert totals.documents == 3
    assert all(0 <= each.risk <= 10**18 for each in found)


def test_a_register_whose_name_is_no_text_is_compared() -> None:
    with Comparison(PURCHASES) as comparison:
        comparison.add_register("caf\udce9.csv", [ENTRY], lambda flaw: None)
        assert [each.lines for each in comparison.differences()] == [("caf?.csv:2",)]


def test_a_register_file_and_its_documents_meet() -> None:
    head = "Tipo Doc;RUT Proveedor;Folio;Fecha Docto;Fecha Recepcion;Fecha Acuse;Monto Exento;Monto Neto;"
    lines = [
        head + "Monto IVA Recuperable;Monto Total",
        "33;76086428-5;101;10/11/2026;10/11/2026 15:00:00;11/11/2026 9:00;40000;855000;162450;1057450",
    ]
    stream = BufferedReader(BytesIO("\n".join(lines).encode()))  # type: ignore[arg-type]
    assert compared(list(read_register(stream)), [document()])[0] == []


@given(st.sets(st.integers(1, 60)), st.sets(st.integers(1, 60)))
def test_what_is_missing_is_the_difference_of_both_sets(left: set[int], right: set[int]) -> None:
    base = document()
    slips = [Slip(**{name: getattr(base, name) for name in Slip.__slots__} | {"folio": folio}) for folio in right]
    found, totals = compared([changed(folio=folio) for folio in left], slips)
    assert {each.folio for each in found if each.kind == "missing-document"} == left - right
    assert {each.folio for each in found if each.kind == "missing-entry"} == right - left
    assert totals.matched == len(left & right)
    assert len(found) == len(left ^ right)


@pytest.mark.parametrize("kind", kinds().values(), ids=list(kinds()))
def test_each_kind_of_difference_names_norms_that_are_known(kind: DifferenceKind) -> None:
    assert kind.norms()


def test_records_come_back_by_their_keys_and_equal_ones_as_they_came() -> None:
    sorting = Sorting()
    for number in range(25_000):
        sorting.add(f"{number % 7}", str(number).encode())
    found = list(sorting)
    sorting.close()
    assert found == sorted(
        ((f"{number % 7}", str(number).encode()) for number in range(25_000)), key=lambda each: (each[0], int(each[1]))
    )


def test_an_instant_in_the_register_stays_the_same_on_the_way_through_the_file() -> None:
    found, _ = compared([changed(state="pendiente", answered=None)], [document()])
    assert found[0].until == datetime(2026, 11, 18, 18, 0, tzinfo=UTC)
