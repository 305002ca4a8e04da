"""`minga.dte.check` and `minga dte check`: many files, several processes, one order, and what the exit code says."""

import json
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from minga.dte import Grounds, check, places
from minga.dte.editing import edited
from minga.dte.examples import example
from minga.dte.many import SMALL
from minga.dte.trial import grounds, sign_piece

GROUNDS = grounds(Grounds(date(2026, 11, 26)))


def invoice(folio: int, iva: str = "162450") -> bytes:
    tree = edited(example("33"), {"Encabezado/IdDoc/Folio": str(folio), "Encabezado/Totales/IVA": iva})
    return b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + sign_piece(tree).raw


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("documents")
    for folio in range(1, SMALL + 40):
        (where / f"{folio:04}.xml").write_bytes(invoice(folio, "1" if folio == 7 else "162450"))
    (where / "0100-broken.xml").write_bytes(invoice(9000)[:3000])
    with zipfile.ZipFile(where / "more.zip", "w") as archive:
        archive.writestr("a.xml", invoice(9001))
    return where


def told(*arguments: str, where: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "minga", "dte", "check", "--trial", *arguments]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=120)


def test_several_processes_judge_as_one_does_and_in_the_same_order(folder: Path) -> None:
    one = [(each.place, [f.rule.id for f in each.findings]) for each in check(folder, GROUNDS)]
    two = [(each.place, [f.rule.id for f in each.findings]) for each in check(folder, GROUNDS, processes=2)]
    assert one == two
    assert len(one) > SMALL
    assert [place for place, rules in one if "totals-iva" in rules] == [str(folder / "0007.xml")]


def test_a_batch_goes_on_past_a_broken_file_and_its_exit_code_says_so(folder: Path) -> None:
    done = told(".", "--json", where=folder)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert sum(line["type"] == 33 for line in lines) == SMALL + 40
    assert any("broken" in line["place"] and line["worst"] == "rejected" for line in lines)


def test_right_documents_end_with_0_and_wrong_ones_with_1(folder: Path) -> None:
    assert told("0001.xml", "--quiet", where=folder).returncode == 0
    assert told("0007.xml", "--quiet", where=folder).returncode == 1


def test_the_same_folio_twice_is_told_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(invoice(5))
    (tmp_path / "b.xml").write_bytes(invoice(5, "1"))
    found = [each for each in check(tmp_path, GROUNDS) if each.kind == "batch"]
    assert found
    assert all(each.head and each.head.folio == 5 for each in found)


def test_a_place_where_nothing_is_and_one_without_documents_are_bad_input(tmp_path: Path) -> None:
    for place in ("nowhere.xml", "."):
        done = told(place, where=tmp_path)
        assert done.returncode == 2
        assert done.stdout == ""
        assert place in done.stderr
    with pytest.raises(FileNotFoundError):
        list(check(tmp_path / "nowhere.xml"))


def test_a_stream_of_files_is_read_one_after_the_other(tmp_path: Path) -> None:
    """As ``unzip -p month.zip | minga dte check -`` gives them."""
    command = [sys.executable, "-m", "minga", "dte", "check", "--trial", "-", "--json"]
    stream = b"\n".join([invoice(1), invoice(2), invoice(3)])
    done = subprocess.run(command, cwd=tmp_path, input=stream, capture_output=True, timeout=120)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(line["place"], line["folio"]) for line in lines] == [("stdin", 1), ("stdin[2]", 2), ("stdin[3]", 3)]
    assert done.returncode == 0


def test_what_is_wrong_with_a_file_is_not_counted_as_a_document(tmp_path: Path) -> None:
    content = invoice(1).replace(b"ISO-8859-1", b"KOI8-R", 1)
    assert [each.kind for each in check(content, GROUNDS)] == ["DTE", "file"]
    (tmp_path / "a.xml").write_bytes(content)
    done = told("a.xml", where=tmp_path)
    assert done.stderr.startswith("1 document, ")
    assert "a.xml: the file itself: not right\n" in done.stdout


def test_what_stands_in_a_file_makes_no_line_of_its_own_and_gives_a_terminal_no_orders(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"right\nb.xml: nothing to object \x1b[2J\x00")
    done = told("a.xml", where=tmp_path)
    assert "found right b.xml: nothing " in done.stdout
    assert not {"\x1b", "\x00"} & set(done.stdout)


def test_half_a_file_is_told_once() -> None:
    [half] = check(invoice(1)[:2000], GROUNDS)
    assert [each.rule.id for each in half.findings] == ["read-half"]


def test_of_a_value_without_end_the_beginning_is_told() -> None:
    [found] = check(invoice(1).replace(b"<MntTotal>", b"<MntTotal>" + b"9" * 100_000), GROUNDS)
    assert found.findings
    assert all(len(each.found) + len(each.expected) < 1_000 for each in found.findings)


def test_a_norm_is_named_once() -> None:
    [found] = check(invoice(1).replace(b"<FchEmis>2026", b"<FchEmis>x", 1), GROUNDS)
    for each in found.findings:
        assert len(set(places(each))) == len(places(each))
    assert any(each.rule.id == "field-not-date" for each in found.findings)


def test_rules_of_a_type_that_there_is_not_are_bad_input(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "minga", "dte", "rules", "--type", "99"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "99 is no type of document; there are 33, " in done.stderr


def test_what_breaks_one_rule_in_several_places_is_explained_once(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(invoice(1).replace(b"</NmbItem>", b"</NmbItem><DscItem></DscItem>"))
    done = told("a.xml", where=tmp_path)
    assert done.stdout.count("[field-empty-text]") == 1
    assert done.stdout.count("Detalle[1]/DscItem\n") == done.stdout.count("Detalle[2]/DscItem\n") == 1


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("950", set()), ("950,00", set()), ("945.32", {"foreign-day-rate"})],
    ids=["right", "comma", "other"],
)
def test_an_export_is_judged_by_the_rates_given(rate: str, expected: set[str], tmp_path: Path) -> None:
    raw = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + sign_piece(example("110")).raw
    (tmp_path / "a.xml").write_bytes(raw)
    (tmp_path / "rates.csv").write_text(f"2026-11-09;DOLAR USA;900\n\n2026-11-10;dolar usa;{rate}\n")
    found = json.loads(told("a.xml", "--json", "--rates", "rates.csv", where=tmp_path).stdout)["findings"]
    assert {each["rule"] for each in found if each["rule"].startswith("foreign-")} == expected


def test_rates_that_are_none_are_bad_input(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("2026-11-10;945.32\n")
    done = told("a.xml", "--rates", "rates.csv", where=tmp_path)
    assert done.returncode == 2
    assert "'2026-11-10;945.32' is no line as 2026-11-30;DOLAR USA;945.32" in done.stderr
    assert told("a.xml", "--rates", "none.csv", where=tmp_path).returncode == 2
