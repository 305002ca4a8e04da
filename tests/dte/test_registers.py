"""CSV files of the SII's register: the real ones, other forms of the same, and lines that are no document."""

import codecs
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.dte.registers import Entry, Flaw, Tax, flaws, read_register

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "dte" / "rcv"

HEAD = (
    "Nro;Tipo Doc;Tipo Compra;RUT Proveedor;Razon Social;Folio;Fecha Docto;Fecha Recepcion;Fecha Acuse;Monto Exento;"
    "Monto Neto;Monto IVA Recuperable;Monto Iva No Recuperable;Codigo IVA No Rec.;Monto Total;Tabacos Puros;"
    "Codigo Otro Impuesto;Valor Otro Impuesto;Tasa Otro Impuesto"
)
ROW = "1;33;Del Giro;76543210-3;Ñandú & Cía.;77;20/11/2026;20/11/2026 10:00:00;;0;100000;19000;;;119000;;;;"
TAX_ROW = ";33;Del Giro;76543210-3;Ñandú & Cía.;77;20/11/2026;;;;;;;;;;27;10000;10"


def read(*lines: str, encoding: str = "utf-8", end: str = "\n") -> list[Entry | Flaw]:
    return read_bytes((end.join(lines) + end).encode(encoding))


def read_bytes(data: bytes) -> list[Entry | Flaw]:
    return list(read_register(BufferedReader(BytesIO(data))))  # type: ignore[arg-type]


def one(found: Sequence[Entry | Flaw]) -> Entry:
    (entry,) = found
    assert isinstance(entry, Entry)
    return entry


def kinds(found: Sequence[Entry | Flaw]) -> list[tuple[int, str, str]]:
    return [(each.line, each.kind, each.column) for each in found if isinstance(each, Flaw)]


EXPECTED = one(read(HEAD, ROW))


@pytest.mark.skipif(not REAL.is_dir(), reason="the sample registers of shared/data/dte/rcv are not here")
@pytest.mark.parametrize(
    ("name", "states", "wrong"),
    [
        ("compra-no_incluir-rz_leading_trailing_whitespace", {"no_incluir": 2}, []),
        ("compra-pendiente-rz_leading_trailing_whitespace", {"pendiente": 2}, []),
        ("compra-reclamado-rz_leading_trailing_whitespace", {"reclamado": 2}, []),
        ("compra-registro-rz_leading_trailing_whitespace", {"registro": 2}, []),
        ("venta-rz_leading_trailing_whitespace", {"venta": 2}, []),
        ("venta-multiple-dte-referencias", {"venta": 3}, []),
        ("venta-extra-empty-impuestos-rows", {"venta": 5}, []),
        ("venta-missing-required-fields", {"venta": 2}, [(2, "rcv-missing", "Tipo Doc")]),
        (
            "venta-validation-errors",
            {"venta": 5},
            [
                (5, "rcv-reference", "Folio Docto. Referencia"),
                (6, "rcv-reference", "Folio Docto. Referencia"),
                (7, "rcv-folio", "Folio"),
                (8, "rcv-reference", "Folio Docto. Referencia"),
            ],
        ),
        (
            "compra-reclamado",
            {"reclamado": 3},
            [
                (5, "rcv-amount", "IVA uso Comun"),
                (5, "rcv-amount", "Monto Exento"),
                (5, "rcv-amount", "Monto IVA Recuperable"),
                (5, "rcv-amount", "Monto Iva No Recuperable"),
                (5, "rcv-amount", "Monto Neto"),
                (5, "rcv-amount", "Monto Total"),
                (5, "rcv-date", "Fecha Docto"),
                (5, "rcv-folio", "Folio"),
                (5, "rcv-instant", "Fecha Recepcion"),
                (5, "rcv-instant", "Fecha Reclamo"),
                (5, "rcv-rut", "RUT Proveedor"),
                (5, "rcv-tax", "Codigo Otro Impuesto"),
                (5, "rcv-tax", "Tasa Otro Impuesto"),
                (6, "rcv-missing", "Tipo Doc, RUT Proveedor, Folio, Fecha Docto, Monto Total"),
            ],
        ),
    ],
)
def test_each_sample_register_gives_what_stands_in_it(
    name: str, states: dict[str, int], wrong: list[tuple[int, str, str]]
) -> None:
    with (REAL / f"RCV-{name}.csv").open("rb") as opened:
        found = list(read_register(opened))
    assert Counter(each.state for each in found if isinstance(each, Entry)) == states
    assert sorted(kinds(found)) == wrong


