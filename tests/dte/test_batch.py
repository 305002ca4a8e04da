"""What documents say of one another: each rule by at least three ways to break it, and what breaks none."""

from collections.abc import Sequence
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pieces import edited_example

from minga.dte import Grounds, check_piece
from minga.dte.batch import Batch, Between, Entry, entry
from minga.dte.finding import Edits
from minga.dte.rulebook import rules

GROUNDS = Grounds(date(2026, 11, 26))
FOLIO, TOTAL, DAY = "Encabezado/IdDoc/Folio", "Encabezado/Totales/MntTotal", "Encabezado/IdDoc/FchEmis"
TO, BY, KIND = "Encabezado/Receptor/RUTRecep", "Encabezado/Emisor/RUTEmisor", "Encabezado/IdDoc/TipoDTE"
REF = "Referencia/"
OTHER = "76330915-0"

INVOICE = ("33", {})
CREDIT = ("61", {TOTAL: "100000"})
ANNUL = ("61-annul", {})
GUIDE = ("52", {FOLIO: "500", DAY: "2026-11-09", TO: "77123456-9"})
BILL = ("33", {REF + "NroLinRef": "1", REF + "TpoDocRef": "52", REF + "FolioRef": "500", REF + "FchRef": "2026-11-09"})
DEBIT = (
    "56",
    {
        TOTAL: "50000",
        REF + "TpoDocRef": "33",
        REF + "FolioRef": "101",
        REF + "FchRef": "2026-11-10",
        REF + "CodRef": "3",
    },
)
UNDO = (
    "56-annul",
    {
        TOTAL: "1057450",
        DAY: "2026-11-19",
        REF + "TpoDocRef": "61",
        REF + "FolioRef": "902",
        REF + "FchRef": "2026-11-18",
    },
)

Made = tuple[str, Edits]


def entered(made: Made) -> Entry:
    document = check_piece(edited_example(*made), GROUNDS, ()).document
    assert document
    return entry(document)


def told(*made: Made) -> list[Between]:
    batch = Batch()
    for number, each in enumerate(made):
        batch.add(f"{number}.xml", entered(each))
    return batch.close()


def rules_of(*made: Made) -> list[tuple[str, str]]:
    return [(each.place, each.finding.rule.id) for each in told(*made)]


def but(made: Made, **edits: str) -> Made:
    return made[0], {**made[1], **{globals()[name.upper()]: value for name, value in edits.items()}}


def ref(made: Made, **edits: str) -> Made:
    return made[0], {**made[1], **{REF + name: value for name, value in edits.items()}}


RIGHT: dict[str, Sequence[Made]] = {
    "alone": [INVOICE],
    "two-folios": [INVOICE, but(INVOICE, folio="102")],
    "two-issuers": [INVOICE, but(INVOICE, by=OTHER)],
    "credit": [INVOICE, CREDIT],
    "annulled": [INVOICE, ANNUL],
    "annulled-again-after-a-debit-note": [
        INVOICE,
        ANNUL,
        but(
            ref(("56-annul", {TOTAL: "1057450"}), TpoDocRef="61", FolioRef="902", FchRef="2026-11-18"), day="2026-11-19"
        ),
        but(ANNUL, folio="999", day="2026-11-20"),
    ],
    "more-credit-with-a-debit-note": [INVOICE, DEBIT, but(CREDIT, total="1107450")],
    "anyone-buys": [but(INVOICE, to="66666666-6"), CREDIT],
    "guide": [GUIDE, BILL],
    "not-here": [CREDIT],
}


@pytest.mark.parametrize("made", RIGHT.values(), ids=RIGHT.keys())
def test_right_documents_say_nothing_against_one_another(made: Sequence[Made]) -> None:
    assert rules_of(*made) == []


