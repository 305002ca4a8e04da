"""The SII's register of claims: every standing and every request, against the manual's table written out anew here."""

from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.terms import instant
from minga.dte.deadlines import ACTIONS, Recorded, Request, Standing, assignable, manual, record, window_end

RECEIVED = datetime(2026, 11, 20, 13, 0, tzinfo=UTC)
IN_TIME, LATE = RECEIVED + timedelta(days=3), RECEIVED + timedelta(days=9)
EVENTS = ("ACD", "RCD", "ERM", "RFP", "RFT", "NCA", "ENC")
STANDINGS = list(chain.from_iterable(combinations(EVENTS, count) for count in range(len(EVENTS) + 1)))
CLAIMS = {"RCD", "RFP", "RFT"}

TABLE = {  # dte.md §12, by whether a claim, an ACD, an ERM stands in the register
    (False, False, False): {"ACD": (0,), "ERM": (0,), "new": (0,)},
    (False, True, False): {"ACD": (7,), "ERM": (0,), "new": (11,)},
    (False, False, True): {"ACD": (0,), "ERM": (7,), "new": (13,)},
    (False, True, True): {"ACD": (7,), "ERM": (7,), "new": (11, 13)},
    (True, False, False): {"ACD": (12,), "ERM": (6,), "new": (0,), "same": (7,)},
}


def standing(*events: str) -> Standing:
    return Standing(RECEIVED, tuple(Recorded(event, IN_TIME) for event in events))  # type: ignore[arg-type]


def request(action: str, at: datetime = IN_TIME, **changes: object) -> Request:
    asked = {"issuer": "76543210-3", "kind": 33, "folio": 7, "action": action, "at": at} | changes
    return Request(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_standing_answers_as_the_table_says(action: str) -> None:
    for events in STANDINGS:
        found = set(events)
        claimed = bool(found & CLAIMS)
        row = TABLE[(claimed, "ACD" in found and not claimed, "ERM" in found and not claimed)]
        column = action if action in ("ACD", "ERM") else "same" if action in found else "new"
        assert record(request(action), standing(*events)).codes == row[column], events


@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_is_recorded_after_eight_days_whatever_stands_there(action: str) -> None:
    for events in STANDINGS:
        assert record(request(action, LATE), standing(*events)).codes == (8,)


def test_the_last_instant_of_the_eight_days_still_counts() -> None:
    end = window_end(RECEIVED)
    assert record(request("RCD", end), standing()).recorded
    assert record(request("RCD", end + timedelta(microseconds=1)), standing()).codes == (8,)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "76543210-4"}, 1),
        ({"issuer": "nothing"}, 1),
        ({"issuer": "999-4"}, 1),
        ({"folio": 0}, 2),
        ({"folio": 10**10}, 2),
        ({"kind": 46}, 3),
        ({"kind": 61}, 3),
        ({"action": "CNS"}, 4),
        ({"action": "NCA"}, 4),
        ({"by_receiver": False}, 17),
    ],
)
def test_a_wrong_request_is_refused_with_its_own_code(changes: dict[str, object], code: int) -> None:
    action = str(changes.pop("action", "ACD"))
    assert record(request(action, **changes), standing()).codes == (code,)


def test_a_document_that_the_sii_never_got_or_got_before_2017_01_14_is_not_known() -> None:
    assert record(request("ACD"), Standing(None)).codes == (18,)
    day_before = instant(datetime(2017, 1, 13, 23, 59, 59))
    assert record(request("ACD", day_before), Standing(day_before)).codes == (10,)
    first = instant(datetime(2017, 1, 14, 0, 0))
    assert record(request("ACD", first), Standing(first)).codes == (0,)


def test_a_message_is_the_manuals_and_names_the_claim_that_stands_there() -> None:
    assert record(request("ERM"), standing("RFP")).messages == (
        "No se puede acusar recibo de mercadería de DTE previamente reclamado por RFP",
    )
    assert record(request("ACD"), standing("RCD", "RFT")).messages == (
        "No se puede dar por aceptado DTE previamente rechazado por RCD, RFT",
    )
    assert len(record(request("RCD"), standing("ACD", "ERM")).messages) == 2


@pytest.mark.parametrize(
    ("events", "at", "code"),
    [
        ((), IN_TIME, 22),
        (("ENC",), IN_TIME, 22),
        (("ACD",), IN_TIME, 22),
        (("ERM",), IN_TIME, 23),
        (("ACD", "ERM"), LATE, 23),
        (("RCD",), IN_TIME, 24),
        (("RFT", "NCA"), LATE, 24),
        (("NCA",), IN_TIME, 21),
        (("NCA", "ERM"), LATE, 21),
        ((), LATE, 25),
        (("ACD",), LATE, 25),
    ],
)
def test_whether_an_invoice_may_be_assigned(events: tuple[str, ...], at: datetime, code: int) -> None:
    assert assignable(33, standing(*events), at).codes == (code,)


def test_an_annulling_credit_note_after_the_eight_days_hinders_no_assignment() -> None:
    late = Standing(RECEIVED, (Recorded("NCA", LATE),))
    assert assignable(34, late, LATE).codes == (25,)
    assert assignable(61, late, LATE).codes == (20,)
    assert assignable(33, Standing(None), LATE).codes == (18,)
    assert assignable(33, Standing(datetime(2016, 1, 1, tzinfo=UTC)), LATE).codes == (10,)


def test_every_code_of_the_manual_has_its_text() -> None:
    assert {int(code) for code in manual().codes} == {-1, *range(26)}


@given(st.lists(st.sampled_from(ACTIONS), max_size=8))
def test_no_series_of_requests_makes_a_claim_and_an_acceptance_stand_together(actions: list[str]) -> None:
    stands: list[str] = []
    for action in actions:
        if record(request(action), standing(*stands)).recorded:
            stands.append(action)
    assert len(stands) == len(set(stands))
    assert not (set(stands) & CLAIMS and {"ACD", "ERM"} & set(stands))
