"""A run as a specialist: its rules go before the task and nowhere else, and only its checks make an answer proven."""

from dataclasses import replace
from typing import Any

import pytest
from pipeline_bench import Bench, Ran

from minga.domain.events import AttemptStarted, Finished, Notice, PermissionAnswered, SpecialistChosen, Verified
from minga.domain.ids import AgentName
from minga.domain.task import Document, Permissions, Specialist
from minga.domain.verdict import CheckState, Judgement
from minga.specialists.assign import assign
from minga.specialists.prompt import block
from minga.specialists.shelf import Shelf

SUMS = Specialist(
    "sums",
    "Sums",
    "Adds.",
    "Show the sum.",
    Permissions.EDITS,
    checks=("sums",),
    budget_micro_usd=50_000,
    source="Minga",
)


def ran(bench: Bench, specialist: Specialist, prompt: str = "Add.", *agents: str, **given: Any) -> Ran:
    return bench.run(assign(bench.task(prompt, *agents, **given), specialist))


def test_its_rules_stand_before_the_task_and_not_in_the_stored_words_of_the_person(bench: Bench) -> None:
    bench.agent("alpha", [["say", "3 + 4 = 7"]])
    done = ran(bench, SUMS, "Add 3 and 4.", "alpha", permissions=Permissions.ALL)
    assert bench.prompts("alpha") == [block(SUMS) + "Add 3 and 4."]
    [chosen] = done.of(SpecialistChosen)
    assert (chosen.name, chosen.source, chosen.permissions) == ("sums", "Minga", "edits")
    assert (chosen.checks, chosen.budget_micro_usd) == (("sums",), 50_000)
    turns = bench.use(lambda minga: minga.history.turns(done.shown[0].session_id))
    assert turns[0].turn.prompt == "Add 3 and 4."
    assert any(isinstance(one.event, SpecialistChosen) for one in turns[0].events)


def test_an_answer_that_its_check_proves_is_accepted(bench: Bench) -> None:
    bench.agent("alpha", [["say", "3 + 4 = 7"]])
    done = ran(bench, SUMS, "Add.", "alpha")
    [verified] = done.of(Verified)
    assert verified.judgement is Judgement.ACCEPTED
    assert [each.check for each in verified.verdict.checks if each.required] == ["sums"]
    assert done.receipt is not None
    assert (done.receipt.specialist, done.receipt.unproven) == ("sums", ())


@pytest.mark.parametrize("answer", ["It is seven.", "RUT 76.192.083-9"])
def test_an_answer_of_which_its_check_can_say_nothing_is_given_and_labelled(bench: Bench, answer: str) -> None:
    bench.agent("alpha", [["say", answer]])
    done = ran(bench, SUMS, "Add.", "alpha")
    [verified] = done.of(Verified)
    assert verified.judgement is Judgement.NOT_VERIFIABLE
    [missing] = [each for each in verified.verdict.checks if each.required]
    assert (missing.check, missing.state, missing.looked_at) == ("sums", CheckState.UNPROVEN, 0)
    assert isinstance(done.events[-1], Finished)
    assert done.receipt is not None
    assert done.receipt.unproven == ("sums",)
    [label] = bench.use(lambda minga: minga.labels.all())
    assert "sums" not in dict(label.judged.checks)


def test_a_wrong_answer_goes_to_the_next_agent_which_is_told_the_rules_too(bench: Bench) -> None:
    bench.agent("alpha", [["say", "3 + 4 = 8"]])
    bench.agent("beta", [["say", "3 + 4 = 7"]])
    done = ran(bench, SUMS, "Add.", "alpha", "beta")
    assert done.answer == "3 + 4 = 7"
    assert bench.prompts("beta")[0].startswith(block(SUMS))
    assert done.receipt is not None
    assert done.receipt.unproven == ()


def test_the_built_in_agent_is_told_nothing_and_needs_no_check(bench: Bench) -> None:
    done = ran(bench, SUMS, "Is 76.192.083-9 a valid RUT?", "builtin")
    assert [one.text for one in done.of(Notice)] == [
        "the built-in agent follows no rules: it answers what it can prove"
    ]
    assert done.receipt is not None
    assert (done.receipt.specialist, done.receipt.unproven) == ("sums", ())


def test_nothing_stands_before_a_command_of_the_clis_own_and_that_is_said(bench: Bench) -> None:
    bench.agent("alpha", [["say", "3 + 4 = 7"]])
    done = ran(bench, SUMS, "/review", "alpha")
    assert bench.prompts("alpha") == ["/review"]
    assert "without the specialist's rules" in done.of(Notice)[0].text


def test_those_it_prefers_are_asked_first_unless_the_person_names_some(bench: Bench) -> None:
    for name in ("alpha", "beta"):
        bench.agent(name, [["say", "3 + 4 = 7"]])
    specialist = replace(SUMS, agents=(AgentName("beta"),))
    assert [one.agent for one in ran(bench, specialist).of(AttemptStarted)] == ["beta"]
    assert [one.agent for one in ran(bench, specialist, "Add.", "alpha").of(AttemptStarted)] == ["alpha"]


def test_a_tool_of_a_kind_that_it_may_not_use_is_refused(bench: Bench) -> None:
    bench.agent("alpha", [["ask", "execute", "make"], ["say", "3 + 4 = 7"]])
    reads = replace(SUMS, permissions=Permissions.ALL, tools=())
    done = ran(bench, reads, "Add.", "alpha", permissions=Permissions.ALL)
    [answered] = done.of(PermissionAnswered)
    assert (answered.allowed, answered.by) == (False, "policy")
    assert [one["chosen"] for one in bench.logged("alpha", "answer")] == ["reject_once"]


def test_what_the_shipped_ones_are_told_to_write_can_be_proven(bench: Bench) -> None:
    """A finding of the reviewer's in the form that its rules ask for; a quotation of law from a text that was given."""
    (bench.work / "totals.py").write_text("def total(prices):\n    return sum(prices) + 1\n")
    shelf = Shelf(bench.work, ())
    bench.agent("alpha", [["say", "`total` (`totals.py:1`). It adds one: for `[2]` it gives 3."]])
    reviewed = ran(bench, shelf.get("reviewer", None), "Review it.", "alpha")
    assert reviewed.of(Verified)[0].judgement is Judgement.ACCEPTED
    norm = Document("ley.txt", "Artículo 3.- Dentro de los ocho días corridos siguientes a su recepción.")
    quoted = "Ley 19.983, art. 3: «Dentro de los ocho días corridos siguientes a su recepción»."
    for answer, judgement in ((quoted, Judgement.ACCEPTED), ("Son ocho días.", Judgement.NOT_VERIFIABLE)):
        bench.agent("alpha", [["say", answer]])
        told = ran(bench, shelf.get("law", None), "¿Cuántos días?", "alpha", documents=(norm,))
        assert told.of(Verified)[0].judgement is judgement


def test_without_a_specialist_a_receipt_names_none(bench: Bench) -> None:
    bench.agent("alpha", [["say", "It is seven."]])
    done = bench.run(bench.task("Add.", "alpha"))
    assert not done.of(SpecialistChosen)
    assert done.receipt is not None
    assert (done.receipt.specialist, done.receipt.unproven) == ("", ())
