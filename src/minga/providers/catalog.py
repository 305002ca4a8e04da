"""The providers that are known: the shipped TOML files, and the person's own, which win."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from minga.domain.errors import BadSetting
from minga.domain.model_calls import Wire
from minga.infrastructure.http import Unreachable, header_lines

SHIPPED = Path(__file__).parent / "catalog"

_NAME = re.compile(r"[^\s:/\x00-\x1f\x7f]+")
_PRINTS = re.compile(r"[!-~]+")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an account of a provider may; None where that is learned from its answers."""

    requests_per_minute: Annotated[float, Meta(gt=0)] | None = None
    concurrent: Annotated[int, Meta(gt=0)] | None = None


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """``wires``: wire -> base URL, in which ``${NAME}`` is an environment variable. ``auth`` is the header that carries
    the key, or the cloud whose signatures or tokens are wanted; ``key_variables`` where the key stands, the first that
    is set. ``models``: patterns of model names that are
    this provider's; others reach it as ``name/model``. ``local``: it runs on this machine and needs no key.
    ``elsewhere``: variables by which programs take the same key to another server; where one is set, the key
    is not taken for this provider's.
    ``form``: the cloud that hosts it has paths and framing of its own. ``hosts``: those of URLs, once their variables
    are filled, that have another name in truth.
    ``limits``: what each of its accounts may. ``private``: its address need not be of the internet; None: if its URL
    names such a one literally."""

    name: str
    title: str
    auth: Literal["bearer", "x-api-key", "x-goog-api-key", "api-key", "none", "aws", "google"]
    wires: dict[Wire, str]
    key_variables: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    local: bool = False
    elsewhere: tuple[str, ...] = ()
    private: bool | None = None
    headers: dict[str, str] = {}
    limits: Rate = Rate()
    form: Literal["", "bedrock", "vertex"] = ""
    hosts: dict[str, str] = {}

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"`name` {self.name!r} is empty, or has a blank, `:` or `/`")
        if not self.wires:
            raise ValueError("`wires` names no URL")
        for wire, url in self.wires.items():
            if not _VARIABLE.search(url) and (wrong := wrong_with(url)):
                raise ValueError(f"the URL of {wire} {wrong}")
        if self.form and set(self.wires) != {"anthropic"}:
            raise ValueError("`form` is of Claude: such a provider has the wire anthropic, and no other")
        try:
            header_lines(tuple(self.headers.items()))
        except Unreachable as wrong:
            raise ValueError(str(wrong)) from wrong


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


def wrong_with(url: str) -> str:
    """Why no request can go there; empty where one can. It does not repeat the URL, in which a password may stand."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not _PRINTS.fullmatch(url):
        return "is not http:// or https:// with a host, and a port from 1 to 65535 if any"
    if "@" in parts.netloc:
        return "holds a user's name or a password; a key stands in a variable that `key_variables` names"
    return ""


def address(provider: Provider, wire: Wire, environment: Mapping[str, str]) -> str | None:
    """The base URL of a wire, with its variables; None where one is not set."""
    url = filled(provider.wires[wire], environment)
    if url is None or not provider.hosts:
        return url
    head, slashes, rest = url.partition("//")
    host, slash, path = rest.partition("/")
    return f"{head}{slashes}{provider.hosts.get(host, host)}{slash}{path}"


def filled(url: str, environment: Mapping[str, str]) -> str | None:
    """``url`` with its variables; None where one is not set."""
    if any(not environment.get(name) for name in _VARIABLE.findall(url)):
        return None
    return _VARIABLE.sub(lambda match: environment[match[1]].rstrip("/"), url).rstrip("/")
