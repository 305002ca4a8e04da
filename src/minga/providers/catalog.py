"""The providers that are known: the shipped TOML files, and the person's own, which win."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from minga.domain.errors import BadSetting
from minga.domain.model_calls import Wire

SHIPPED = Path(__file__).parent / "catalog"

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an account of a provider may; None where that is learned from its answers."""

    requests_per_minute: float | None = None
    concurrent: int | None = None


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``wires``: wire -> base URL, in which ``${NAME}`` is an environment variable. ``auth`` is the header that carries
    the key, ``key_variables`` where the key stands, the first that is set. ``models``: patterns of model names that are
    this provider's; others reach it as ``name/model``. ``local``: it runs on this machine and needs no key.
    ``elsewhere``: variables by which programs take the same key to another server; where one is set, the key
    is not taken for this provider's.
    ``limits``: what each of its accounts may. ``private``: its address need not be of the internet; None: if its URL
    names such a one literally."""

    name: str
    title: str
    auth: Literal["bearer", "x-api-key", "x-goog-api-key", "api-key", "none"]
    wires: dict[Wire, str]
    key_variables: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    local: bool = False
    elsewhere: tuple[str, ...] = ()
    private: bool | None = None
    headers: dict[str, str] = {}
    limits: Rate = Rate()


def load(own: Path) -> dict[str, Provider]:
    """Read the shipped catalogue and the folder ``own``. Raises BadSetting."""
    found: dict[str, Provider] = {}
    for folder in (SHIPPED, own):
        for file in sorted(folder.glob("*.toml")):
            try:
                provider = msgspec.toml.decode(file.read_bytes(), type=Provider)
            except (msgspec.DecodeError, OSError) as wrong:
                raise BadSetting(name="provider", source=str(file), detail=str(wrong)) from wrong
            found[provider.name] = provider
    return found


def without_elsewhere(catalogue: Mapping[str, Provider], environment: Mapping[str, str]) -> dict[str, Provider]:
    """The providers whose key is not meant for another server."""
    return {
        name: provider
        for name, provider in catalogue.items()
        if not any(environment.get(one) for one in provider.elsewhere)
    }


def filled(url: str, environment: Mapping[str, str]) -> str | None:
    """``url`` with its variables; None where one is not set."""
    if any(not environment.get(name) for name in _VARIABLE.findall(url)):
        return None
    return _VARIABLE.sub(lambda match: environment[match[1]].rstrip("/"), url).rstrip("/")
