"""The benchmark's documents are right, its mutants wrong in the way that they say, and its counting is fair."""

from collections import Counter
from dataclasses import replace
from itertools import islice

from benchmarks import machine
from benchmarks.dte import comparing, corpus, covers, damage, page
from benchmarks.dte.fuzzing import Fuzzed
from benchmarks.dte.peers import Told, Verdict
from benchmarks.dte.proof import Proof, prove
from benchmarks.dte.speed import OURS, Speed
from rich.console import Console

GROUNDS = corpus.GROUNDS
RIGHT, WRONG, OTHER = Verdict((), ""), Verdict(("schema",), ""), Verdict(("parse",), "not a kind of mine")


def mutants() -> list[corpus.Mutant]:
    """Those that need no schemas."""
    return [each for each in damage.damaged() if not each.rule.id.startswith("schema")]


def test_valid_documents_pass_and_mutants_are_seen() -> None:
    proof = prove(corpus.signed(60), mutants(), GROUNDS, covers.covers(), covers.cover_mutants())
    assert (proof.rejected, proof.survived) == ({}, {})
    assert len(proof.documents) == 12
    assert min(proof.killed[each.rule.id] for each in mutants()) >= 3


def test_what_goes_wrong_is_told_and_is_not_whole() -> None:
    broken = mutants()[0]
    harmless = replace(broken, piece=damage.right())
    proof = prove([broken.piece], [harmless], GROUNDS)
    assert proof.rejected == {broken.piece.place: "signature-missing"}
    assert list(proof.survived.values()) == ["signature-missing"]
    assert not proof.is_whole


def test_a_peer_is_not_credited_for_a_document_that_it_never_takes() -> None:
    some = list(islice(mutants(), 4))
    verdicts = {comparing.file_name(number, each): WRONG for number, each in enumerate(some)}
    right = comparing.right_name(some[0].of)
    taken = comparing.scores(some, {**verdicts, right: RIGHT})["signature, certificate"]
    refused = comparing.scores(some, {**verdicts, right: WRONG})["signature, certificate"]
    not_taken = comparing.scores(some, {**verdicts, right: OTHER})["signature, certificate"]
    assert (taken.found, refused.unjudged, not_taken.unjudged) == (4, 4, 4)
    let_pass = dict.fromkeys(verdicts, RIGHT)
    assert comparing.scores(some, {**let_pass, right: RIGHT})["signature, certificate"].missed == 4


def result(proof: Proof, fuzzed: Fuzzed | str) -> page.Result:
    told = {"peer": Told("1", {"parse": 10.0}, {"a.xml": WRONG})}
    return page.Result(
        machine.look(), "command", proof, [], 6000.0, [Speed(OURS, 10, 500.0)], [], told, told, [], fuzzed
    )


def test_the_result_fails_for_what_must_not_be_and_never_for_a_time() -> None:
    good = Proof(Counter({33: 10}), 1, {}, Counter({"totals-iva": 3}), {}, ())
    fuzzed = Fuzzed(1000, 10, 0, (), 5.0, 0.1)
    assert result(good, fuzzed).wrong == []
    assert "2,000 documents a second on a core; the aim of 1,500 is met" in result(good, fuzzed).aim
    assert len(result(replace(good, rejected={"corpus#1": "totals-iva"}), fuzzed).wrong) == 1
    assert len(result(replace(good, survived={"m": "totals-iva"}), fuzzed).wrong) == 1
    assert result(good, "hung").wrong == ["fuzzing hung"]
    assert len(result(good, replace_raised(fuzzed)).wrong) == 1


def test_the_tables_can_be_shown() -> None:
    console = Console(width=200)
    with console.capture() as captured:
        page.show(console, result(Proof(Counter({33: 1}), 0, {}, Counter(), {}, ()), "hung"))
    shown = captured.get()
    assert "Minga: the whole check" in shown
    assert "fuzzing hung" in shown


def replace_raised(fuzzed: Fuzzed) -> Fuzzed:
    return Fuzzed(fuzzed.executions, fuzzed.documents, 1, ("ValueError: x",), fuzzed.slowest_ms, fuzzed.grown_mb)
