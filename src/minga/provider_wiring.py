"""Settings -> the providers: what runs are offered and what the gateway calls come from the same list."""

from collections.abc import Mapping, Sequence

from minga.domain.errors import BadSetting
from minga.domain.ways import Offer
from minga.infrastructure import proxies
from minga.infrastructure.liveness import Presence
from minga.infrastructure.proxies import Proxies
from minga.ledger.prices import PriceTable
from minga.pipeline import serving
from minga.providers import catalog, routes
from minga.providers.catalog import Provider
from minga.providers.deployments import Deployments
from minga.settings import Settings


def providers(settings: Settings) -> dict[str, Provider]:
    """Those that are known, without the ones whose key is meant for another server. Raises BadSetting."""
    return catalog.without_elsewhere(catalog.load(settings.config / "providers"), settings.environment)


def meant_elsewhere(settings: Settings) -> dict[str, str]:
    """Of the providers that are left out although their key is set: which variable takes it to another server. Raises
    BadSetting."""
    environment = settings.environment
    known = catalog.load(settings.config / "providers").values()
    with_key = [one for one in known if any(environment.get(name) for name in one.key_variables)]
    named = {one.name: next((name for name in one.elsewhere if environment.get(name)), "") for one in with_key}
    return {name: variable for name, variable in named.items() if variable}


def deployments(settings: Settings, known: Mapping[str, Provider], local: Sequence[str] = ()) -> Deployments:
    """Of the ``known`` providers; ``local`` are the names of local ones that answer. Raises BadSetting."""
    return Deployments(known, settings.environment, local, routes.load(settings.config / "gateway.toml"))


def between(settings: Settings) -> Proxies:
    """What calls to the providers go through. Raises BadSetting."""
    variables = {name.upper(): text for name, text in settings.environment.items() if name.lower().endswith("_proxy")}
    try:
        return proxies.read(*(variables.get(name, "") for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")))
    except ValueError as wrong:
        raise BadSetting(name="proxy", source="HTTPS_PROXY, HTTP_PROXY", detail=str(wrong)) from wrong


def offers(settings: Settings, presence: Presence, prices: PriceTable) -> list[Offer]:
    """The gateways that runs may use: a `minga serve` of this store, else one of the run's own."""
    found = serving.served(settings.home, presence.is_alive, settings.store_shown)
    return [*([found] if found else []), _own_offer(settings, prices)]


def _own_offer(settings: Settings, prices: PriceTable) -> Offer:
    """All that could keep it from serving is read now: a run then goes another way, instead of breaking off."""
    try:
        prices.read()
        between(settings)
        return Offer("", deployments(settings, providers(settings)).models())
    except BadSetting as wrong:
        return Offer("", {}, wrong)
