"""What an attempt cost and how a turn is summed up."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import Cancelled, Event, Failed, FileChange, Finished, HandedOver, NativeSession, Usage
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId, NativeId, SessionId, TurnId
from minga.domain.ledger import AttemptCost
from minga.domain.sessions import Turn
from minga.ledger.book import Meter, receipt
from minga.ledger.prices import PriceTable

PRICES = PriceTable()
TURN = Turn(TurnId("t"), SessionId("s"), 1, "x", Path("/"))
ALPHA = AgentName("alpha")


def metered(*events: Event, uses_model: bool = True) -> AttemptCost:
    meter = Meter(AttemptId("a"), ALPHA, PRICES, uses_model=uses_model)
    for event in events:
        meter.note(event)
    return meter.total(None)


counts = st.integers(0, 10**6)
usages = st.lists(
    st.builds(Usage, st.sampled_from(["gpt-5", "claude-opus-4-1"]), counts, counts, counts, counts), max_size=6
)


@given(usages)
def test_an_attempt_is_the_sum_of_its_increments(used: list[Usage]) -> None:
    total = metered(*used)
    assert total.input_tokens == sum(one.input_tokens for one in used)
    assert total.cached_input_tokens == sum(one.cached_input_tokens for one in used)
    assert total.cache_write_tokens == sum(one.cache_write_tokens for one in used)
    assert total.output_tokens == sum(one.output_tokens for one in used)
    if total.cost_micro_usd is not None:
        assert total.cost_micro_usd == sum(PRICES.cost_micro_usd(one.model, one) or 0 for one in used)


def test_usage_without_a_model_counts_for_the_model_of_the_session() -> None:
    total = metered(NativeSession(NativeId("n"), "gpt-5"), Usage("", 1000, 0, 0, 100))
    assert (total.model, total.cost_source) == ("gpt-5", "list price")
    assert total.cost_micro_usd == PRICES.cost_micro_usd("gpt-5", Usage("", 1000, 0, 0, 100))


def test_without_a_list_price_the_clis_own_claim_counts_and_says_so() -> None:
    total = metered(
        Usage("own-model", 10, 0, 0, 1, cost_micro_usd=7), Usage("own-model", 10, 0, 0, 1, cost_micro_usd=5)
    )
    assert (total.cost_micro_usd, total.cost_source) == (12, "claimed by the CLI")


def test_what_is_not_known_is_not_zero() -> None:
    assert metered().cost_micro_usd is None
    unpriced = metered(Usage("own-model", 10, 0, 0, 1))
    assert unpriced.cost_micro_usd is None
    assert "own-model" in unpriced.cost_source


def test_an_agent_without_a_model_costs_nothing() -> None:
    total = metered(uses_model=False)
    assert (total.cost_micro_usd, total.cost_source) == (0, "no model")


def test_a_receipt_sums_up_attempts_and_names_each_file_once() -> None:
    first, second = metered(Usage("gpt-5", 1000, 0, 0, 0)), metered(Usage("gpt-5", 0, 0, 0, 1000))
    handed = HandedOver(ALPHA, AgentName("beta"), "x", "brief", ("a.py", "b.py"))
    made = receipt(TURN, Finished("x"), [first, second], [FileChange("a.py", "added"), handed], 1234)
    assert made.cost_micro_usd == (first.cost_micro_usd or 0) + (second.cost_micro_usd or 0)
    assert made.files_changed == ("a.py", "b.py")
    assert (made.ended, made.duration_ms, made.turn_id) == ("finished", 1234, "t")


def test_a_receipt_with_an_unknown_cost_has_no_sum() -> None:
    assert receipt(TURN, Finished("x"), [metered(), metered(Usage("gpt-5", 1, 0, 0, 1))], [], 1).cost_micro_usd is None


def test_a_receipt_says_how_the_turn_ended() -> None:
    failure = Failed(Failure(FailureCode.CRASHED, "x"))
    ends = [receipt(TURN, end, [], [], 0).ended for end in (failure, Cancelled("x"), Finished("x"))]
    assert ends == ["failed", "cancelled", "finished"]
