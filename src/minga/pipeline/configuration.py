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
    _known: dict[tuple[Wire, str, bool], Places] = field(default_factory=dict, repr=False, compare=False)

    def places(self, wire: Wire, model: str, embeds: bool) -> Places:
        """Those of `Deployments.candidates`. Raises Refused."""
        asked = wire, model, embeds
        found = self._known.get(asked)
        if found is None:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            found = self._known[asked] = places_of(self.deployments.candidates(wire, model, embeds=embeds))
        return found
