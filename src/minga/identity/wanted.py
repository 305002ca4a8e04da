"""What a virtual key may be: checked where it is made, whichever way it was asked for."""

import re
from datetime import UTC, datetime

from minga.domain.errors import BadInput
from minga.domain.model_calls import VirtualKey

TEXT_MAX = 200

OWN = "minga-"
"""So begin the names of the keys with which Minga itself calls."""

LAST = datetime(9999, 1, 1, tzinfo=UTC)
"""A key expires before: later instants have no place in every time zone."""

_NAME = re.compile(rf"[^\x00-\x1f\x7f\ud800-\udfff]{{1,{TEXT_MAX}}}")
_PATTERN = re.compile(rf"[!-~]{{1,{TEXT_MAX}}}")


def check(wanted: VirtualKey, now: datetime) -> None:
    """Raises BadInput."""
    if wanted.name.casefold().startswith(OWN):
        raise BadInput(detail=f"{wanted.name!r} is no name for a key: {OWN} is kept for Minga's own")
    for name in (wanted.name, *filter(None, (wanted.user, wanted.team, wanted.project))):
        if not _NAME.fullmatch(name):
            raise BadInput(detail=f"{name!r} is no name: 1 to {TEXT_MAX} characters, none of them a control character")
    for pattern in wanted.models:
        if not _PATTERN.fullmatch(pattern):
            raise BadInput(detail=f"{pattern!r} is no pattern of models: one as gpt-5*, without blanks")
    if wanted.expires_at is not None and not now < wanted.expires_at < LAST:
        raise BadInput(detail=f"a key cannot expire then: {wanted.expires_at.isoformat()}; it is past, or after 9998")
