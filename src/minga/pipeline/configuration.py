"""What the gateway goes by, as one value: it is replaced whole, and a call goes by the one it began with."""

from dataclasses import dataclass, field

from minga.domain.model_calls import Wire
from minga.ledger.prices import PriceTable
from minga.pipeline.places import Places, places_of
from minga.providers.deployments import Deployments

KNOWN_MAX = 10_000
"""Names of models whose places are remembered: callers name them as they like."""


@dataclass(frozen=True, slots=True)
class Configuration:
    deployments: Deployments
    prices: PriceTable
    _known: dict[tuple[Wire, str], Places] = field(default_factory=dict, repr=False, compare=False)

    def places(self, wire: Wire, model: str) -> Places:
        """Those of `Deployments.candidates`. Raises Refused."""
        found = self._known.get((wire, model))
        if found is None:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            found = self._known[wire, model] = places_of(self.deployments.candidates(wire, model))
        return found
