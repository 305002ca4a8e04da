"""Who really calls, behind reverse proxies that are trusted to say it."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Proxies:
    """Only what these networks say of their callers is believed. Without any, nobody is."""

    networks: Sequence[Network] = ()

    def caller(self, peer: str, headers: RawHeaders) -> tuple[str, str | None]:
        """The address that calls, and the scheme it used (None: as the connection is).

        Each proxy adds at the right whom it was called by; so the rightmost address that is no trusted proxy is the
        caller, and what stands left of it is the caller's own tale. ``X-Forwarded-For`` goes before ``Forwarded`` (RFC
        7239); a proxy must set or remove both.
        """
        if not self.networks or not self._trusts(_address(peer)):
            return peer, None
        told = [(name, value.decode("latin-1")) for name, value in headers if name in _TELLING]
        hops = _listed(told, b"x-forwarded-for")
        if hops:
            return self._outermost(peer, hops), _scheme(_listed(told, b"x-forwarded-proto"))
        pairs = [_pairs(element) for element in _listed(told, b"forwarded")]
        hops = [pair.get("for", "") for pair in pairs]
        return self._outermost(peer, hops), _scheme([pair["proto"] for pair in pairs if "proto" in pair])

    def _outermost(self, peer: str, hops: Sequence[str]) -> str:
        """What is no address ends the search: whoever was found before it is the last that is known."""
        found = peer
        for hop in reversed(hops):
            address = _address(hop)
            if address is None:
                break
            found = str(address)
            if not self._trusts(address):
                break
        return found

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


_TELLING = frozenset({b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"})


def networks_of(text: str) -> tuple[Network, ...]:
    """``10.0.0.0/8,::1`` as networks. Raises ValueError with the part that is none."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def _listed(told: Iterable[tuple[bytes, str]], name: bytes) -> list[str]:
    """The elements of a header that may stand several times, in order."""
    return [part.strip() for one, value in told if one == name for part in value.split(",") if part.strip()]


def _pairs(element: str) -> dict[str, str]:
    parts = (part.partition("=") for part in element.split(";"))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in parts}


def _scheme(told: Sequence[str]) -> str | None:
    """The word of the proxy that is nearest to us."""
    return next((word.lower() for word in reversed(told) if word.lower() in ("http", "https")), None)


def _address(text: str) -> Address | None:
    """An address with or without a port (``[::1]:80``); of one that IPv6 carries for IPv4, the IPv4 one."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
