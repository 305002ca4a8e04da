"""Settings -> the providers: what runs are offered and what the gateway calls come from the same list."""

from collections.abc import Mapping, Sequence

from minga.domain.errors import BadSetting
from minga.infrastructure import proxies
from minga.infrastructure.proxies import Proxies
from minga.providers import catalog, routes
from minga.providers.catalog import Provider
from minga.providers.deployments import Deployments
from minga.settings import Settings


def providers(settings: Settings) -> dict[str, Provider]:
    """Those that are known, without the ones whose key is meant for another server. Raises BadSetting."""
    return catalog.without_elsewhere(catalog.load(settings.config / "providers"), settings.environment)


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
