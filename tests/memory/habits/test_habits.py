"""Habits: weighed by outcome and age, the same in whatever order they were seen, and a person has the last word."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Habit, ItemId, Note, NoteKind, Observed, Passage, Source
from minga.domain.secrecy import UserName
from minga.memory.habits.habits import CONTRADICTS, HALF_LIFE, habits
from minga.memory.habits.telling import SURE, TIMES, TOLD_MAX, told
from minga.memory.index.noted import Noted

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def seen(number: int, *, days: float = 0, ok: bool = True, what: str = "make check") -> Observed:
    at = NOW - timedelta(days=days)
    return Observed("command", what, "", ok, at, UserName("ana"), "shop", ItemId(f"t{number}"))


def by(agent: str, number: int) -> Observed:
    return replace(seen(number, what=agent), kind="preference", of="tests")


def noted(kind: NoteKind, about: ItemId, day: int, text: str = "") -> Noted:
    source = Source(SessionId(f"note-{day}"), "m", 0, NOW + timedelta(days=day), AgentName("memory"), "user")
    passage = Passage(ItemId(f"n{day}"), "note", text, "", source, "shop", "en", UserName("ana"))
    return Noted(Note(kind, text, about=about), passage)


def only(observed: list[Observed], *notes: Noted, now: datetime = NOW) -> Habit:
    (found,) = habits(observed, notes, now)
    return found


def some() -> st.SearchStrategy[list[Observed]]:
    return st.lists(
        st.builds(
            Observed,
            st.sampled_from(["command", "fix", "preference", "remark"]),
            st.sampled_from(["make check", "make docs", "claude"]),
            st.sampled_from(["", "tests"]),
            st.booleans(),
            st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
            st.sampled_from([UserName("ana"), UserName("pedro")]),
            st.sampled_from(["shop", "tax"]),
            st.integers(0, 9).map(lambda number: ItemId(f"t{number}")),
        ),
        max_size=25,
    )


@settings(max_examples=60, deadline=None)
@given(some(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(observed: list[Observed], rng: random.Random) -> None:
    ids = [one.id for one in habits(observed, [], NOW)]
    notes = [noted(NoteKind.ACCEPTANCE, id_, day) for day, id_ in enumerate(ids[:2])]
    notes += [noted(NoteKind.REJECTION, id_, 9 + day) for day, id_ in enumerate(ids[1:3])]
    first = habits(observed, notes, NOW)
    again, other = observed + observed[:3], list(notes)
    rng.shuffle(again)
    rng.shuffle(other)
    assert habits(again, other, NOW) == first
    assert told(reversed(first)) == told(first)


@settings(max_examples=60, deadline=None)
@given(some())
def test_each_says_what_it_is_made_of_and_nothing_of_another_user(observed: list[Observed]) -> None:
    found = habits(observed, [], NOW)
    assert sum(one.times for one in found) == len(set(observed))
    assert sum(one.failed for one in found) == sum(not one.ok for one in set(observed))
    assert len({one.id for one in found}) == len(found)
    for one in found:
        own = [each for each in observed if (each.kind, each.what, each.of, each.user, each.project) == _key(one)]
        assert 0 <= one.confidence < 1
        assert set(one.evidence) == {each.passage for each in own}
        assert (one.first_seen, one.last_seen) == (min(each.at for each in own), max(each.at for each in own))


def _key(one: Habit) -> tuple[str, str, str, str, str]:
    return one.kind, one.what, one.of, one.user, one.project


@settings(max_examples=60, deadline=None)
@given(some(), st.integers(0, 24))
def test_one_more_bad_end_never_makes_a_habit_surer_nor_a_good_one_less_sure(
    observed: list[Observed], place: int
) -> None:
    own = [one for one in observed if one.kind != "preference"]
    if not own:
        return
    more = replace(own[place % len(own)], passage=ItemId("new"))
    before = {_key(one): one.confidence for one in habits(own, [], NOW)}
    for ok in (True, False):
        after = {_key(one): one.confidence for one in habits([*own, replace(more, ok=ok)], [], NOW)}
        key = (more.kind, more.what, more.of, more.user, more.project)
        assert after[key] >= before[key] if ok else after[key] <= before[key]
        assert {each: one for each, one in after.items() if each != key} == {
            each: one for each, one in before.items() if each != key
        }


def test_what_is_no_longer_done_counts_half_after_a_half_life() -> None:
    fresh = only([seen(number) for number in range(4)]).confidence
    old = only([seen(number, days=HALF_LIFE.days) for number in range(8)]).confidence
    assert fresh == old == 4 / 6
    ahead = only([seen(number, days=-400) for number in range(4)]).confidence
    assert ahead == fresh


def test_what_fails_falls_faster_than_what_is_forgotten() -> None:
    good = [seen(number, days=10) for number in range(6)]
    later = NOW + timedelta(days=10)
    forgotten = only(good, now=later).confidence
    contradicted = only([*good, seen(7, ok=False), seen(8, ok=False)], now=later).confidence
    assert contradicted < forgotten < only(good).confidence
    assert only([seen(1), seen(2, ok=False)]).confidence == 1 / (1 + CONTRADICTS + 2)


def test_another_cli_for_the_same_kind_of_task_speaks_against_the_first() -> None:
    alone = only([by("claude", number) for number in range(4)])
    beside = habits([*(by("claude", number) for number in range(4)), *(by("codex", 10 + n) for n in range(4))], [], NOW)
    assert alone.confidence > SURE > max(one.confidence for one in beside)


def test_a_person_accepts_rejects_and_edits_and_the_last_word_counts() -> None:
    observed = [seen(1)]
    id_ = only(observed).id
    accepted, rejected = noted(NoteKind.ACCEPTANCE, id_, 1), noted(NoteKind.REJECTION, id_, 2)
    assert (only(observed).state, told([only(observed)])) == ("learned", [])
    assert told([only(observed, accepted)]) == ["`make check` is run often here."]
    assert (only(observed, accepted, rejected).state, told([only(observed, accepted, rejected)])) == ("rejected", [])
    edited = only(observed, rejected, noted(NoteKind.CORRECTION, id_, 3, "Run make check before a commit."))
    assert edited.state == "accepted"
    assert told([edited], "es") == ["Run make check before a commit."]
    often = only([seen(number) for number in range(9)], rejected)
    assert told([often]) == []


def test_only_what_was_seen_often_is_told_and_in_lines_that_do_not_move_with_the_figures() -> None:
    enough = TIMES["command"]
    few = [seen(number) for number in range(enough - 1)]
    assert told(habits(few, [], NOW)) == []
    lines = told(habits([*few, seen(90)], [], NOW), "es")
    assert lines == ["Aquí se ejecuta a menudo `make check`."]
    assert told(habits([*few, seen(90), seen(91)], [], NOW + timedelta(days=1)), "es") == lines
    many = [seen(number, what=f"make {kind}") for kind in range(TOLD_MAX + 5) for number in range(enough)]
    assert len(told(habits(many, [], NOW))) == TOLD_MAX
