"""Printed documents: what the SII's manual of printed samples asks for, and a stamp that a reader reads back."""

import io
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from pieces import edited_example
from PIL import Image

from minga.domain.errors import UnfitFile
from minga.dte import Grounds, trial
from minga.dte.document import Document, Piece, read
from minga.dte.examples import example as long_example
from minga.dte.making import example, make_trial, read_draft
from minga.dte.printing import Letterhead, print_document, ted_of, unprintable
from minga.dte.printing.figures import figure, money
from minga.dte.printing.page import split
from minga.dte.printing.stamp import bar_code
from minga.dte.reading import containers

NOW = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
HEAD = Letterhead("Temuco", 80, 2014)
MM = 25.4 / 72


@cache
def made(kind: int, changed: str = "") -> Document:
    text = example(kind)
    for change in filter(None, changed.split("|")):
        old, new = change.split("=>")
        assert old in text
        text = text.replace(old, new)
    return make_trial(read_draft(text), Grounds(date(2026, 11, 26)), NOW).document


def texts(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]


def read_back(pdf: bytes, dots_an_inch: int) -> list[bytes]:
    """What a reader of bar codes sees on each page, printed with so many dots an inch."""
    seen = []
    for page in pypdfium2.PdfDocument(pdf):
        picture = page.render(scale=dots_an_inch / 72).to_pil().convert("L")
        seen += [found.bytes for found in zxingcpp.read_barcodes(picture, zxingcpp.BarcodeFormat.PDF417)]
    return seen


