"""A server that says exactly the bytes that a test writes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter


@dataclass
class RawServer:
    """``heads`` are those of the requests, in order of coming; ``connections`` how many there have been."""

    port: int = 0
    scheme: str = "http"
    host: str = "127.0.0.1"
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    closed: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/v1/x?y=1"

    async def request(self, reader: Reader) -> bytes:
        """The next request; its body. Raises IncompleteReadError at the end of the connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        self.bodies.append(await reader.readexactly(int(lengths[0])) if lengths else b"")
        return self.bodies[-1]


Script = Callable[[RawServer, Reader, Writer], Awaitable[None]]


def answering(*answers: bytes) -> Script:
    """To each request of a connection the next of ``answers``, from the first on again; a piece at a time where they
    are many pieces."""

    async def script(server: RawServer, reader: Reader, writer: Writer) -> None:
        for number in range(1000):
            await server.request(reader)
            writer.write(answers[number % len(answers)])

    return script


@asynccontextmanager
async def serving(
    script: Script, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[RawServer]:
    server = RawServer(scheme="https" if context else "http", host=host)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        server.connections += 1
        try:
            await script(server, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            server.closed += 1
            server.gone.set()
            tasks.discard(task)

    made = await asyncio.start_server(serve, host, 0, ssl=context, limit=2**20)
    server.port = made.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        made.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def certificate(folder: Path, *names: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate authority's file, and the context of a server whose certificate it signed for ``names``."""
    now = datetime.now(UTC)

    def made(
        subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
    ) -> x509.Certificate:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=subject == issuer, path_length=None), critical=True)
            .add_extension(alternative, critical=False)
            .sign(signer, hashes.SHA256())
        )

    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority, own = folder / "authority.pem", folder / "own.pem"
    pem = serialization.Encoding.PEM
    authority.write_bytes(made("authority", "authority", authority_key, authority_key).public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    own.write_bytes(private + made("server", "authority", key, authority_key).public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own)
    context.set_alpn_protocols(["h2", "http/1.1"])
    return authority, context


async def proxy(server: RawServer, reader: Reader, writer: Writer) -> None:
    """A script that tunnels what CONNECT asks for."""
    await server.request(reader)
    _, _, port = server.heads[-1].split(b" ")[1].rpartition(b":")
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(port))
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    try:
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
    finally:
        far_writer.close()


async def _copy(reader: Reader, writer: Writer) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
