"""Opens connections to model servers: addresses one after the other, through a proxy, with TLS."""

import asyncio
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from minga.infrastructure.destinations import is_public, literal
from minga.infrastructure.http import Unreachable
from minga.infrastructure.proxies import Proxies, Proxy

PROXY_ANSWER_MAX = 16 * 1024

Made = TypeVar("Made", bound=asyncio.Protocol)


@dataclass(frozen=True, slots=True)
class Destination:
    """``host`` without brackets. ``private``: its address need not be public."""

    scheme: str
    host: str
    port: int
    private: bool


@cache
def trust() -> ssl.SSLContext:
    """The system's certificates, or those that SSL_CERT_FILE and SSL_CERT_DIR name; host names are checked."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


NOT_PUBLIC = "it has no address of the internet; `private = true` in the provider's file allows it"
"""What is told where a destination is refused."""


def said(wrong: OSError) -> str:
    """What went wrong, without the address at which it did: callers are told."""
    match wrong:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not valid: {wrong.verify_message.partition(',')[0]}"
        case ssl.SSLError():
            return f"TLS failed: {wrong.reason}"
        case socket.gaierror():
            return str(wrong.strerror)
        case OSError(errno=int(number)):
            return os.strerror(number)
    return type(wrong).__name__


@dataclass(frozen=True, slots=True)
class Dialer:
    """With a proxy it is the proxy that looks a name up: only a literal address is checked then."""

    proxies: Proxies
    limit_s: float

    async def dial(self, to: Destination, make: Callable[[socket.socket], Made]) -> Made:
        """Connect, and give the connection to the protocol that ``make`` makes of its socket. Raises Unreachable."""
        proxy = self.proxies.of(to.scheme, to.host, to.port)
        if proxy is not None:
            written = literal(to.host)
            if written is not None and not to.private and not is_public(str(written)):
                raise Unreachable(NOT_PUBLIC)
        host, port, free = (proxy.host, proxy.port, True) if proxy else (to.host, to.port, to.private)
        refused: list[str] = []
        for family, kind, protocol, _, address in await self._addresses(host, port):
            if not free and not is_public(address[0]):
                refused.append(NOT_PUBLIC)
                continue
            made = socket.socket(family, kind, protocol)
            try:
                async with asyncio.timeout(self.limit_s):
                    return await self._open(made, address, to, proxy, make)
            except TimeoutError:
                refused.append(f"it took no connection within {self.limit_s:g} s")
                made.close()
            except OSError as wrong:
                refused.append(said(wrong))
                made.close()
            except BaseException:
                made.close()
                raise
        raise Unreachable("; ".join(dict.fromkeys(refused)) or "it has no address")

    async def _addresses(self, host: str, port: int) -> list[tuple[Any, ...]]:
        try:
            async with asyncio.timeout(self.limit_s):
                return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise Unreachable(f"its address was not found within {self.limit_s:g} s") from None
        except OSError as wrong:
            raise Unreachable(f"its address was not found: {said(wrong)}") from wrong
        except UnicodeError as wrong:
            raise Unreachable("its address is no name") from wrong

    async def _open(
        self,
        made: socket.socket,
        address: tuple[Any, ...],
        to: Destination,
        proxy: Proxy | None,
        make: Callable[[socket.socket], Made],
    ) -> Made:
        loop = asyncio.get_running_loop()
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_connect(made, address)
        if to.scheme == "http":
            _, protocol = await loop.create_connection(lambda: make(made), sock=made)
            return protocol
        if proxy is not None:
            await _tunnel(made, to, proxy)
        _, protocol = await loop.create_connection(
            lambda: make(made),
            sock=made,
            ssl=trust(),
            server_hostname=to.host.partition("%")[0].rstrip("."),
            ssl_handshake_timeout=self.limit_s,
        )
        return protocol


async def _tunnel(made: socket.socket, to: Destination, proxy: Proxy) -> None:
    """Ask the proxy to connect (RFC 9110, section 9.3.6). Raises Unreachable."""
    loop = asyncio.get_running_loop()
    host = f"[{to.host}]" if ":" in to.host else to.host
    credentials = f"proxy-authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    asked = f"CONNECT {host}:{to.port} HTTP/1.1\r\nhost: {host}:{to.port}\r\n{credentials}\r\n"
    await loop.sock_sendall(made, asked.encode("latin-1"))
    answer = b""
    while b"\r\n\r\n" not in answer:
        more = await loop.sock_recv(made, PROXY_ANSWER_MAX)
        answer += more
        if not more or len(answer) > PROXY_ANSWER_MAX:
            raise Unreachable("the proxy broke off")
    line, _, _ = answer.partition(b"\r\n")
    version, _, rest = line.decode("latin-1").partition(" ")
    if not version.startswith("HTTP/1.") or not rest.startswith("2"):
        raise Unreachable(f"the proxy answers {rest!r}")
    if not answer.endswith(b"\r\n\r\n"):
        raise Unreachable("the proxy speaks before it is spoken to")
