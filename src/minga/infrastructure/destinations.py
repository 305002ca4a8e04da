"""Which addresses may be connected to: a name that anybody may choose must not lead into the network of the gateway.

The address that is checked is the one that is connected to, so a name that leads elsewhere at its second look-up
gains nothing (DNS rebinding). An IPv6 address that embeds one of IPv4 (mapped, RFC 4291; NAT64, RFC 6052) counts as
that one.
"""

import ipaddress
import socket
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "2002::/16", "fec0::/10")
)
"""Protocol assignments, relays, NAT64 of a network's own, Teredo, 6to4, site-local: no model server is there, and
releases of Python differ in what they say of them."""

_CLOUD = tuple(ipaddress.ip_network(text) for text in ("100.100.100.200/32", "fd00:ec2::/32", "fd20:ce::254/128"))
"""Of private networks, but handing out a cloud machine's credentials: at Alibaba, Amazon and Google."""

_COMPATIBLE = ipaddress.IPv6Network("::/96")
"""IPv4 in IPv6 as it once was (RFC 4291, section 2.5.5.1); but for ``::`` and ``::1``, which are this machine."""


def is_public(text: str) -> bool:
    """Whether an address, as the system gives it, is one of the public internet."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    address = _embedded(address) or address
    special = address.is_multicast or address.is_reserved or any(address in network for network in _NEVER)
    return address.is_global and not special


def is_own(host: str) -> bool:
    """Whether a host, as it stands in a URL, is literally this machine or of a private network. Link-local is not, nor
    whatever else hands out a cloud machine's credentials (169.254.169.254): whoever means that says so."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = literal(host)
    if address is None or is_public(str(address)):
        return False
    address = _embedded(address) or address
    if address in _COMPATIBLE and int(address) > 1:
        return False
    elsewhere = any(address in network for network in (*_NEVER, *_CLOUD))
    return not (elsewhere or address.is_link_local or address.is_multicast)


def literal(host: str) -> Address | None:
    """The address that ``host`` is, also in the forms that only the system's resolver still reads (``2130706433``,
    ``0x7f.1``)."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def _embedded(address: Address) -> Address | None:
    """The IPv4 address that a packet to ``address`` really goes to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    return ipaddress.IPv4Address(address.packed[12:]) if address in _NAT64 else address.ipv4_mapped
