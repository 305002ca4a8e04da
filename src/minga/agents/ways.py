"""Which way a CLI's model calls go in a run: its own login goes first, so that no key is spent in its place.

The rule and its reasons: docs/decisions/0020-runs-through-the-gateway.md.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from minga.agents.facts import EndpointFacts, Facts
from minga.agents.login import holds_login, is_found_in, person_home
from minga.domain.task import GatewayUse, Task
from minga.domain.ways import Offer, Way


def way_of(facts: Facts, task: Task, offers: Sequence[Offer], environment: Mapping[str, str], homes: Path) -> Way:
    """The way for ``task``. ``homes`` holds the homes of Minga's in which a person may have logged in."""
    if task.endpoint is not None:
        return Way("endpoint", "a model server was named")
    if task.gateway is GatewayUse.OFF:
        return Way("direct", "the gateway is off")
    if facts.endpoint is None:
        return Way("direct", "it takes no other model server")
    own = _own_login(facts, facts.endpoint, task, environment, homes)
    if own and task.gateway is GatewayUse.AUTO:
        return Way("direct", own)
    model = task.model or facts.model
    for offer in offers:
        provider = offer.provider(facts.endpoint.wire, model)
        if provider and not offer.url.startswith("https:"):
            keeps = not own and not task.isolated and any(environment.get(name) for name in facts.endpoint.keys)
            told = task.model if keeps and not facts.endpoint.needs_model else model
            return Way("gateway", _reason(provider, offer), offer.url, provider, told, model, keeps)
    return Way("direct", _why_none(facts.endpoint.wire, model, offers))


def _own_login(facts: Facts, endpoint: EndpointFacts, task: Task, environment: Mapping[str, str], homes: Path) -> str:
    """What the CLI has of its own, in words; empty where there is nothing but keys that a gateway can hold instead."""
    if task.isolated:
        return "its own login" if holds_login(facts, homes / facts.name, {}) else ""
    home = person_home(facts, environment)
    if holds_login(facts, home, environment):
        return "its own login"
    if name := next((one for one in facts.login.variables if one not in endpoint.keys and environment.get(one)), ""):
        return f"its own login in {name}"
    if name := next((one for one in endpoint.unless if environment.get(one)), ""):
        return f"its own server in {name}"
    if is_found_in(facts, home, endpoint.unless_in, environment):
        return "its own configuration"
    return ""


def _reason(provider: str, offer: Offer) -> str:
    return f"{provider} by minga serve" if offer.url else f"{provider} by this run itself"


def _why_none(wire: str, model: str, offers: Sequence[Offer]) -> str:
    if any(offer.provider(wire, model) for offer in offers):
        return "the minga serve here speaks TLS which a CLI may not trust"
    if problem := next((offer.problem for offer in offers if offer.problem), None):
        return f"the gateway's configuration is wrong: {problem.message}"
    return f"no provider is set up for {model} over {wire}"
