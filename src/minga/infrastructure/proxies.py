"""Which proxy a request goes through, as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say it.

The forms of NO_PROXY are those of curl and Go: names with all below them, addresses, networks (``10.0.0.0/8``), each
with a port if wanted, ``*`` for all. What is literally this machine is never asked of a proxy.
"""

import base64
import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from minga.infrastructure.destinations import literal


@dataclass(frozen=True, slots=True)
class Proxy:
    """``authorization`` is the value of ``proxy-authorization``, empty without a user in the URL."""

    host: str
    port: int
    authorization: str


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies for ``https`` and ``http``, and the hosts that are reached ``direct``."""

    https: Proxy | None = None
    http: Proxy | None = None
    direct: tuple[str, ...] = ()

    def of(self, scheme: str, host: str, port: int) -> Proxy | None:
        proxy = self.https if scheme == "https" else self.http
        return None if proxy is None or is_here(host) or self._is_direct(host.lower(), port) else proxy

    def _is_direct(self, host: str, port: int) -> bool:
        return any(_matches(entry, host, port) for entry in self.direct)


def read(https: str, http: str, no_proxy: str) -> Proxies:
    """From the values of the variables. Raises ValueError for a proxy that cannot be spoken to."""
    direct = tuple(entry.strip().lower() for entry in no_proxy.split(",") if entry.strip())
    return Proxies(_proxy(https), _proxy(http), direct)


def is_here(host: str) -> bool:
    """Whether a host, as it stands in a URL, is literally this machine."""
    address = literal(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _proxy(text: str) -> Proxy | None:
    if not text:
        return None
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"{parts.scheme}://{parts.hostname or ''} is no proxy that is spoken to: http://HOST:PORT is")
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    authorization = f"Basic {base64.b64encode(user.encode()).decode()}" if user else ""
    return Proxy(parts.hostname, parts.port or 80, authorization)


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdigit() and (":" not in name or name.endswith("]")):
        entry = name
        if int(digits) != port:
            return False
    entry = entry.strip("[]")
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        bare = entry.removeprefix("*").removeprefix(".")
        return host == bare or host.endswith(f".{bare}")
    address = literal(host)
    return address is not None and address in network
