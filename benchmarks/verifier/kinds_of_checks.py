"""Which kinds of answers a check answers for: a wrong one of another kind is no fault of its own."""

from collections.abc import Mapping, Sequence

KINDS_OF_CHECKS: Mapping[str, Sequence[str]] = {}