BROKEN: dict[str, list[tuple[list[Made], str]]] = {
    "batch-copy": [
        ([INVOICE, INVOICE], "1.xml"),
        ([CREDIT, INVOICE, CREDIT], "2.xml"),
        ([GUIDE, BILL, BILL], "2.xml"),
    ],
    "batch-folio-twice": [
        ([INVOICE, but(INVOICE, total="5")], "1.xml"),
        ([INVOICE, but(INVOICE, to=OTHER)], "1.xml"),
        ([INVOICE, CREDIT, but(INVOICE, day="2026-11-11")], "2.xml"),
    ],
    "batch-date": [
        ([INVOICE, ref(CREDIT, FchRef="2026-11-09")], "1.xml"),
        ([but(INVOICE, day="2026-11-12"), CREDIT], "1.xml"),
        ([GUIDE, ref(BILL, FchRef="2026-11-01")], "1.xml"),
    ],
    "batch-note-issuer": [
        ([but(INVOICE, by=OTHER), CREDIT], "1.xml"),
        ([INVOICE, but(CREDIT, by=OTHER)], "1.xml"),
        ([but(INVOICE, by=OTHER), ANNUL], "1.xml"),
    ],
    "batch-note-receiver": [
        ([INVOICE, but(CREDIT, to=OTHER)], "1.xml"),
        ([but(INVOICE, to=OTHER), ANNUL], "1.xml"),
        ([INVOICE, but(DEBIT, to=OTHER)], "1.xml"),
    ],
    "batch-note-before": [
        ([INVOICE, but(CREDIT, day="2026-11-09")], "1.xml"),
        ([but(INVOICE, day="2026-11-30"), CREDIT], "1.xml"),
        ([INVOICE, but(DEBIT, day="2025-12-31")], "1.xml"),
    ],
    "batch-annul-amount": [
        ([INVOICE, but(ANNUL, total="1000000")], "1.xml"),
        ([but(INVOICE, total="2000000"), ANNUL], "1.xml"),
        ([ANNUL, but(UNDO, total="7")], "1.xml"),
    ],
    "batch-annulled-twice": [
        ([INVOICE, ANNUL, but(ANNUL, folio="903")], "2.xml"),
        ([ANNUL, but(ANNUL, folio="903"), INVOICE], "1.xml"),
        ([INVOICE, ANNUL, but(ANNUL, folio="903", day="2026-11-25")], "2.xml"),
    ],
    "batch-over-credited": [
        ([INVOICE, but(CREDIT, total="1057452")], "1.xml"),
        ([INVOICE, CREDIT, but(CREDIT, folio="950", total="1000000")], "2.xml"),
        ([INVOICE, DEBIT, but(CREDIT, total="1107452")], "2.xml"),
        ([INVOICE, ANNUL, but(CREDIT, folio="951")], "2.xml"),
    ],
    "batch-guide-receiver": [
        ([but(GUIDE, to=OTHER), BILL], "1.xml"),
        ([GUIDE, but(BILL, to=OTHER)], "1.xml"),
        ([BILL, but(GUIDE, to=OTHER)], "0.xml"),
    ],
    "batch-guide-later": [
        ([but(GUIDE, day="2026-11-11"), BILL], "1.xml"),
        ([GUIDE, but(BILL, day="2026-11-08")], "1.xml"),
        ([but(GUIDE, day="2026-12-24"), BILL], "1.xml"),
    ],
    "batch-guide-twice": [
        ([GUIDE, BILL, but(BILL, folio="102")], "2.xml"),
        ([BILL, but(BILL, folio="102"), GUIDE], "1.xml"),
        ([GUIDE, BILL, ("34", {**BILL[1], FOLIO: "77", BY: "76086428-5", TO: "77123456-9"})], "2.xml"),
    ],
}


def test_every_rule_of_a_batch_has_its_mutants() -> None:
    assert {id_ for id_ in rules() if id_.startswith("batch-")} == set(BROKEN)
    assert all(len(mutants) >= 3 for mutants in BROKEN.values())


@pytest.mark.parametrize("rule", BROKEN)
def test_each_mutant_of_a_batch_is_caught_where_it_stands(rule: str) -> None:
    for made, place in BROKEN[rule]:
        assert (place, rule) in rules_of(*made), made


def test_a_finding_names_the_document_and_both_values() -> None:
    (found,) = told(INVOICE, but(CREDIT, to=OTHER))
    assert (found.identity.issuer, found.identity.kind, found.identity.folio) == ("76086428-5", 61, 901)
    assert (found.finding.found, found.finding.expected) == (OTHER, "77123456-9")


def test_the_order_in_which_documents_come_changes_no_sum() -> None:
    for made in permutations([INVOICE, CREDIT, but(CREDIT, folio="950", total="1000000")]):
        assert [rule for _, rule in rules_of(*made)] == ["batch-over-credited"]


def test_documents_stamped_again_are_the_same_document() -> None:
    stamped = but(INVOICE)[1] | {"TmstFirma": "2026-11-10T10:00:00"}
    again = but(INVOICE)[1] | {"TmstFirma": "2026-11-12T10:00:00"}
    assert rules_of(("33", stamped), ("33", again)) == [("1.xml", "batch-copy")]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 400_000), min_size=1, max_size=5))
def test_credit_notes_never_come_to_more_than_the_invoice(totals: list[int]) -> None:
    notes = [but(CREDIT, folio=str(1_000 + number), total=str(total)) for number, total in enumerate(totals)]
    found = [rule for _, rule in rules_of(INVOICE, *notes)]
    assert found == (["batch-over-credited"] if sum(totals) > 1_057_451 else [])


@pytest.mark.parametrize("text", ["", "1", "76086428", "76086428-X", "x-y", "9" * 40 + "-1", "76.086.428-5", "--"])
def test_ruts_and_folios_that_cannot_be_read_are_let_be(text: str) -> None:
    broken = [but(INVOICE, by=text), but(INVOICE, by=text, total="3"), ref(but(CREDIT, to=text), RUTOtr=text)]
    assert (
        rules_of(*broken, but(INVOICE, folio="9" * 30), ref(but(CREDIT, folio="7"), FolioRef="9" * 30, FchRef="never"))
        == []
    )
