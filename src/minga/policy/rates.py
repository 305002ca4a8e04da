"""So much a minute, as one number: the instant at which the bucket is full again (the generic cell rate algorithm of
ITU-T I.371, annex A). It may be a `MINUTE` away, no more. Instants and durations are whole microseconds."""

MINUTE = 60_000_000


def taken(full_at: int, amount: int, a_minute: int, now: int) -> int:
    """When the bucket is full again once ``amount`` is taken now."""
    return max(full_at, now) + lasts(amount, a_minute)


def lasts(amount: int, a_minute: int) -> int:
    """How long the bucket takes for ``amount`` to come back."""
    return amount * MINUTE // a_minute