@pytest.mark.skipif(not REAL.is_dir(), reason="the sample registers of shared/data/dte/rcv are not here")
def test_values_of_the_samples_are_read_as_they_stand() -> None:
    with (REAL / "RCV-compra-reclamado.csv").open("rb") as opened:
        first = next(iter(read_register(opened)))
    assert first == Entry(
        line=2,
        state="reclamado",
        kind=33,
        party="12345678-5",
        name="Fake Company S.A.",
        folio=1000055,
        issued=date(2019, 6, 5),
        received=datetime(2019, 6, 6, 1, 58, 49, tzinfo=UTC),
        answered=None,
        claimed=datetime(2019, 6, 12, 13, 47, 23, tzinfo=UTC),
        exempt=0,
        net=970894,
        iva=184470,
        credit=184470,
        total=1155364,
        purpose="Del Giro",
        taxes=(Tax(23, 12000, Decimal("2.967999999")),),
    )
    with (REAL / "RCV-venta-multiple-dte-referencias.csv").open("rb") as opened:
        referring = [each.references for each in read_register(opened) if isinstance(each, Entry)]
    assert referring == [(), ((52, 10370), (52, 10371)), ((33, 200), (33, 300), (33, 400))]


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_other_separators_give_the_same(separator: str) -> None:
    assert one(read(HEAD.replace(";", separator), ROW.replace(";", separator))) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_other_encodings_and_ends_of_lines_give_the_same(encoding: str, end: str) -> None:
    assert one(read(HEAD, ROW, encoding=encoding, end=end)) == EXPECTED


def test_a_file_may_mix_encodings_as_programs_do_that_append() -> None:
    data = codecs.BOM_UTF8 + f"{HEAD}\n{ROW}\n".encode() + ROW.replace(";77;", ";78;").encode("iso-8859-1")
    assert [each.name for each in read_bytes(data) if isinstance(each, Entry)] == ["Ñandú & Cía."] * 2


@pytest.mark.parametrize(
    "row",
    [
        ROW + ";",
        ROW + ";;;;;",
        ROW.replace(";", " ; "),
        ROW.rstrip(";"),
        ";".join(f'"{cell}"' for cell in ROW.split(";")),
        ROW.replace("100000;19000;;;119000", "100.000;19.000;;;119.000"),
        ROW.replace("20/11/2026", "2026-11-20"),
        ROW.replace("20/11/2026", "20-11-2026"),
        ROW.replace("76543210-3", "76.543.210-3"),
        ROW.replace("10:00:00", "10:00"),
        ROW.replace("10:00:00", " 10:00:00 "),
    ],
)
def test_a_row_may_be_written_in_other_ways(row: str) -> None:
    assert one(read(HEAD, row)) == EXPECTED


def test_an_hour_of_one_digit_is_read_as_spreadsheets_write_it() -> None:
    assert one(read(HEAD, ROW.replace("10:00:00", "9:05"))).received == datetime(2026, 11, 20, 12, 5, tzinfo=UTC)


def test_lines_above_the_columns_and_other_orders_of_columns_do_not_matter() -> None:
    def turned(line: str) -> str:
        return ";".join(reversed(line.split(";")))

    found = one(read("sep=;", "Registro de compras, noviembre", turned(HEAD), turned(ROW)))
    assert (found.line, found.folio, found.total) == (4, 77, 119000)


def test_a_quote_in_a_name_does_not_eat_what_follows() -> None:
    names = ['"EL SOL" LTDA', '"EL SOL LTDA', 'EL "SOL', '"EL; SOL" LTDA']
    rows = [ROW.replace("Ñandú & Cía.", name).replace(";77;", f";{80 + n};") for n, name in enumerate(names)]
    found = read(HEAD, *rows)
    assert [each.folio for each in found if isinstance(each, Entry)] == [80, 81, 82, 83]
    assert kinds(found) == []


def test_several_taxes_of_a_document_are_one_entry_and_a_stray_one_is_told() -> None:
    second = TAX_ROW.replace(";27;10000;10", ";24;5;31,5")
    assert one(read(HEAD, ROW, TAX_ROW, second)).taxes == (
        Tax(27, 10000, Decimal(10)),
        Tax(24, 5, Decimal("31.5")),
    )
    stray = read(HEAD, ROW, TAX_ROW.replace(";77;", ";99;"))
    assert kinds(stray) == [(3, "rcv-tax-row", "Codigo Otro Impuesto")]
    after_a_broken_one = read(HEAD, ROW.replace("76543210-3", "76543210-4"), TAX_ROW.replace("0-3", "0-4"))
    assert kinds(after_a_broken_one) == [(2, "rcv-rut", "RUT Proveedor")]


