"""Keys of persons' certificates in files: PKCS#12 (.p12, .pfx), as certification authorities give them, and PEM."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from minga.domain.errors import BadSigningKey
from minga.infrastructure import rsa
from minga.infrastructure.certificates import certificate

BYTES_MAX = 1_000_000
"""Such a file has some kilobytes."""

Ask = Callable[[], str]
"""Asks for the password of the file; it is called only where there is one."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A `SigningKey` whose key is in memory; no part of it stands in its `repr`."""

    certificate: bytes = field(repr=False)
    key: rsa.PrivateKey = field(repr=False)

    def sign_sha1(self, message: bytes) -> bytes:
        return self.key.sign_sha1(message)


def read_signing_key(content: bytes, path: str, ask: Ask) -> HeldKey:
    """``path`` is what the file is called. Raises BadSigningKey; neither the key nor the password stands in it."""
    if len(content) > BYTES_MAX:
        raise BadSigningKey(path=path, detail="it is too large for a key", suggestion="")
    return _from_pem(content, path, ask) if b"-----BEGIN " in content else _from_pkcs12(content, path, ask)


def _from_pkcs12(content: bytes, path: str, ask: Ask) -> HeldKey:
    try:
        key, own, others = _opened(content, ask().encode())
    except ValueError:
        detail = "it is no PKCS#12 file, or the password is another"
        raise BadSigningKey(path=path, detail=detail, suggestion="") from None
    except UnsupportedAlgorithm:
        detail = "it is encrypted in a way that is not known here"
        raise BadSigningKey(path=path, detail=detail, suggestion="Export it anew from what holds it. ") from None
    if key is None:
        detail = "there is a certificate in it, but no private key"
        raise BadSigningKey(path=path, detail=detail, suggestion="Export it with its private key. ")
    return _matched(key, [each for each in (own, *others) if each is not None], path)


def _opened(
    content: bytes, password: bytes
) -> tuple[object | None, x509.Certificate | None, Sequence[x509.Certificate]]:
    """An empty password and none are two things to PKCS#12; people mean both."""
    try:
        return pkcs12.load_key_and_certificates(content, password)
    except ValueError:
        if password:
            raise
        return pkcs12.load_key_and_certificates(content, None)


def _from_pem(content: bytes, path: str, ask: Ask) -> HeldKey:
    encrypted = b"ENCRYPTED" in content
    try:
        key = rsa.from_pem(content, ask().encode() if encrypted else None)
    except ValueError:
        detail = "there is no RSA key in it that can be read"
        if encrypted:
            detail = "its private key is damaged, or the password is another"
        raise BadSigningKey(path=path, detail=detail, suggestion="") from None
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        found = []
    return _matched(key, found, path)


def _matched(key: object, certificates: Sequence[x509.Certificate], path: str) -> HeldKey:
    """The key with the certificate that is its own."""
    try:
        private = key if isinstance(key, rsa.PrivateKey) else rsa.from_cryptography(key)
    except ValueError:
        detail = "its private key is no RSA key"
        raise BadSigningKey(path=path, detail=detail, suggestion="The SII takes RSA signatures only. ") from None
    for each in certificates:
        der = each.public_bytes(Encoding.DER)
        if certificate(der).key == private.public:
            return HeldKey(der, private)
    detail = "no certificate of its private key is in it"
    raise BadSigningKey(path=path, detail=detail, suggestion="A PEM file needs both, one after the other. ")
