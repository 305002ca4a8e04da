"""Instants as the store keeps them: whole microseconds since 1970 UTC."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """From an aware instant."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds  # a division takes longer


def from_micros(micros: int) -> datetime:
    """The nearest instant there is: one number out of range must not make a whole table unreadable."""
    return EPOCH + timedelta(microseconds=min(max(micros, _FIRST), _LAST))


_FIRST, _LAST = (to_micros(edge.replace(tzinfo=UTC)) for edge in (datetime.min, datetime.max))
