"""Events as JSON: nothing is lost on the way to the store and back."""

import re
from datetime import UTC, datetime

import msgspec
import pytest
from event_strategies import EVENT_KINDS, any_event, of
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.events import Event, Recorded, Text
from minga.domain.ids import AttemptId, SessionId, TurnId
from minga.sessions.codec import KINDS, as_json, decode, encode, kind_of
from minga.storage.instants import from_micros, to_micros

instants = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize("kind", EVENT_KINDS, ids=kind_of)
def test_every_kind_of_event_comes_back_as_it_was(kind: type[Event]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(of(kind))
    def comes_back(event: Event) -> None:
        assert decode(kind_of(event), encode(event)) == event

    comes_back()


def test_every_kind_has_a_name_of_its_own_in_lower_case() -> None:
    assert len(KINDS) == len(EVENT_KINDS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in KINDS)


@settings(max_examples=500, deadline=None)
@given(instants)
def test_an_instant_keeps_its_microsecond(instant: datetime) -> None:
    assert from_micros(to_micros(instant)) == instant


@settings(deadline=None)
@given(any_event, instants)
def test_a_line_of_json_output_holds_what_the_store_holds(event: Event, at: datetime) -> None:
    recorded = Recorded(SessionId("s"), TurnId("t"), 7, at, AttemptId("a"), event)
    line = as_json(recorded)
    assert b"\n" not in line
    read = msgspec.json.decode(line)
    assert (read["session_id"], read["turn_id"], read["seq"], read["attempt_id"]) == ("s", "t", 7, "a")
    assert msgspec.convert(read["at"], datetime) == at
    assert decode(read["kind"], msgspec.json.encode(read["event"]).decode()) == event


def test_half_a_character_does_not_stop_the_recording() -> None:
    """Bytes of file names that are not UTF-8 come as lone surrogates; they are shown as the replacement character."""
    for half in ("\ud800", "\udcff"):
        assert decode("text", encode(Text(f"a{half}b"))) == Text("a\N{REPLACEMENT CHARACTER}b")


def test_an_unknown_kind_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="telepathy"):
        decode("telepathy", "{}")


def test_a_body_that_does_not_fit_its_kind_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode("text", '{"text": 7}')
