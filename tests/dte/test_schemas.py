"""The SII's schemas: known by their digests, chosen by the day, read only as they were installed."""

from datetime import date
from pathlib import Path

import pytest
from pieces import edited_example

from minga.dte import Grounds, check_piece
from minga.dte.schemas import NotASet, Schemas, install
from minga.dte.schemas.installing import Own, from_archive, from_folder
from minga.dte.schemas.sets import Changed

SET = Path(__file__).parents[3] / "shared/data/dte/xsd_2026-02-06"
TODAY = date(2026, 11, 26)
given = pytest.mark.skipif(not SET.is_dir(), reason="the SII's schemas are not at hand (shared/data/dte)")


def errors(schemas: Schemas | None, edits: dict[str, str | bool]) -> list[str]:
    checked = check_piece(edited_example("33", edits), Grounds(TODAY, schemas=schemas))
    return [each.detail for each in checked.findings if each.rule.id == "schema-invalid"]


def test_without_schemas_the_check_says_that_it_was_not_made() -> None:
    checked = check_piece(edited_example("33", {}), Grounds(TODAY))
    assert [each.rule.id for each in checked.findings if each.rule.id.startswith("schema-")] == ["schema-not-checked"]


@given
def test_a_known_set_is_recognised_and_used_from_its_day_on(tmp_path: Path) -> None:
    made = install(from_folder(SET), "a folder", tmp_path)
    assert (made.name, made.known) == ("2026-02-06", True)
    checked = check_piece(edited_example("33", {}), Grounds(TODAY, schemas=Schemas.at(tmp_path)))
    assert checked.held["schema"] == "2026-02-06"


@given
def test_a_fault_is_told_with_its_place(tmp_path: Path) -> None:
    install(from_folder(SET), "a folder", tmp_path)
    schemas = Schemas.at(tmp_path)
    plain = errors(schemas, {})
    for path, value, words in (
        ("Encabezado/Totales/IVA", "abc", "'abc' is not a valid value"),
        ("Detalle[2]/QtyItem", "0", "minInclusive"),
        ("Encabezado/Emisor/Nuevo", "x", "This element is not expected"),
    ):
        found = [each for each in errors(schemas, {path: value}) if each not in plain]
        assert any(words in each for each in found), (path, found)


@given
def test_a_changed_file_is_not_used(tmp_path: Path) -> None:
    install(from_folder(SET), "a folder", tmp_path)
    file = tmp_path / "2026-02-06" / "SiiTypes_v10.xsd"
    file.write_bytes(file.read_bytes() + b"<!-- -->")
    with pytest.raises(Changed):
        check_piece(edited_example("33", {}), Grounds(TODAY, schemas=Schemas.at(tmp_path)))


@given
def test_an_unknown_set_is_taken_on_the_users_word_only(tmp_path: Path) -> None:
    files = from_folder(SET) | {"DTE_v10.xsd": (SET / "DTE_v10.xsd").read_bytes() + b"\n"}
    with pytest.raises(NotASet, match="no set that is known"):
        install(files, "a folder", tmp_path)
    made = install(files, "a folder", tmp_path, Own("tomorrow", date(2027, 1, 1)))
    assert (made.name, made.known) == ("tomorrow", False)
    assert [each.name for each in Schemas.at(tmp_path).on(date(2027, 2, 1), "DTE")] == ["tomorrow"]


def test_what_is_no_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotASet, match=r"missing: DTE_v10\.xsd"):
        install({"other.xsd": b"<a/>"}, "a folder", tmp_path)
    with pytest.raises(NotASet, match="no zip archive"):
        from_archive(b"PK\x03\x04 not really")
