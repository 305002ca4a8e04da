"""Hand-written conversations through all 16 directions: what comes out, and what is told of it, is in the files."""

from typing import Any

import pytest
import sdk_types
from golden_files import WIRES, Golden, goldens, returned, written

from minga.domain.model_calls import Refused, Wire
from minga.providers.translation.conversation import check
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.notes import Notes

TRANSLATED = [one for one in goldens() if one.kind != "refused"]
REFUSED = [one for one in goldens() if one.kind == "refused"]


def _name(golden: Golden) -> str:
    return golden.name


@pytest.mark.parametrize("golden", TRANSLATED, ids=_name)
def test_a_conversation_becomes_what_its_file_says_in_every_direction(golden: Golden) -> None:
    for source, target in golden.directions():
        found = golden.translated(source, target, golden.told[source])
        assert found == golden.expected(source, target), f"{source} → {target}"


@pytest.mark.parametrize("golden", TRANSLATED, ids=_name)
def test_the_types_of_the_sdks_take_what_is_written(golden: Golden) -> None:
    if golden.kind == "error":
        return
    for source, target in golden.directions():
        wanted = golden.expected(source, target)
        if not wanted.refused:
            sdk_types.check(golden.kind, target, wanted.message)


@pytest.mark.parametrize("golden", TRANSLATED, ids=_name)
def test_what_came_through_comes_through_again(golden: Golden) -> None:
    """There and back, and there again: nothing more is lost, but where the file says so."""
    for source, target in golden.directions():
        there = golden.expected(source, target).message
        if there is not None:
            same = returned(golden, source, target) == there
            assert same == (f"{source} → {target}" not in golden.told.get("fades", ())), f"{source} → {target}"


@pytest.mark.parametrize("golden", REFUSED, ids=_name)
def test_what_cannot_be_read_is_refused_in_words(golden: Golden) -> None:
    for source in WIRES:
        if source in golden.told:
            with pytest.raises(Refused) as refused:
                _read(source, golden.told[source])
            assert refused.value.reason == "malformed"
            assert refused.value.message == golden.told["says"][source], source


def _read(source: Wire, message: Any) -> None:
    notes = Notes()
    check(DIALECTS[source].read_request(written("request", source, message), notes), notes)


def test_there_are_sixty_and_every_direction_has_some() -> None:
    assert len(goldens()) >= 60
    assert {one.kind for one in goldens()} == {"request", "answer", "stream", "error", "refused"}
