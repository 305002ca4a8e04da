"""Tax documents in an answer, or in files that were changed, are checked by the engine."""

import re
from datetime import date
from pathlib import Path

import pytest

from minga.domain.events import FileChange
from minga.domain.tax_documents import DteEngine
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.dte.engine import Engine
from minga.dte.schemas import Schemas, install
from minga.dte.schemas.installing import from_folder
from minga.verification.tax_documents import TaxDocuments

PASSED, FAILED, UNPROVEN = CheckState.PASSED, CheckState.FAILED, CheckState.UNPROVEN

SET = Path(__file__).parents[2].parent / "shared/data/dte/xsd_2026-02-06"
SIGNED = (Path(__file__).parents[2] / "examples/dte/factura.xml").read_bytes()
DRAFT = re.sub(rb"<Signature.*?</Signature>|<TED.*?</TED>", b"", SIGNED, flags=re.DOTALL)
WRONG = DRAFT.replace(b"<IVA>162450", b"<IVA>162540")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DteEngine:
    return Engine(Schemas.at(tmp_path_factory.mktemp("schemas")), takes_trials=True)


def looked(engine: DteEngine, work: Work) -> Checked | None:
    return TaxDocuments(lambda: engine, lambda: date(2026, 11, 26)).look(work)


def block(document: bytes) -> str:
    return f"Aquí está:\n\n```xml\n{document.decode('iso-8859-1')}\n```\n"


def test_a_draft_with_right_amounts_passes_and_is_told_as_unsigned(engine: DteEngine) -> None:
    checked = looked(engine, Work("", block(DRAFT), Path("/nowhere")))
    assert checked is not None
    assert checked.state is PASSED, checked.evidence
    assert any("[signature-missing]" in line for line in checked.evidence)
    assert "line 4: invoice 101 of 76086428-5: its amounts and fields are right" in checked.evidence
    assert not checked.proves


def test_wrong_amounts_fail_with_the_rule_both_values_and_the_norm(engine: DteEngine) -> None:
    checked = looked(engine, Work("", block(WRONG), Path("/nowhere")))
    assert checked is not None
    assert checked.state is FAILED
    [iva] = [line for line in checked.evidence if "[totals-iva]" in line]
    assert iva.startswith("line 4: invoice 101 of 76086428-5: The IVA is not the net amount times its rate.")
    assert "Encabezado/Totales/IVA 162540 ≠ 162450" in iva
    assert "Decreto Ley 825" in iva


def test_a_wrong_document_of_the_task_may_be_quoted(engine: DteEngine) -> None:
    checked = looked(engine, Work(WRONG.decode("iso-8859-1"), block(WRONG), Path("/nowhere")))
    assert checked is not None
    assert checked.state is UNPROVEN


def test_changed_files_are_checked_as_they_are(engine: DteEngine, tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(SIGNED)
    (tmp_path / "bad.xml").write_bytes(SIGNED.replace(b"<IVA>162450", b"<IVA>162451"))
    (tmp_path / "note.xml").write_bytes(b"<note/>")
    good = looked(engine, Work("", "", tmp_path, (FileChange("good.xml", "added"), FileChange("note.xml", "added"))))
    assert good is not None
    assert good.state is PASSED, good.evidence
    assert good.proves
    bad = looked(engine, Work("", "", tmp_path, (FileChange("bad.xml", "modified"),)))
    assert bad is not None
    assert bad.state is FAILED
    assert any(line.startswith("bad.xml: ") and "162451 ≠ 162450" in line for line in bad.evidence)


@pytest.mark.parametrize("answer", ["Sin documentos.", "```xml\n<a>1</a>\n```", "```xml\n<DTE>...</DTE>\n```"])
def test_without_a_document_no_engine_is_made(answer: str) -> None:
    def never() -> DteEngine:
        raise AssertionError

    assert TaxDocuments(never, lambda: date(2026, 11, 26)).look(Work("", answer, Path("/nowhere"))) is None


@pytest.mark.skipif(not SET.is_dir(), reason="the SII's schemas are not at hand (shared/data/dte)")
def test_what_the_schema_says_is_told_in_a_sentence(tmp_path: Path) -> None:
    install(from_folder(SET), "a folder", tmp_path)
    loose = DRAFT.replace(b"<Folio>", b"hola<Folio>", 1)
    checked = looked(Engine(Schemas.at(tmp_path), takes_trials=True), Work("", block(loose), Path("/nowhere")))
    assert checked is not None
    assert checked.state is FAILED
    [said] = [line for line in checked.evidence if "[schema-invalid]" in line]
    assert "IdDoc has text of its own between its elements, where none may stand." in said
