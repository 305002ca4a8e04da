"""Which deployments a call may go to: providers that are set up, by wire and by the name of the model.

A deployment is a model at an account of a provider. A provider has an account for each of its keys that stands in the
environment: ``OPENAI_API_KEY``, ``OPENAI_API_KEY_2`` … ``OPENAI_API_KEY_9``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from minga.domain.model_calls import Refused, Wire
from minga.infrastructure.destinations import is_own
from minga.providers import routes
from minga.providers.catalog import Provider, Rate, address, wrong_with
from minga.providers.clouds import aws_account, google_account
from minga.providers.clouds.aws_account import AwsAccount
from minga.providers.clouds.google_account import GoogleAccount
from minga.providers.routes import Route

NEAR = 3
"""Names that are offered for an unknown one."""

ACCOUNTS_MAX = 9

TRANSLATED: tuple[Wire, ...] = ("anthropic", "gemini", "openai-responses", "openai-chat")
"""The wires between which conversations are translated."""

EMBEDDED: tuple[Wire, ...] = ("openai-embeddings", "gemini")
"""The wires between which embeddings are translated."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """``model`` as the provider calls it; ``headers`` carry the key of ``account``, unless it has ``credentials``, of
    which each call gets its own. ``rate``: what the account may. ``private``: its address need not be of the internet.
    ``wire``: the one that is spoken at ``base_url``. ``form``: as in `Provider`."""

    id: str
    provider: str
    account: str
    wire: Wire
    base_url: str
    model: str
    headers: tuple[tuple[str, str], ...]
    rate: Rate
    private: bool = False
    form: Literal["", "bedrock", "vertex"] = ""
    credentials: AwsAccount | GoogleAccount | None = None


Groups: TypeAlias = tuple[tuple[Deployment, ...], ...]
"""Calls are balanced within a group; the next one is for when that fails."""


@dataclass(frozen=True, slots=True)
class _Account:
    name: str
    headers: tuple[tuple[str, str], ...]
    credentials: AwsAccount | GoogleAccount | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    provider: Provider
    urls: Mapping[Wire, str]
    accounts: tuple[_Account, ...]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A provider and the wire that it is spoken to in."""

    ready: _Ready
    wire: Wire


