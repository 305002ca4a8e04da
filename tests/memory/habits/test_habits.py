"""Habits: weighed by outcome and age, the same in whatever order they were seen, and a person has the last word."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.habits import Habit, Observed
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Note, NoteKind, Passage, Source
from minga.domain.secrecy import UserName
from minga.memory.habits.habits import CONTRADICTS, HALF_LIFE, habits
from minga.memory.habits.telling import TIMES, is_shown, line, told
from minga.memory.index.noted import Noted

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def seen(number: int, *, days: float = 0, ok: bool = True, what: str = "make check") -> Observed:
    at = NOW - timedelta(days=days)
    return Observed("command", what, "", ok, at, UserName("ana"), "shop", (ItemId(f"t{number}"),))


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
            st.sampled_from(["use", "without"]),
            st.booleans(),
            st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
            st.sampled_from([UserName("ana"), UserName("pedro")]),
            st.sampled_from(["shop", "tax"]),
            st.lists(st.integers(0, 9), min_size=1, max_size=3).map(
                lambda numbers: tuple(ItemId(f"t{number}") for number in numbers)
            ),
        ),
        max_size=25,
    )


@settings(max_examples=60, deadline=None)
@given(some(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(observed: list[Observed], rng: random.Random) -> None:
    ids = [one.id for one in habits(observed, [], NOW)]
    notes = [noted(NoteKind.ACCEPTANCE, id_, day) for day, id_ in enumerate(ids[:2])]
    notes += [noted(NoteKind.REJECTION, id_, 9 + day) for day, id_ in enumerate(ids[1:3])]
    notes += [noted(NoteKind.FORGETTING, id_, -90 + day) for day, id_ in enumerate(ids[2:4])]
    first = habits(observed, notes, NOW)
    again, other = observed + observed[:3], list(notes)
    rng.shuffle(again)
    rng.shuffle(other)
    assert habits(again, other, NOW) == first
    assert list(told(reversed(first)).items()) == list(told(first).items())


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
        assert set(one.evidence) == {item for each in own for item in each.passages}
        assert (one.first_seen, one.last_seen) == (min(each.at for each in own), max(each.at for each in own))


def _key(one: Habit) -> tuple[str, str, str, str, str]:
    return one.kind, one.what, one.of, one.user, one.project


@settings(max_examples=60, deadline=None)
@given(some(), st.integers(0, 24))
def test_one_more_bad_end_never_makes_a_habit_surer_nor_a_good_one_less_sure(
    observed: list[Observed], place: int
) -> None:
    own = [one for one in observed if one.kind not in ("preference", "remark")]
    if not own:
        return
    more = replace(own[place % len(own)], passages=(ItemId("new"),))
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


def test_another_cli_that_did_the_same_kind_of_task_well_speaks_against_the_first() -> None:
    claude, codex = [by("claude", number) for number in range(4)], [by("codex", 10 + number) for number in range(5)]
    failing = [replace(one, ok=False) for one in codex]
    beside = {one.what: one for one in habits([*claude, *codex], [], NOW)}
    assert only(claude).confidence > beside["claude"].confidence
    assert (beside["claude"].contradicted, beside["codex"].contradicted) == (True, False)
    assert not next(one for one in habits([*claude, *failing], [], NOW) if one.what == "claude").contradicted


def test_a_remark_is_contradicted_by_its_opposite_on_the_same_thing_only() -> None:
    use = [remark("use", "mocks", number) for number in range(2)]
    against = [remark("without", "mocks", 10 + number) for number in range(3)]
    elsewhere = [remark("without", "tabs", 20 + number) for number in range(3)]
    assert not any(one.contradicted for one in habits([*use, *elsewhere], [], NOW))
    found = {one.of: one.contradicted for one in habits([*use, *against], [], NOW)}
    assert found == {"use": True, "without": False}


def remark(stance: str, thing: str, number: int) -> Observed:
    return replace(seen(number, what=thing), kind="remark", of=stance)


def test_a_person_accepts_rejects_and_edits_and_the_last_word_counts() -> None:
    observed = [seen(1)]
    id_ = only(observed).id
    accepted, rejected = noted(NoteKind.ACCEPTANCE, id_, 1), noted(NoteKind.REJECTION, id_, 2)
    assert (only(observed).state, told([only(observed)])) == ("learned", {})
    assert told([only(observed, accepted)]) == {id_: "`make check` is run often here."}
    assert (only(observed, accepted, rejected).state, told([only(observed, accepted, rejected)])) == ("rejected", {})
    edited = only(observed, rejected, noted(NoteKind.CORRECTION, id_, 3, "Run make check before a commit."))
    assert edited.state == "accepted"
    assert told([edited], "es") == {id_: "Run make check before a commit."}


def test_what_was_rejected_does_not_come_back_however_often_it_is_seen() -> None:
    often = only([seen(number, days=-number) for number in range(9)], noted(NoteKind.REJECTION, only([seen(1)]).id, 0))
    assert often.state == "rejected"
    assert not is_shown(often)


def test_what_was_forgotten_is_learned_anew_from_what_is_seen_later() -> None:
    id_ = only([seen(1)]).id
    word, forgetting = noted(NoteKind.CORRECTION, id_, -2, "Mine."), noted(NoteKind.FORGETTING, id_, -1)
    before = [seen(number, days=3) for number in range(5)]
    assert habits(before, [word, forgetting], NOW) == []
    again = only([*before, seen(9)], word, forgetting)
    assert (again.times, again.state, again.text) == (1, "learned", "`make check` is run often here.")
    accepted = only([*before, seen(9)], word, forgetting, noted(NoteKind.ACCEPTANCE, id_, 1))
    assert accepted.state == "accepted"


def test_an_accepted_habit_that_fails_from_then_on_is_not_told_until_it_is_accepted_again() -> None:
    bad = [seen(number, days=5, ok=False) for number in range(3)]
    id_ = only(bad).id
    accepted = noted(NoteKind.ACCEPTANCE, id_, -4)
    assert told([only(bad, accepted)])
    later = [*bad, seen(7, ok=False)]
    assert (only(later, accepted).contradicted, told([only(later, accepted)])) == (True, {})
    assert told([only(later, accepted, noted(NoteKind.ACCEPTANCE, id_, 1))])
    assert told([only([*later, seen(8), seen(9), seen(10)], accepted)])


def test_only_what_was_seen_often_is_shown_and_lines_do_not_move_with_the_figures() -> None:
    few = [seen(number) for number in range(TIMES["command"] - 1)]
    accepted = noted(NoteKind.ACCEPTANCE, only(few).id, 0)
    assert not is_shown(only(few))
    assert is_shown(only([*few, seen(90)]))
    assert is_shown(only(few, accepted))
    lines = told(habits(few, [accepted], NOW), "es")
    assert list(lines.values()) == ["Aquí se ejecuta a menudo `make check`."]
    assert told(habits([*few, seen(90), seen(91)], [accepted], NOW + timedelta(days=1)), "es") == lines


def test_a_remark_is_told_in_either_language() -> None:
    for stance, spanish in (("use", "usar"), ("keep", "no cambiar"), ("without", "no poner"), ("missing", "falta:")):
        found = only([remark(stance, "tests", 1)])
        assert found.text.startswith("Reviews often ")
        assert line(found, "es").endswith(f"{spanish} pruebas.")
