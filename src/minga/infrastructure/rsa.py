"""RSA signatures with SHA-1 (RFC 8017, RSASSA-PKCS1-v1_5), which the SII prescribes; its folio keys have 512 bits.

Libraries and policies of platforms refuse both more and more. So the hash and its name are made here, and OpenSSL sees
only a padded block; keys that are too short for OpenSSL, or that a platform refuses, are computed with `pow`.
"""

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicKey,
    RSAPublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import load_pem_private_key

OPENSSL_BITS = 1024
"""Signatures of shorter keys than this are made here, and with `QUICK_EXPONENT` compared here."""

QUICK_EXPONENT = 3
"""That of the keys in CAFs: with 512 bits, `pow` is faster than OpenSSL."""

BITS_MAX = 8192
"""Numbers of a key stand in documents of strangers: longer ones, or an exponent of more than 64 bits, take too long."""

_SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")
"""The DigestInfo of SHA-1 before the digest (RFC 8017, section 9.2, note 1)."""

_REFUSED = (ValueError, UnsupportedAlgorithm, InternalError)
"""A key that is odd, or a platform that does not let OpenSSL compute with it: then it is computed here."""


def sha1(message: bytes) -> bytes:
    """Also where a policy refuses SHA-1 for security: whether to trust it is the SII's choice."""
    return hashlib.sha1(message, usedforsecurity=False).digest()


def digest_information(message: bytes) -> bytes:
    """What is padded and signed: the name of the hash, and the hash."""
    return _SHA1 + sha1(message)


@dataclass(frozen=True, slots=True)
class PublicKey:
    modulus: int
    exponent: int

    @property
    def bits(self) -> int:
        return self.modulus.bit_length()

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether the key's owner signed ``message``."""
        information = digest_information(message)
        if not self._sound(len(information)) or len(signature) != (self.bits + 7) // 8:
            return False
        if self.bits >= OPENSSL_BITS or self.exponent > QUICK_EXPONENT:
            try:
                return _openssl_public(self).recover_data_from_signature(signature, PKCS1v15(), None) == information
            except InvalidSignature:
                return False
            except _REFUSED:
                pass
        block = pow(int.from_bytes(signature, "big"), self.exponent, self.modulus)
        return block == _padded(information, len(signature))

    def _sound(self, information: int) -> bool:
        """Whether it can be computed with at all, and holds that many bytes."""
        return (information + 11) * 8 <= self.bits <= BITS_MAX and 0 < self.exponent < 1 << 64


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """Its numbers are never shown: no part of it stands in its `repr`."""

    public: PublicKey
    p: int = field(repr=False)
    q: int = field(repr=False)
    d: int = field(repr=False)

    def sign_sha1(self, message: bytes) -> bytes:
        """Raises ValueError where the key is too short for a SHA-1 signature."""
        information = digest_information(message)
        if self.public.bits >= OPENSSL_BITS:
            try:
                return openssl_private(self).sign(information, PKCS1v15(), NoDigestInfo())
            except _REFUSED:
                pass
        length = (self.public.bits + 7) // 8
        block = _padded(information, length)
        mp = pow(block, self.d % (self.p - 1), self.p)
        mq = pow(block, self.d % (self.q - 1), self.q)
        signed = mq + (mp - mq) * pow(self.q, -1, self.p) % self.p * self.q
        return signed.to_bytes(length, "big")


def private_key(p: int, q: int, exponent: int) -> PrivateKey:
    """From its primes. Raises ValueError if they make no key."""
    return PrivateKey(PublicKey(p * q, exponent), p, q, pow(exponent, -1, (p - 1) * (q - 1)))


def from_pem(text: bytes, passphrase: bytes | None = None) -> PrivateKey:
    """Raises ValueError for what is no RSA key, or needs another passphrase; the text holds nothing of it."""
    try:
        key = load_pem_private_key(text, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("the private key cannot be read") from None
    return from_cryptography(key)


def from_cryptography(key: object) -> PrivateKey:
    """Raises ValueError if it is no RSA key."""
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is no RSA key")
    numbers = key.private_numbers()
    public = numbers.public_numbers
    return PrivateKey(PublicKey(public.n, public.e), numbers.p, numbers.q, numbers.d)


def _padded(information: bytes, length: int) -> int:
    """The block as a number (RFC 8017, section 9.2)."""
    if length < len(information) + 11:
        raise ValueError(f"a key of {length} bytes is too short")
    filled = b"\xff" * (length - len(information) - 3)
    return int.from_bytes(b"\x00\x01" + filled + b"\x00" + information, "big")


@lru_cache(maxsize=4096)
def _openssl_public(key: PublicKey) -> RSAPublicKey:
    return RSAPublicNumbers(key.exponent, key.modulus).public_key()


@lru_cache(maxsize=16)
def openssl_private(key: PrivateKey) -> RSAPrivateKey:
    """The key as OpenSSL takes it. Raises ValueError if it is too short for it."""
    p, q, d = key.p, key.q, key.d
    public = RSAPublicNumbers(key.public.exponent, key.public.modulus)
    return RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()
