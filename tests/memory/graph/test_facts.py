"""Facts of statements: intervals in both times, corrections, and independence of the order in which it all came."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minga.domain.memory import Entity, EntityKind, Fact, ItemId, Statement
from minga.memory.graph.facts import SURE, as_of, facts
from minga.memory.graph.stated import Correction, Stated, spoken_of

API = Entity(EntityKind.SERVICE, "api")


def day(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


def said(
    value: str,
    on: int | datetime,
    *,
    since: int | None = None,
    until: int | None = None,
    single: bool = True,
    confidence: float = 0.6,
    passage: str = "",
    by_person: bool = True,
    predicate: str = "port",
) -> Stated:
    at = on if isinstance(on, datetime) else day(on)
    statement = Statement(
        subject=API,
        predicate=predicate,
        value=value,
        start=0,
        end=9,
        confidence=confidence,
        single=single,
        valid_from=None if since is None else day(since),
        valid_to=None if until is None else day(until),
    )
    return Stated(statement, ItemId(passage or f"p{value}-{at:%Y-%m-%d}"), at, "shop", by_person)


def wrong(about: ItemId, on: int | datetime, value: str = "", since: int | None = None) -> Correction:
    at = on if isinstance(on, datetime) else day(on)
    return Correction(about, ItemId(f"n{at:%Y-%m-%d}"), at, value, None if since is None else day(since))


DECIDED = [("redis", 1, "p"), ("rabbit", 2, "n1"), ("kafka", 3, "n2")]


def decided(value: str, predicate: str = "port") -> frozenset[tuple[str, str, str]]:
    return frozenset({spoken_of(API, predicate, value)})


def told(found: list[Fact]) -> list[tuple[str, datetime, datetime | None]]:
    return [(one.value, one.valid_from, one.valid_to) for one in found]


def values(found: list[Fact], valid_at: int, known_by: int) -> list[str]:
    return sorted({one.value for one in as_of(found, day(valid_at), day(known_by))})


def test_what_several_passages_say_is_one_fact_that_is_surer_but_never_certain() -> None:
    (once,) = facts([said("80", 1)])
    (both,) = facts([said("80", 1), said("80", 5)])
    (often,) = facts([said("80", number) for number in range(40)])
    assert both.sources == ("p80-2026-01-02", "p80-2026-01-06")
    assert (once.confidence, round(both.confidence, 2), often.confidence) == (0.6, 0.84, SURE)
    assert once.id == both.id == often.id


def test_a_passage_that_says_the_same_twice_is_one_witness() -> None:
    (one,) = facts([said("80", 1, passage="p", confidence=0.6), said("80", 1, passage="p", confidence=0.5)])
    assert one.confidence == 0.6


def test_a_newer_value_ends_the_older_one_and_both_stay() -> None:
    found = facts([said("8080", 5), said("80", 1)])
    assert told(found) == [("80", day(1), day(5)), ("8080", day(5), None)]
    assert [one.recorded_to for one in found] == [None, None]


def test_a_value_that_comes_back_is_a_fact_of_its_own() -> None:
    found = facts([said("80", 1), said("8080", 5), said("80", 9)])
    assert told(found) == [("80", day(1), day(5)), ("8080", day(5), day(9)), ("80", day(9), None)]
    assert len({one.id for one in found}) == 3


def test_what_was_said_late_about_an_earlier_time_ends_where_the_newer_one_begins() -> None:
    found = facts([said("8080", 5), said("80", 20, since=-300)])
    assert told(found) == [("80", day(-300), day(5)), ("8080", day(5), None)]
    assert values(found, 0, 10) == []
    assert values(found, 0, 20) == ["80"]


def test_what_is_only_known_to_have_ended_was_true_before() -> None:
    found = facts([said("80", 20, until=3)])
    assert values(found, 2, 20) == ["80"]
    assert values(found, 3, 20) == []


def test_what_is_said_to_hold_no_longer_ends_since_it_was_said_to_hold() -> None:
    for single in True, False:
        found = facts([said("80", 5, single=single), said("80", 9, until=9, single=single)])
        assert told(found) == [("80", day(5), day(9))]
    back = facts([said("80", 1), said("8080", 3), said("80", 5), said("80", 9, until=9)])
    assert told(back) == [("80", day(1), day(3)), ("8080", day(3), day(5)), ("80", day(5), day(9))]
    assert [values(back, valid_at, 9) for valid_at in (4, 6, 9)] == [["8080"], ["80"], []]
    again = facts([said("80", 1), said("80", 5, until=5), said("80", 9)])
    assert [values(again, valid_at, 9) for valid_at in (2, 9)] == [["80"], ["80"]]
    other = facts([said("80", 1), said("8080", 5), said("80", 9, until=9)])
    assert values(other, 9, 9) == ["8080"]


def test_predicates_with_many_values_keep_them_all() -> None:
    found = facts([said("web", 1, single=False), said("db", 5, single=False)])
    assert told(found) == [("web", day(1), None), ("db", day(5), None)]


def test_values_from_the_same_instant_are_both_kept_disputed_and_less_sure() -> None:
    found = facts([said("80", 1), said("8080", 1)])
    assert {(one.value, one.disputed, one.confidence) for one in found} == {("80", True, 0.3), ("8080", True, 0.3)}
    assert values(found, 2, 2) == ["80", "8080"]
    settled = facts([said("80", 1), said("8080", 1), said("80", 4)])
    assert values(settled, 2, 9) == ["80", "8080"]
    assert values(settled, 5, 9) == ["80"]


def test_projects_do_not_mix() -> None:
    other = Stated(said("8080", 5).statement, ItemId("p"), day(5), "warehouse")
    assert [one.valid_to for one in facts([said("80", 1), other])] == [None, None]


def test_a_correction_ends_the_belief_and_puts_its_value_in_the_place() -> None:
    (before,) = facts([said("80", 1)])
    found = facts([said("80", 1)], [wrong(before.id, 7, "8080")])
    assert {(one.value, one.valid_from, one.recorded_from, one.recorded_to) for one in found} == {
        ("80", day(1), day(1), day(7)),
        ("8080", day(1), day(7), None),
    }
    assert [values(found, 3, known_by) for known_by in (6, 7)] == [["80"], ["8080"]]


def test_a_corrected_value_is_known_under_its_id_when_more_was_said_of_it() -> None:
    statements = [said("80", 1), said("8080", 3), said("80", 5), said("80", 6)]
    came_back = facts(statements[:3])[-1]
    found = facts([*statements, said("80", 4)], [wrong(came_back.id, 9)])
    assert [(one.valid_from, one.recorded_to) for one in found if one.value == "80"] == [
        (day(1), None),
        (day(4), day(9)),
    ]


def test_what_an_agent_repeats_after_a_correction_is_not_believed_but_a_person_is() -> None:
    (before,) = facts([said("80", 1)])
    correction = wrong(before.id, 7)
    repeated = facts([said("80", 1), said("80", 9, by_person=False)], [correction])
    assert values(repeated, 10, 10) == []
    changed_back = facts([said("80", 1), said("80", 9)], [correction])
    assert [values(changed_back, 10, known_by) for known_by in (6, 8, 9)] == [["80"], [], ["80"]]


def test_a_passage_that_was_wrong_takes_only_its_own_word_away() -> None:
    statements = [said("80", 1, passage="a"), said("80", 2, passage="b")]
    found = facts(statements, [wrong(ItemId("a"), 7)])
    assert {(one.sources, one.recorded_to) for one in found} == {(("a",), day(7)), (("b",), None)}


def test_a_correction_can_be_corrected() -> None:
    (before,) = facts([said("80", 1)])
    first = wrong(before.id, 5, "8080")
    replaced = next(one for one in facts([said("80", 1)], [first]) if one.value == "8080")
    found = facts([said("80", 1)], [wrong(replaced.id, 9, "9090"), first])
    assert [values(found, 2, known_by) for known_by in (4, 5, 9)] == [["80"], ["8080"], ["9090"]]


def test_the_later_correction_of_one_fact_wins_and_the_earlier_stays_as_what_was_believed() -> None:
    (before,) = facts([said("80", 1)])
    corrections = [wrong(before.id, 5, "8080"), wrong(before.id, 9, "9090")]
    found = facts([said("80", 1)], corrections)
    assert [(one.value, one.recorded_to, one.disputed) for one in found if one.value != "80"] == [
        ("8080", day(9), False),
        ("9090", None, False),
    ]
    assert [values(found, 2, known_by) for known_by in (4, 5, 9)] == [["80"], ["8080"], ["9090"]]
    assert facts([said("80", 1)], reversed(corrections)) == found
    replaced = next(one for one in found if one.value == "9090")
    again = facts([said("80", 1)], [*corrections, wrong(replaced.id, 11, "443"), wrong(before.id, 13, "444")])
    assert [(one.value, one.disputed) for one in again if one.recorded_to is None] == [("444", False)]


def test_of_two_corrections_of_one_passage_only_what_the_later_one_says_is_believed() -> None:
    statements = [said(value, on, single=False, passage=by) for value, on, by in DECIDED]
    for about in (ItemId("p"), ItemId("n1")):
        first = Correction(ItemId("p"), ItemId("n1"), day(2), states=decided("rabbit"))
        last = Correction(about, ItemId("n2"), day(3), states=decided("kafka"))
        found = facts(statements, [last, first])
        assert [(one.value, one.recorded_to) for one in found] == [
            ("redis", day(2)),
            ("rabbit", day(3)),
            ("kafka", None),
        ]
    other = replace(last, about=ItemId("p"), states=decided("ana", "owner"))
    assert [one.value for one in facts(statements, [first, other]) if one.recorded_to is None] == ["rabbit", "kafka"]
    same = replace(last, about=ItemId("p"), states=decided("rabbit"))
    assert [one.value for one in facts(statements, [first, same]) if one.recorded_to is None] == ["rabbit", "kafka"]
    unread = replace(last, about=ItemId("p"), states=frozenset())
    assert [one.value for one in facts(statements, [first, unread]) if one.recorded_to is None] == ["kafka"]


def test_two_corrections_of_one_passage_with_two_decisions_are_both_believed() -> None:
    decisions = [("redis for the queue", 1, "p"), ("sign with the HSM", 1, "p")]
    put = [("rabbit for the queue", 2, "n1"), ("sign with a USB token", 3, "n2"), ("sign with a card", 4, "n3")]
    statements = [said(value, on, single=False, passage=by) for value, on, by in (*decisions, *put)]
    wrong = frozenset().union(*(decided(value) for value, _, _ in decisions))
    first, second, third = (
        Correction(ItemId("p"), ItemId(by), day(on), states=decided(value), wrong=wrong) for value, on, by in put
    )

    def believed(*corrections: Correction) -> set[str]:
        notes = {"p", *(one.note for one in corrections)}
        kept = [one for one in statements if one.passage in notes]
        return {one.value for one in facts(kept, corrections) if one.recorded_to is None}

    assert believed(first, second) == believed(second, first) == {"rabbit for the queue", "sign with a USB token"}
    assert believed(first, second, third) == {"rabbit for the queue", "sign with a card"}
    chained = replace(third, about=ItemId("n2"), wrong=decided("sign with a USB token"))
    assert believed(first, second, chained) == {"rabbit for the queue", "sign with a card"}


def test_a_note_that_puts_the_same_value_there_twice_puts_it_there_once() -> None:
    (before,) = facts([said("80", 1)])
    implied, named = wrong(before.id, 7, "8080"), wrong(before.id, 7, "8080", since=1)
    found = facts([said("80", 1)], [implied, named])
    assert found == facts([said("80", 1)], [implied])
    (replaced,) = [one for one in found if one.value == "8080"]
    ended = facts([said("80", 1)], [implied, named, wrong(replaced.id, 9)])
    assert [one.recorded_to for one in ended if one.value == "8080"] == [day(9)]


def test_a_clock_that_was_never_set_ends_nothing_and_its_correction_counts() -> None:
    unset = datetime(1970, 1, 1, tzinfo=UTC)
    found = facts([said("80", 1), said("8080", 5), said("80", unset, passage="lost")])
    assert told(found) == [("80", day(1), day(5)), ("8080", day(5), None)]
    only = facts([said("443", unset, passage="lost"), said("80", 1)])
    assert told(only) == [("443", unset, day(1)), ("80", day(1), None)]
    corrected = facts([said("80", 1), said("80", 2)], [wrong(found[0].id, unset)])
    assert [one.recorded_to for one in corrected] == [day(2)]


def test_a_clock_that_ran_ahead_ends_nothing_before_its_time() -> None:
    ahead = datetime(2099, 1, 1, tzinfo=UTC)
    found = facts([said("80", 1), said("443", ahead), said("8080", 5)])
    assert told(found) == [("80", day(1), day(5)), ("8080", day(5), ahead), ("443", ahead, None)]
    assert values(found, 30, 30) == ["8080"]


def test_what_a_clock_that_ran_ahead_dated_ends_where_a_correction_names_it() -> None:
    (before,) = facts([said("1111", 3, passage="a")])
    for about in (before.id, ItemId("a")):
        found = facts([said("1111", 3, passage="a")], [wrong(about, 1, "2222")])
        assert [one.recorded_to for one in found if one.value == "1111"] == [day(3)]
        assert not any(one.disputed for one in found)
    found = facts([said("1111", 3, passage="a")], [wrong(before.id, 1, "2222")])
    assert [values(found, at, at) for at in (1, 2, 4)] == [["2222"]] * 3
    dated = facts([said("1111", 3, since=30, passage="a")], [wrong(before.id, 1, "2222")])
    assert [one.valid_from for one in dated if one.value == "2222"] == [day(30)]
    repeated = facts([said("1111", 3), said("1111", 7), said("1111", 9)], [wrong(before.id, 4), wrong(before.id, 5)])
    assert [one.sources for one in repeated if one.recorded_to is None] == [("p1111-2026-01-08", "p1111-2026-01-10")]


def test_a_correction_about_nothing_known_changes_nothing() -> None:
    assert facts([said("80", 1)], [wrong(ItemId("f0"), 2, "81")]) == facts([said("80", 1)])


def test_names_that_nobody_expects_have_ids() -> None:
    assert facts([said("\ud800\0;--", 1)])[0].id.startswith("f")


_days = st.integers(0, 12)
_stated = st.builds(
    said,
    st.sampled_from(["80", "443", "8080"]),
    _days,
    since=st.none() | _days,
    until=st.none() | _days,
    passage=st.sampled_from(["a", "b", "c", "d", "n2026-01-04", "n2026-01-07"]),
    single=st.booleans(),
    by_person=st.booleans(),
    confidence=st.sampled_from([0.3, 0.6, 1.0]),
    predicate=st.sampled_from(["port", "host"]),
)


@st.composite
def _logs(draw: st.DrawFn) -> tuple[list[Stated], list[Correction]]:
    """Statements, and corrections of facts that some part of them, and of the corrections before, shows."""
    statements = draw(st.lists(_stated, max_size=8))
    corrections: list[Correction] = []
    for _ in range(draw(st.integers(0, 3))):
        part = [one for one in statements if draw(st.booleans())]
        ids = [ItemId("a"), *(one.id for one in facts(part, corrections))]
        value = draw(st.sampled_from(["", "80", "9090"]))
        corrections.append(wrong(draw(st.sampled_from(ids)), draw(_days), value, draw(st.none() | _days)))
    return statements, corrections


@given(_logs(), st.randoms(use_true_random=False))
def test_the_same_set_gives_the_same_facts_in_whatever_order_and_parts_it_came(
    log: tuple[list[Stated], list[Correction]], chance: random.Random
) -> None:
    statements, corrections = log
    parts: list[list[Stated]] = [[], [], []]
    for one in statements:
        for part in chance.sample(parts, chance.randint(1, 3)):  # a device may have what another one has, too
            part.append(one)
    merged = [one for part in chance.sample(parts, 3) for one in chance.sample(part, len(part))]
    assert facts(merged, chance.sample(corrections, len(corrections)) * 2) == facts(statements, corrections)


@given(_logs())
def test_every_fact_has_its_own_id_a_source_and_intervals_that_do_not_run_backwards(
    log: tuple[list[Stated], list[Correction]],
) -> None:
    found = facts(*log)
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert one.sources
        assert 0.0 <= one.confidence <= SURE
        assert one.valid_to is None or one.valid_from <= one.valid_to
        assert one.recorded_to is None or one.recorded_from <= one.recorded_to
    assert {(one.statement.value) for one in log[0]} <= {one.value for one in found}


@given(
    st.lists(st.builds(said, st.sampled_from(["80", "443", "8080"]), _days), max_size=8),
    st.lists(st.tuples(st.sampled_from(["80", "443", "8080"]), st.integers(0, 12)), max_size=3),
    _days,
    _days,
)
def test_what_was_believed_at_a_date_is_what_the_log_of_that_date_gave(
    statements: list[Stated], mistakes: list[tuple[str, int]], valid_at: int, known_by: int
) -> None:
    corrections: list[Correction] = []
    for value, on in sorted(mistakes, key=lambda mistake: mistake[1]):
        then = facts([one for one in statements if one.at <= day(on)], corrections)
        about = [one.id for one in then if one.value == value and one.recorded_to is None]
        corrections += [wrong(about[-1], on)] if about else []
    log_then = [one for one in statements if one.at <= day(known_by)]
    corrections_then = [one for one in corrections if one.at <= day(known_by)]
    now, then = facts(statements, corrections), facts(log_then, corrections_then)
    assert values(now, valid_at, known_by) == values(then, valid_at, known_by)
