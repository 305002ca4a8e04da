"""Keys and what is done with them: AES-256-GCM with a random nonce (NIST SP 800-38D) and a name that is bound to the
ciphertext, so that nothing can be moved from its place.

Layout of everything sealed: version, nonce, ciphertext, tag.
"""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
VERSION = b"\x01"

_LENGTH_MIN = len(VERSION) + NONCE_BYTES + TAG_BYTES


class DoesNotOpen(Exception):
    """The key is another one, or the content was changed or moved."""


class Cipher:
    """Seals and opens under one key; may be used on any thread."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, content: bytes, name: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, content, name)

    def open(self, sealed: bytes, name: bytes) -> bytes:
        """Raises DoesNotOpen."""
        if len(sealed) < _LENGTH_MIN or sealed[:1] != VERSION:
            raise DoesNotOpen
        try:
            return self._cipher.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], name)
        except InvalidTag as wrong:
            raise DoesNotOpen from wrong


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def fingerprint(key: bytes) -> str:
    """Names a key without telling anything of it: 16 hexadecimal digits."""
    return hashlib.sha256(b"minga key\n" + key).hexdigest()[:16]
