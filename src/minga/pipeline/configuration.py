"""What the gateway goes by, as one value: it is replaced whole, and a call goes by the one it began with."""

from dataclasses import dataclass

from minga.ledger.prices import PriceTable
from minga.providers.deployments import Deployments


@dataclass(frozen=True, slots=True)
class Configuration:
    deployments: Deployments
    prices: PriceTable