def test_the_purchase_kind_says_what_is_not_included_where_the_columns_do_not() -> None:
    head = HEAD.replace("Tabacos Puros", "Otra")
    assert one(read(head, ROW)).state == "registro"
    assert one(read(head, ROW.replace("Del Giro", "No Corresp. Incluir"))).state == "no_incluir"
    assert one(read(HEAD.replace("Fecha Acuse;", ""), ROW.replace(":00;;", ":00;"))).state == "pendiente"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("1;33;", "1;FAC;", "rcv-kind"),
        ("76543210-3", "76543210-4", "rcv-rut"),
        (";77;", ";0;", "rcv-folio"),
        (";77;", ";7,7E+1;", "rcv-folio"),
        (";20/11/2026;", ";31/11/2026;", "rcv-date"),
        (";119000;", ";119.00;", "rcv-amount"),
        (";119000;", ";;", "rcv-missing"),
        ("76543210-3", "-", "rcv-missing"),
    ],
)
def test_a_row_that_cannot_be_a_document_is_told_with_its_line_and_the_next_goes_on(
    old: str, new: str, kind: str
) -> None:
    found = read(HEAD, ROW.replace(old, new, 1), ROW.replace(";77;", ";78;"))
    assert [(line, what) for line, what, _ in kinds(found)] == [(2, kind)]
    assert [each.folio for each in found if isinstance(each, Entry)] == [78]


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("20/11/2026 10:00:00", "", "rcv-no-reception"),
        ("20/11/2026 10:00:00", "20/11/2026 25:00", "rcv-instant"),
        ("119000;;;;", "119000;;27;;", "rcv-tax"),
    ],
)
def test_what_a_comparison_can_do_without_is_told_and_the_document_kept(old: str, new: str, kind: str) -> None:
    found = read(HEAD, ROW.replace(old, new))
    assert [what for _, what, _ in kinds(found)] == [kind]
    assert not flaws()[kind].lost
    assert [each.folio for each in found if isinstance(each, Entry)] == [77]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\x00\x01\x02", b"a;b;c\n1;2;3\n", b"<DTE/>", b"\xff\xfe", b"\n" * 99])
def test_a_file_that_is_no_register_is_one_flaw(data: bytes) -> None:
    assert kinds(read_bytes(data)) == [(1, "rcv-no-register", "")]


def test_an_endless_line_is_told_and_the_next_goes_on() -> None:
    found = read(HEAD, "x" * 200_000, ROW)
    assert kinds(found) == [(2, "rcv-line", "")]
    assert isinstance(found[1], Entry)
    assert found[1].line == 3


def test_a_register_without_documents_is_empty() -> None:
    assert read(HEAD) == []


@given(st.binary(max_size=300))
def test_no_bytes_below_the_columns_raise(data: bytes) -> None:
    for each in read_bytes(HEAD.encode() + b"\n" + data + b"\n" + ROW.encode()):
        assert isinstance(each, (Entry, Flaw))


@given(st.data())
def test_no_cell_makes_a_row_raise_and_a_document_is_kept_or_told(data: st.DataObject) -> None:
    cell = st.text(st.characters(max_codepoint=0x2FF, exclude_characters="\n\r"), max_size=12) | st.sampled_from(
        [
            "99999999999999999999",
            "-1",
            "１２",
            "31/02/2026",
            "1e5",
            '"',
            "null",
            "-",
            "9999-12-31 23:59:59",
            "01/01/0001",
        ]
    )
    row = ROW.split(";")
    for place in data.draw(st.sets(st.integers(0, len(row) - 1), max_size=4)):
        row[place] = data.draw(cell)
    found = read_bytes(f"{HEAD}\n{';'.join(row)}\n{ROW.replace(';77;', ';4242;')}\n".encode())
    assert any(isinstance(each, Entry) and each.folio == 4242 for each in found)
    assert {each.line for each in found} >= {2, 3} or not "".join(row).strip()


def test_every_flaw_that_is_told_has_its_words() -> None:
    source = Path(read_register.__code__.co_filename).read_text("utf-8")
    assert set(flaws()) == {kind for kind in flaws() if f'"{kind}"' in source}
