"""Which way the model calls of a run go: to the CLI's own vendor, to an endpoint, or through Minga's own gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from minga.domain.errors import BadSetting

Through: TypeAlias = Literal["", "direct", "endpoint", "gateway"]
"""``direct``: with the CLI's own login."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A gateway of this store that a run may use. ``url`` empty: the run starts it within its own process. ``models``:
    wire -> provider -> patterns of the model names that are the provider's. ``problem``: why it has none."""

    url: str
    models: Mapping[str, Mapping[str, tuple[str, ...]]]
    problem: BadSetting | None = None

    def provider(self, wire: str, model: str) -> str:
        """The provider that ``model`` goes to; empty if there is none. A name that no pattern holds must be written
        ``provider/model``: only the person can know that it is there."""
        here = self.models.get(wire, {})
        named = model.partition("/")[0] if "/" in model else ""
        if named in here:
            return named
        return next((name for name, patterns in here.items() if any(fnmatchcase(model, one) for one in patterns)), "")


@dataclass(frozen=True, slots=True)
class Way:
    """How the model calls of one agent go, and in one line why. Through the gateway: ``url`` as in `Offer`, the
    ``provider``, the ``model`` that the CLI must be told (empty: its own choice), the one that it is expected to ask
    for, and whether it ``keeps_home``."""

    through: Through
    why: str
    url: str = ""
    provider: str = ""
    model: str = ""
    expected: str = ""
    keeps_home: bool = False


def shown(way: Way) -> str:
    """``through the gateway (openai by minga serve)``; empty for an agent without a model."""
    match way.through:
        case "direct":
            return f"direct ({way.why})"
        case "endpoint":
            return f"to the endpoint ({way.why})"
        case "gateway":
            return f"through the gateway ({way.why})"
        case "":
            return ""
