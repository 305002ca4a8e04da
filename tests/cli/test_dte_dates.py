"""`minga dte deadlines`, `claim` and `reconcile` as a person and a program use them."""

import csv
import json
import os
from pathlib import Path

import pytest
from program import Program

INVOICE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0"><Documento ID="D1"><Encabezado><IdDoc><TipoDTE>{kind}</TipoDTE>
<Folio>{folio}</Folio><FchEmis>2026-11-10</FchEmis></IdDoc><Emisor><RUTEmisor>76086428-5</RUTEmisor></Emisor>
<Receptor><RUTRecep>77123456-9</RUTRecep></Receptor><Totales><MntNeto>100000</MntNeto><TasaIVA>19</TasaIVA>
<IVA>19000</IVA><MntTotal>119000</MntTotal></Totales></Encabezado></Documento></DTE>"""

HEAD = (
    "Nro;Tipo Doc;Tipo Compra;RUT Proveedor;Folio;Fecha Docto;Fecha Recepcion;Fecha Acuse;Monto Exento;Monto Neto;"
    "Monto IVA Recuperable;Monto Total;Tabacos Puros"
)
ROW = "1;33;Del Giro;76086428-5;{folio};10/11/2026;10/11/2026 15:00:00;{answered};0;100000;19000;{total};"


@pytest.fixture
def files(minga: Program) -> Path:
    """A folder with documents 1 and 2, beside registers."""
    folder = minga.work / "documents"
    folder.mkdir()
    for folio in (1, 2):
        (folder / f"{folio}.xml").write_text(INVOICE.format(kind=33, folio=folio))
    return folder


def register(minga: Program, name: str, *rows: str) -> str:
    (minga.work / name).write_text("\n".join([HEAD, *rows]) + "\n")
    return name


def row(folio: int, total: int = 119_000, answered: str = "11/11/2026 9:00") -> str:
    return ROW.format(folio=folio, total=total, answered=answered)


def test_deadlines_are_told_with_their_norms_and_what_holds_now(minga: Program, files: Path) -> None:
    asked = ("dte", "deadlines", "documents/1.xml", "--received", "2026-11-20T10:00")
    done = minga.run(*asked, "--at", "2026-11-25T12:00")
    assert done.code == 0
    assert "as of 2026-11-25 12:00 in Chile" in done.out
    for text in ("2026-11-28 10:00", "2026-12-20 24:00", "Ley 19.983, art. 2 inciso 1", "may claim, accept"):
        assert text in done.out
    later = minga.run(*asked, "--at", "2027-01-02T12:00", env={"MINGA_LANGUAGE": "es"})
    assert "El registro del SII ya no recibe reclamos" in later.out
    assert "comisión fija del 1 % del saldo impago. ($1.190)" in later.out


def test_deadlines_as_lines_say_whether_each_has_passed(minga: Program, files: Path) -> None:
    given = ("--received", "2026-11-20T10:00", "--accepted", "2026-11-21T10:00", "--goods", "2026-11-10")
    lines = minga.run("dte", "deadlines", "documents/1.xml", *given, "--at", "2026-11-26", "--json").lines()
    found = {line["id"]: line for line in lines}
    assert found["acceptance"]["until"] == "2026-11-21T13:00:00Z"
    assert found["acceptance"]["passed"] is True
    assert found["payment"]["passed"] is False
    assert found["payment"]["norms"] == ["Ley 19.983, art. 2 inciso 1", "Código Civil, art. 48"]
    assert (found["payment"]["text"], found["payment"]["last_day"]) == ("2020-04-03", "2026-12-20")
    assert found["issue-postponed"]["last_day"] == "2026-12-10"
    assert found["return-of-goods"]["last_day"] == "2027-05-10"


def test_deadlines_go_on_past_a_document_that_cannot_be_read(minga: Program, files: Path) -> None:
    (files / "0.xml").write_text("<DTE")
    done = minga.run("dte", "deadlines", "documents", "--received", "2026-11-20T10:00")
    assert done.code == 1
    assert done.out.count("Document 33") == 2
    assert "documents/0.xml: " in done.err


def test_nothing_was_answered_before_the_document_was_received(minga: Program, files: Path) -> None:
    done = minga.run("dte", "deadlines", "documents", "--received", "2026-11-20T10:00", "--claimed", "2026-10-24T09:30")
    assert (done.code, done.out) == (2, "")
    assert "--claimed is before --received" in done.err


def test_a_document_that_is_no_invoice_has_no_deadlines(minga: Program, files: Path) -> None:
    (files / "1.xml").write_text(INVOICE.format(kind=61, folio=1))
    done = minga.run("dte", "deadlines", "documents/1.xml", "--received", "2026-11-20")
    assert done.code == 0
    assert "No term of Ley 19.983 runs for this type of document" in done.out


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--received", "soon"], "'soon' is no day and time as 2026-11-20T10:00"),
        (["--received", "0001-01-01"], "'0001-01-01' is no day and time"),
        (
            ["--received", "2026-11-20", "--agreed", "2026-10-01"],
            "--agreed, --agreed-days and --registered go together",
        ),
        (["--received", "2026-11-20", "--agreed", "2031-10-01", "--agreed-days", "60"], "the holidays of 2031"),
        ([], "--received"),
    ],
    ids=["word", "year", "half", "holidays", "none"],
)
def test_deadlines_refuse_what_they_cannot_count_with(
    minga: Program, files: Path, options: list[str], text: str
) -> None:
    minga.run("dte", "deadlines", "documents/1.xml", *options).refused(2, text)


def test_deadlines_refuse_a_file_that_is_not_there(minga: Program) -> None:
    minga.run("dte", "deadlines", "no.xml", "--received", "2026-11-20").refused(2, "no.xml")


def test_the_register_of_claims_is_answered_for(minga: Program) -> None:
    asked = ("dte", "claim", "--received", "2026-11-20T10:00", "--at", "2026-11-22T10:00", "--recorded", "ACD")
    found = json.loads(minga.run(*asked, "--json").out)
    assert found["RCD"]["codes"] == [11]
    assert found["ERM"] == {"codes": [0], "messages": ["Acción Completada OK."]}
    assert found["assignable"]["codes"] == [22]
    assert "No se puede reclamar DTE previamente aceptado." in " ".join(minga.run(*asked).out.split())


def test_a_register_that_agrees_ends_with_0_and_one_that_differs_with_1(minga: Program, files: Path) -> None:
    name = register(minga, "r.csv", row(1), row(2))
    same = minga.run("dte", "reconcile", name, "documents")
    assert (same.code, same.err) == (0, "")
    assert "Nothing differs." in same.out
    other = minga.run("dte", "reconcile", register(minga, "o.csv", row(1), row(2, 118_000), row(3)), "documents")
    assert other.code == 1
    assert other.out.index("missing-document") < other.out.index("amount")
    assert "Differences: amount 1, missing-document 1. At risk: $120.000." in other.out


def test_company_and_month_are_taken_from_the_names_of_the_files(minga: Program, files: Path) -> None:
    name = register(minga, "RCV_COMPRA_REGISTRO_77123456-9_202610.csv", row(1), row(2))
    done = minga.run("dte", "reconcile", name, "documents", env={"MINGA_LANGUAGE": "es"})
    assert "compras de 77123456-9, 2026-10" in done.out
    assert "wrong-period 2" in done.out
    assert "left out: 2." in minga.run("dte", "reconcile", name, "documents", "--company", "76.543.210-3").out
    assert "2026-11" in minga.run("dte", "reconcile", name, "documents", "--period", "2026-11").out


def test_differences_are_given_to_programs_as_lines_and_as_csv(minga: Program, files: Path) -> None:
    name = register(minga, "r.csv", row(1), row(9, answered=""))
    asked = ("dte", "reconcile", name, "documents", "--at", "2026-11-17T15:00")
    *lines, totals = [json.loads(line) for line in minga.run(*asked, "--json").out.splitlines()]
    assert [line["kind"] for line in lines] == ["missing-entry", "missing-document", "claim-open"]
    assert lines[2]["until"] == "2026-11-18T18:00:00Z"
    assert (totals["kind"], totals["entries"], totals["matched"]) == ("totals", 2, 1)
    rows = list(csv.DictReader(minga.run(*asked, "--csv").out.splitlines()))
    assert [one["folio"] for one in rows] == ["2", "9", "9"]
    assert rows[1]["lines"] == "r.csv:3"
    minga.run(*asked, "--csv", "--json").refused(2, "--json and --csv exclude each other")


def test_no_text_of_a_document_becomes_a_formula_in_a_spreadsheet(minga: Program, files: Path) -> None:
    (files / "2.xml").write_text(INVOICE.format(kind=33, folio=2).replace("76086428-5", "=HYPERLINK(1)"))
    done = minga.run("dte", "reconcile", register(minga, "r.csv", row(1)), "documents", "--csv")
    assert [one["party"] for one in csv.DictReader(done.out.splitlines())] == ["'=HYPERLINK(1)"]


def test_the_table_is_cut_and_says_so(minga: Program, files: Path) -> None:
    name = register(minga, "r.csv", *(row(folio) for folio in range(10, 16)))
    done = minga.run("dte", "reconcile", name, "documents", "--limit", "3")
    assert "5 more: --limit 0 shows them all" in done.out
    assert "5 more" not in minga.run("dte", "reconcile", name, "documents", "--limit", "0").out


def test_a_bad_line_is_told_with_its_place_and_remedy_and_the_rest_compared(minga: Program, files: Path) -> None:
    name = register(minga, "r.csv", row(1), row(2), row(3).replace("76086428-5", "76086428-6"))
    done = minga.run("dte", "reconcile", name, "documents")
    assert done.code == 1
    assert "r.csv:4: This is no RUT, or its check digit is wrong. (RUT Proveedor: '76086428-6')" in done.err
    assert "  → Correct it from the document" in done.err
    assert "In both: 2." in done.out
    assert "1 lines, 0 documents" in done.out


def test_what_cannot_be_compared_at_all_is_refused(minga: Program, files: Path) -> None:
    name = register(minga, "r.csv", row(1))
    (minga.work / "no.csv").write_text("a;b\n1;2\n")
    (minga.work / "sales.csv").write_text(HEAD.replace("RUT Proveedor", "Rut cliente") + "\n")
    minga.run("dte", "reconcile", "no.csv", "documents").refused(2, "none of the files is a CSV")
    minga.run("dte", "reconcile", name, "sales.csv", "documents").refused(2, "purchases and sales")
    minga.run("dte", "reconcile", "gone.csv", "documents").refused(2, "gone.csv")
    minga.run("dte", "reconcile", name, "nowhere").refused(2, "nowhere")
    minga.run("dte", "reconcile", name, "documents", "--company", "76086428-6").refused(2, "is no RUT with its check")
    minga.run("dte", "reconcile", name, "documents", "--period", "november").refused(2, "'november' is no month")


def test_nothing_is_left_in_the_folder_for_temporary_files(minga: Program, files: Path) -> None:
    name = register(minga, "r.csv", *(row(folio) for folio in range(1, 200)))
    place = minga.root / "temporary"
    place.mkdir()
    minga.run("dte", "reconcile", name, "documents", env={"TMPDIR": str(place), "SQLITE_TMPDIR": str(place)})
    assert os.listdir(place) == []