def stamps(pdf: bytes) -> list[tuple[float, float, float, float]]:
    """Left edge, distance from the lower edge, width and height of each picture, in millimetres."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        for thing in page.get_objects():
            if thing.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE:
                left, bottom, right, top = thing.get_bounds()
                found.append((left * MM, bottom * MM, (right - left) * MM, (top - bottom) * MM))
    return found


@pytest.mark.parametrize("kind", [33, 43, 61, 110])
def test_the_stamp_on_a_page_is_read_back_byte_by_byte(kind: int) -> None:
    document = made(kind)
    pdf = print_document(document, HEAD, copies="original")
    assert read_back(pdf, 200) == [ted_of(document.piece)]
    assert len(pdf) < 500_000


@pytest.mark.parametrize("kind", [52])
def test_the_stamp_on_a_roll_is_read_back_from_a_thermal_printer(kind: int) -> None:
    document = made(kind)
    pdf = print_document(document, HEAD, "ticket")
    assert read_back(pdf, 203) == [ted_of(document.piece)] * 2


@pytest.mark.parametrize("paper", ["letter", "a4", "ticket"])
def test_the_stamp_has_the_size_and_the_place_of_the_manual(paper: str) -> None:
    (left, bottom, width, height), *_ = stamps(print_document(made(33), HEAD, paper))  # type: ignore[arg-type]
    assert left >= 20 - 0.01
    assert (20 <= height <= 40.01, 50 <= width <= 90) == (True, True)
    assert bottom < 60


@pytest.mark.parametrize("name", ["DTE--76354771-K--33--170.xml", "DTE--76399752-9--33--25568.xml"])
def test_a_document_of_others_is_printed_with_the_stamp_that_its_issuer_made(name: str) -> None:
    file = Path(__file__).parents[3] / "shared" / "data" / "dte" / "real_dte" / name
    if not file.exists():
        pytest.skip(f"the real document is not at {file}")
    (container,) = containers(file)
    document = read(container.pieces[0])
    assert read_back(print_document(document, HEAD, copies="original"), 200) == [ted_of(document.piece)]


def test_the_ted_of_a_stamp_is_what_was_signed() -> None:
    ted = ted_of(made(33).piece)
    assert ted is not None
    assert ted.startswith(b'<TED version="1.0"><DD><RE>76086428-5</RE>')
    assert ted in made(33).piece.raw


def test_a_stamp_of_any_length_that_the_schema_allows_fits() -> None:
    ted = ted_of(made(33).piece)
    assert ted is not None
    longest = ted.replace(b"Constructora Alerce Ltda", b"&amp;" * 40).replace(
        b"Tabla de pino seco 1x4", b"\xd1\xe1" * 20
    )
    for columns in (8, 14):
        code = bar_code(longest, columns)
        assert [found.bytes for found in zxingcpp.read_barcodes(code.picture.convert("L"))] == [longest]
    with pytest.raises(ValueError, match="too long"):
        bar_code(b"\xff" * 1500, 8)


@pytest.mark.parametrize(
    ("kind", "says"),
    [(33, "CEDIBLE"), (34, "CEDIBLE"), (43, "CEDIBLE"), (46, "CEDIBLE"), (52, "CEDIBLE CON SU FACTURA")],
)
def test_documents_that_can_be_ceded_have_a_copy_that_says_so_with_a_receipt(kind: int, says: str) -> None:
    original, assignable = texts(print_document(made(kind), HEAD))
    assert "CEDIBLE" not in original
    assert "Acuse de recibo" not in original
    assert says in assignable.splitlines()
    told = " ".join(assignable.split())
    assert "acredita que la entrega de mercaderías o servicio (s) prestado (s) ha (n) sido recibido (s)." in told
    for label in ("Nombre:", "R.U.T.:", "Fecha:", "Recinto:", "Firma:"):
        assert label in assignable


@pytest.mark.parametrize("kind", [56, 61, 110, 111, 112])
def test_notes_and_exports_have_no_copy_to_cede(kind: int) -> None:
    assert len(texts(print_document(made(kind), HEAD))) == 1
    assert "CEDIBLE" not in texts(print_document(made(kind), HEAD, copies="assignable"))[0]


def test_a_guia_that_is_no_sale_has_no_copy_to_cede() -> None:
    document = read(trial.sign_piece(long_example("52-transfer")))
    (only,) = texts(print_document(document, HEAD))
    assert "Traslados internos" in only or "no venta" in only


def test_a_page_says_who_what_and_how_much() -> None:
    told = texts(print_document(made(33), HEAD))[0]
    for expected in (
        "R.U.T.: 76.086.428-5", "FACTURA ELECTRÓNICA", "N° 1", "S.I.I. - TEMUCO", "Maderas del Estero SpA",
        "Temuco, 10 de noviembre de 2026", "77.123.456-9", "Construcción de edificios", "Crédito", "10-12-2026",
        "Tabla de pino seco 1x4", "750.000", "Descuento por volumen (5%)", "-$ 45.000", "IVA (19%)", "$ 162.450",
        "$ 1.057.450", "Timbre Electrónico SII", "Res. 80 de 2014 - Verifique documento: www.sii.cl",
    ):  # fmt: skip
        assert expected in told, expected


def test_where_nothing_is_affected_neither_net_nor_iva_is_printed() -> None:
    told = texts(print_document(made(34), HEAD, copies="original"))[0]
    assert "Monto exento" in told
    assert "IVA" not in told
    assert "neto" not in told


def test_iva_that_is_kept_back_has_a_minus_and_its_name() -> None:
    told = texts(print_document(made(46), HEAD, copies="original"))[0]
    assert "IVA retenido ganado (8%)" in told
    assert "-$ 240.000" in told
    assert "$ 3.330.000" in told


def test_an_export_says_ports_packages_countries_and_currency() -> None:
    letterhead = Letterhead("Curicó", 80, 2014, words={"CodPtoEmbarque": "San Antonio"})
    told = texts(print_document(made(110), letterhead))[0]
    for expected in (
        "San Antonio",
        "código 244",
        "DOLAR USA",
        "US$ 80.000,00",
        "$ 76.000.000",
        "Total de bultos",
        "21.500,5 (unidad 6)",
        "DUS",
    ):
        assert expected in told, expected


def test_a_guia_says_why_and_how_the_goods_move() -> None:
    told = texts(print_document(made(52), HEAD, copies="original"))[0]
    for expected in ("Operación constituye venta", "RXTP42", "JKLW18", "12.345.678-5", "10-11-2026 08:30:00"):
        assert expected in told, expected


def test_a_trial_says_on_every_page_that_it_is_worth_nothing() -> None:
    letterhead = Letterhead("Temuco", 80, 2014, is_trial=True)
    for paper in ("letter", "ticket"):
        pages = texts(print_document(made(33), letterhead, paper))  # type: ignore[arg-type]
        assert len(pages) == 2
        assert all("SIN VALIDEZ TRIBUTARIA" in " ".join(page.split()) for page in pages)
    assert read_back(print_document(made(33), letterhead), 200) == [ted_of(made(33).piece)] * 2


def test_boletas_have_a_printed_stamp_until_the_end_of_2025() -> None:
    told = texts(print_document(made(39), HEAD, "ticket"))[0]
    assert stamps(print_document(made(39), HEAD, "ticket")) == []
    assert "www.sii.cl" in told
    assert "$ 27.970" in told
    earlier = made(39, "date = 2026-11-10=>date = 2025-11-10")
    assert read_back(print_document(earlier, HEAD, "ticket"), 203) == [ted_of(earlier.piece)]


def test_lines_that_do_not_fit_go_on_to_the_next_sheet() -> None:
    line = '[[lines]]\nname = "Artículo {}"\nprice = 1000\ndescription = "{}"\n'
    lines = "".join(line.format(f"n{number:02}", "Largo. " * 30) for number in range(1, 61))
    text = example(34)
    head = text[: text.index("[[lines]]")]
    document = make_trial(read_draft(head + lines), Grounds(date(2026, 11, 26)), NOW).document
    pages = texts(print_document(document, HEAD, copies="original"))
    assert len(pages) > 2
    assert [sum(page.count(f"Artículo n{number:02}") for page in pages) for number in range(1, 61)] == [1] * 60
    assert ["MONTO TOTAL" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert f"Página {len(pages)} de {len(pages)}" in pages[-1]


def lowest(pdf: bytes) -> list[list[float]]:
    """Of each page, how far from the lower edge its texts end, in millimetres."""
    return [
        [thing.get_bounds()[1] * MM for thing in page.get_objects() if thing.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT]
        for page in pypdfium2.PdfDocument(pdf)
    ]


@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_no_line_runs_out_of_the_frame_of_its_sheet(count: int) -> None:
    """The frame ends 17 mm above the lower edge, the number of the sheet stands at 8 mm."""
    line = '[[lines]]\nname = "Artículo"\nprice = 1000\ndescription = "{}"\n'
    text = example(34)
    lines = "".join(line.format("Largo. " * 12 * (1 + number % count)) for number in range(60))
    draft = read_draft(text[: text.index("[[lines]]")] + lines)
    document = make_trial(draft, Grounds(date(2026, 11, 26)), NOW).document
    pages = lowest(print_document(document, HEAD, copies="original"))
    assert len(pages) > 2
    assert [low for page in pages[:-1] for low in page if 9 < low < 17] == []


def test_as_many_references_as_a_document_can_have_leave_room_for_its_lines() -> None:
    more = '[[references]]\ntype = 52\nfolio = {}\ndate = 2026-11-09\n[[references]]\ntype = 801\nfolio = "OC-{}"\n'
    references = "".join(more.format(number, number) + "date = 2026-10-30\n" for number in range(101, 121))
    draft = read_draft(example(33) + references)
    pages = texts(print_document(make_trial(draft, Grounds(date(2026, 11, 26)), NOW).document, HEAD, copies="original"))
    assert len(pages) == 1
    assert "Guía de despacho electrónica: 101 (09-11-2026), 102" in pages[0]
    assert all(f"OC-{number} (30-10-2026)" in pages[0].replace("\r\n", " ") for number in range(101, 121))


def test_a_long_name_leaves_the_title_of_further_sheets_free() -> None:
    line = '[[lines]]\nname = "Artículo"\nprice = 1000\n'
    text = example(34).replace("Instituto Los Avellanos SpA", "Instituto de Los Avellanos " * 3 + "y Compañía SpA")
    draft = read_draft(text[: text.index("[[lines]]")] + line * 60)
    pdf = print_document(make_trial(draft, Grounds(date(2026, 11, 26)), NOW).document, HEAD, copies="original")
    page = pypdfium2.PdfDocument(pdf)[1]
    name, title = sorted(
        (thing.get_bounds() for thing in page.get_objects() if thing.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT),
        key=lambda bounds: -bounds[1],
    )[:2]
    assert min(name[2], title[2]) < max(name[0], title[0])


@given(st.lists(st.floats(1, 60), min_size=1, max_size=80), st.floats(80, 150), st.floats(150, 220), st.floats(10, 70))
def test_no_sheet_is_fuller_than_it_can_be(heights: list[float], first: float, later: float, foot: float) -> None:
    sheets = split(heights, first, later, foot)
    assert sum(sheets) == len(heights)
    start = 0
    for number, count in enumerate(sheets):
        room = (first if number == 0 else later) - (foot if number == len(sheets) - 1 else 0)
        assert count == 1 or sum(heights[start : start + count]) <= room + 1e-6
        start += count


def test_a_logo_is_printed_and_what_is_no_picture_is_refused() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (60, 30), (200, 10, 10, 128)).save(file, "PNG")
    pdf = print_document(made(33), Letterhead("Temuco", 80, 2014, logo=file.getvalue()), copies="original")
    sizes = [(round(width), round(height)) for _, _, width, height in stamps(pdf)]
    assert sizes[0] == (34, 17)
    with pytest.raises(UnfitFile):
        print_document(made(33), Letterhead(logo=b"GIF89a"))


def test_numbers_are_written_as_in_chile() -> None:
    written = {"1057450": "1.057.450", "2.50": "2,5", "0.5": "0,5", "1234.000001": "1.234,000001", "-45000": "-45.000"}
    assert {text: figure(Decimal(text)) for text in written} == written
    assert money(made(110).body.amount("Encabezado/Totales/MntTotal")) == "80.000,00"


def test_the_same_document_is_printed_in_the_same_bytes() -> None:
    assert print_document(made(33), HEAD) == print_document(made(33), HEAD)


def named(name: str) -> Document:
    """A document that came from elsewhere, in UTF-8, with that item."""
    raw = edited_example("33", {"Detalle[1]/NmbItem": "PLACE"}).raw.decode("iso-8859-1")
    return read(Piece(raw.replace("PLACE", name).encode(), "UTF-8"))


def test_letters_written_another_way_are_printed() -> None:
    document = named("Café\u202fno\u2011molido −5 “a” € …")
    assert unprintable(document, HEAD) == ""
    assert "Café no-molido -5 “a” € …" in texts(print_document(document, HEAD, copies="original"))[0]


def test_letters_that_the_font_lacks_are_told() -> None:
    document = named("Té 烏龍茶, 烏 y Łódź")
    assert unprintable(document, HEAD) == "烏龍茶Łź"
    assert "Té ???, ? y ?ód?" in texts(print_document(document, HEAD, copies="original"))[0]
    assert unprintable(named("Té"), Letterhead("Łódź")) == "ŁŹ"


def test_the_command_says_which_letters_it_could_not_print(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(named("Té 烏龍茶").piece.raw)
    command = [sys.executable, "-m", "minga", "dte", "print", "a.xml", "-o", "a.pdf"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "a.pdf: letters that the print does not have, shown there as ?: 烏龍茶" in done.stderr
