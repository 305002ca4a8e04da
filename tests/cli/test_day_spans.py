"""Days of the user's own zone, also those that begin at one o'clock."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from minga.entrypoints.cli.spans import span
from minga.entrypoints.cli.words import load

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        ("America/Santiago", "2026-09-05", datetime(2026, 9, 5, 4, tzinfo=UTC), datetime(2026, 9, 6, 4, tzinfo=UTC)),
        ("America/Santiago", "2026-09-06", datetime(2026, 9, 6, 4, tzinfo=UTC), datetime(2026, 9, 7, 3, tzinfo=UTC)),
        ("America/Santiago", "2026-04-04", datetime(2026, 4, 4, 3, tzinfo=UTC), datetime(2026, 4, 5, 4, tzinfo=UTC)),
        ("America/Havana", "2026-03-08", datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)),
    ],
    indirect=["zone"],
)
def test_a_day_begins_and_ends_as_it_is_shown(zone: None, day: str, begins: datetime, ends: datetime) -> None:
    assert span(load("en"), day, day, NOW) == (begins, ends - timedelta(microseconds=1))
