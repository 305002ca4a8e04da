"""Which provider a call goes to: those that are set up, by wire and by the name of the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from minga.domain.model_calls import Refused, Wire
from minga.providers.catalog import Provider, filled

NEAR = 3
"""Names that are offered for an unknown one."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """``model`` as the provider calls it; ``headers`` carry its key."""

    provider: str
    base_url: str
    model: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Ready:
    provider: Provider
    urls: Mapping[Wire, str]
    headers: tuple[tuple[str, str], ...]


class Deployments:
    """The providers whose key and address are known. ``local`` are the names of local ones that answer."""

    def __init__(
        self, catalogue: Mapping[str, Provider], environment: Mapping[str, str], local: Sequence[str] = ()
    ) -> None:
        self._ready: dict[str, _Ready] = {}
        for name, provider in catalogue.items():
            key = next((environment[one] for one in provider.key_variables if environment.get(one)), "")
            if provider.local and name not in local:
                continue
            if key or provider.auth == "none":
                urls = {wire: url for wire, text in provider.wires.items() if (url := filled(text, environment))}
                self._ready[name] = _Ready(provider, urls, (*_credentials(provider, key), *provider.headers.items()))

    def names(self, wire: Wire | None = None) -> list[str]:
        return [name for name, ready in self._ready.items() if wire is None or wire in ready.urls]

    def models(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Wire -> provider -> patterns of the names of its models."""
        wires = dict.fromkeys(wire for ready in self._ready.values() for wire in ready.urls)
        return {
            wire: {name: ready.provider.models for name, ready in self._ready.items() if wire in ready.urls}
            for wire in wires
        }

    def choose(self, wire: Wire, model: str) -> Deployment:
        """The provider of ``provider/model``, else the one whose patterns hold the model, else the only one there is
        for this wire; for no model at all, as where models are listed, the first. Raises Refused."""
        here = {name: ready for name, ready in self._ready.items() if wire in ready.urls}
        name, slash, rest = model.partition("/")
        if slash and name in here:
            return _deployment(here[name], wire, rest)
        owners = [ready for ready in here.values() if any(fnmatchcase(model, one) for one in ready.provider.models)]
        if here and (owners or len(here) == 1 or not model):
            return _deployment((owners or list(here.values()))[0], wire, model)
        if not here:
            known = ", ".join(self.names()) or "none"
            raise Refused("unknown-model", f"no provider that is set up speaks {wire}; set up: {known}")
        raise Refused("unknown-model", f"no provider here is known for the model {model!r}. {_advice(model, here)}")


def _deployment(ready: _Ready, wire: Wire, model: str) -> Deployment:
    return Deployment(ready.provider.name, ready.urls[wire], model, ready.headers)


def _credentials(provider: Provider, key: str) -> tuple[tuple[str, str], ...]:
    match provider.auth:
        case "bearer":
            return (("authorization", f"Bearer {key}"),)
        case "none":
            return ()
        case header:
            return ((header, key),)


def _advice(model: str, here: Mapping[str, _Ready]) -> str:
    patterns = [pattern for ready in here.values() for pattern in ready.provider.models]
    near = get_close_matches(model, [pattern.rstrip("*") for pattern in patterns], n=NEAR, cutoff=0.4)
    named = ", ".join(f"{name}/{model}" for name in list(here)[:NEAR])
    return (f"Near it: {', '.join(f'{one}…' for one in near)}. " if near else "") + f"Name one: {named}"
