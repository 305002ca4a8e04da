"""Where the calls of one model may go: made once for each name that callers give it, not for each call."""

from collections.abc import Mapping
from dataclasses import dataclass

from minga.domain.model_calls import Wire
from minga.providers import longest_answers
from minga.providers.deployments import Deployment, Groups
from minga.routing.permits import Target


@dataclass(frozen=True, slots=True)
class Places:
    """``groups`` of deployments, and the ``targets`` that the balancer knows them as. ``models`` are their names as
    the ledger books them, ``longest`` the tokens of the longest answer of each."""

    groups: Groups
    targets: tuple[tuple[Target, ...], ...]
    by_id: Mapping[str, Deployment]
    models: tuple[str, ...]
    longest: Mapping[str, int]

    def speaking(self, wire: Wire) -> "Places":
        """Only those that speak it."""
        if all(one.wire == wire for one in self.by_id.values()):
            return self
        groups = (tuple(one for one in group if one.wire == wire) for group in self.groups)
        return places_of(tuple(group for group in groups if group))


def places_of(groups: Groups) -> Places:
    every = [one for group in groups for one in group]
    targets = tuple(tuple(_target(one) for one in group) for group in groups)
    models = tuple(dict.fromkeys(one.model for one in every))
    longest = {model: longest_answers.of(model) for model in models}
    return Places(groups, targets, {one.id: one for one in every}, models, longest)


def _target(deployment: Deployment) -> Target:
    return Target(deployment.id, deployment.rate.requests_per_minute, deployment.rate.concurrent)
