"""Whether a server can do its work now."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Readiness:
    """``reasons`` why no call can be served; ``warnings``: what is wrong, though calls are served."""

    reasons: Sequence[str] = ()
    warnings: Sequence[str] = ()
