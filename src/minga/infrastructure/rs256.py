"""Signatures of JSON web tokens with an RSA key (RS256; RFC 7518, section 3.3)."""

import base64
import json
from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def token(claims: Mapping[str, object], private_key: str, key_id: str) -> str:
    """``private_key``: PEM, without a passphrase. Raises ValueError for what is no such key; the text holds nothing of
    it. It computes for some milliseconds."""
    try:
        key = load_pem_private_key(private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as wrong:
        raise ValueError("the private key cannot be read") from wrong
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is no RSA key")
    head = {"alg": "RS256", "typ": "JWT", **({"kid": key_id} if key_id else {})}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{_encoded(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