class Deployments:
    """The providers whose key and address are known. ``local`` are the names of local ones that answer."""

    def __init__(
        self,
        catalogue: Mapping[str, Provider],
        environment: Mapping[str, str],
        local: Sequence[str] = (),
        own_routes: tuple[Route, ...] = (),
    ) -> None:
        self._routes = own_routes
        self._ready: dict[str, _Ready] = {}
        self._found: dict[tuple[Wire, str, bool], Groups] = {}
        self.warnings = [*_strangers(own_routes, catalogue)]
        """What is wrong with what the person gave, though calls go on."""
        for name, provider in catalogue.items():
            if provider.local and name not in local:
                continue
            try:
                accounts = tuple(_accounts(provider, environment))
            except ValueError as problem:
                self.warnings.append(f"the account of {name} cannot be used: {problem}")
                continue
            if accounts:
                urls = {wire: url for wire in provider.wires if (url := address(provider, wire, environment))}
                bad = {wire: wrong for wire, url in urls.items() if (wrong := wrong_with(url))}
                self.warnings += _odd_urls(name, bad)
                good = {wire: url for wire, url in urls.items() if wire not in bad}
                self._ready[name] = _Ready(provider, good, accounts)

    def names(self, wire: Wire | None = None) -> list[str]:
        return [name for name, ready in self._ready.items() if wire is None or wire in ready.urls]

    def set_up(self) -> list[tuple[Provider, Mapping[Wire, str]]]:
        """Each provider that is set up, with the base URLs of its wires."""
        return [(ready.provider, ready.urls) for ready in self._ready.values()]

    def models(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Wire -> provider -> patterns of the names of its models, those of the person's routes among them: what
        callers of each wire may ask for."""
        wires = dict.fromkeys(wire for ready in self._ready.values() for wire in ready.urls)
        if any(wire in TRANSLATED for wire in wires):
            wires |= dict.fromkeys(TRANSLATED)
        return {
            wire: {
                name: (*one.ready.provider.models, *self._routed_to(name)) for name, one in self._speaking(wire).items()
            }
            for wire in wires
        }

    def _routed_to(self, name: str) -> list[str]:
        named = {
            route.model: [one.partition("/")[0] for group in route.groups for one in group] for route in self._routes
        }
        return [model for model, names in named.items() if name in names]

    def candidates(self, wire: Wire, model: str, *, embeds: bool = False) -> Groups:
        """What the person's route for the model says; else the provider of ``provider/model``; else those whose
        patterns hold the model, one after the other; else the only provider there is. Providers of the wire come
        before those that a call must be translated for, which may be none for a wire that is not translated. For no
        model at all, as where models are listed, every provider of the wire. ``embeds``: vectors are asked for, no
        words. Raises Refused."""
        if (wire, model, embeds) not in self._found:
            if len(self._found) > 10_000:
                self._found.clear()
            self._found[wire, model, embeds] = self._candidates(wire, model, EMBEDDED if embeds else TRANSLATED)
        return self._found[wire, model, embeds]

    def one_of_each(self, wire: Wire) -> list[Deployment]:
        """The first account of each provider, in ``wire`` where it speaks that, without a model: those come first."""
        spoken = [_Spoken(ready, wire if wire in ready.urls else next(iter(ready.urls))) for ready in self._with_urls()]
        return [_group(one, "")[0] for one in sorted(spoken, key=lambda one: one.wire != wire)]

    def _with_urls(self) -> list["_Ready"]:
        return [ready for ready in self._ready.values() if ready.urls]

    def _candidates(self, wire: Wire, model: str, among: tuple[Wire, ...]) -> Groups:
        here = self._speaking(wire, among if model else ())
        if not here:
            known = ", ".join(self.names()) or "none"
            raise Refused("unknown-model", f"no provider that is set up speaks {wire}; set up: {known}")
        if route := routes.find(self._routes, model):
            return _routed(route, here, wire, model)
        name, slash, rest = model.partition("/")
        if slash and name in here:
            return (_group(here[name], rest),)
        owners = [one for one in here.values() if any(fnmatchcase(model, each) for each in one.ready.provider.models)]
        if not owners:
            native = [one for one in here.values() if one.wire == wire]
            owners = native if not model or len(native) == 1 else [*here.values()] if len(here) == 1 else []
        if not owners:
            raise Refused("unknown-model", f"no provider here is known for the model {model!r}. {_advice(model, here)}")
        return tuple(_group(one, model) for one in owners)

    def _speaking(self, wire: Wire, among: tuple[Wire, ...] = TRANSLATED) -> dict[str, "_Spoken"]:
        """By name: the providers of the wire, then those that speak another one of those ``among`` which it is
        translated, if it is one of them: the first one that their file names."""
        found = {name: _Spoken(self._ready[name], wire) for name in self.names(wire)}
        for name, ready in self._ready.items():
            other = next((one for one in ready.urls if one in among), None) if wire in among else None
            if name not in found and other is not None:
                found[name] = _Spoken(ready, other)
        return found


def _strangers(own_routes: tuple[Route, ...], catalogue: Mapping[str, Provider]) -> Iterator[str]:
    """The providers that routes name and that there are none of."""
    for route in own_routes:
        for name in dict.fromkeys(one.partition("/")[0] for group in route.groups for one in group):
            if name not in catalogue:
                yield f"the route for {route.model!r} names {name!r}: there is no such provider"


def _odd_urls(name: str, bad: Mapping[Wire, str]) -> Iterator[str]:
    for wire, wrong in bad.items():
        yield f"the URL of {name} for {wire} {wrong}"


def _routed(route: Route, here: Mapping[str, _Spoken], wire: Wire, model: str) -> Groups:
    groups = []
    for names in route.groups:
        pairs = [one.partition("/") for one in names]
        group = [one for name, _, other in pairs if name in here for one in _group(here[name], other or model)]
        groups += [tuple(group)] if group else []
    if not groups:
        named = ", ".join(one for group in route.groups for one in group)
        raise Refused("unknown-model", f"the route for {model!r} names {named}: none of them is set up for {wire}")
    return tuple(groups)


def _group(spoken: _Spoken, model: str) -> tuple[Deployment, ...]:
    provider, url = spoken.ready.provider, spoken.ready.urls[spoken.wire]
    return tuple(
        Deployment(
            id=f"{provider.name}:{account.name}:{model}",
            provider=provider.name,
            account=account.name,
            wire=spoken.wire,
            base_url=url,
            model=model,
            headers=account.headers,
            rate=provider.limits,
            private=_is_private(provider, url),
            form=provider.form,
            credentials=account.credentials,
        )
        for account in spoken.ready.accounts
    )


def _is_private(provider: Provider, url: str) -> bool:
    """The shipped providers name no private address but for local servers, so one that stands in a URL is the person's
    own: of its own file, or of a variable. A name that leads to a private address is not meant by that."""
    return (provider.local or is_own(urlsplit(url).hostname or "")) if provider.private is None else provider.private


def _accounts(provider: Provider, environment: Mapping[str, str]) -> Iterator[_Account]:
    """By the variables that hold their keys. Raises ValueError for credentials that cannot be read."""
    own = tuple(provider.headers.items())
    if provider.auth == "none":
        yield _Account("", own)
        return
    variable = next((one for one in provider.key_variables if environment.get(one, "").strip()), None)
    if variable is None:
        return
    for name in (variable, *(f"{variable}_{number}" for number in range(2, ACCOUNTS_MAX + 1))):
        key = environment.get(name, "").strip()
        if not key:
            continue
        if provider.auth == "google":
            yield _Account(name, own, _of_google(name, key))
        elif provider.auth == "aws" and aws_account.signs(variable):
            if account := aws_account.read(name, environment):
                yield _Account(name, own, account)
        else:
            bearer = provider.auth in ("bearer", "aws")
            header = ("authorization", f"Bearer {key}") if bearer else (provider.auth, key)
            yield _Account(name, (header, *own))


def _of_google(variable: str, told: str) -> GoogleAccount:
    """Raises ValueError, which names no path."""
    try:
        if google_account.METADATA_HOST in variable:
            return google_account.machine(told)
        return google_account.read(Path(told))
    except ValueError as wrong:
        raise ValueError(f"{variable}: {wrong}") from wrong


def _advice(model: str, here: Mapping[str, _Spoken]) -> str:
    patterns = [pattern for one in here.values() for pattern in one.ready.provider.models]
    near = get_close_matches(model, [pattern.rstrip("*") for pattern in patterns], n=NEAR, cutoff=0.4)
    named = ", ".join(f"{name}/{model}" for name in list(here)[:NEAR])
    return (f"Near it: {', '.join(f'{one}…' for one in near)}. " if near else "") + f"Name one: {named}"
