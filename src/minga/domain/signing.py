"""What signs a tax document: whoever holds the key makes the signature, and the key itself stays there."""

from typing import Protocol


class SigningKey(Protocol):
    """The key of a person's certificate: in a file, or in a device that never gives it away."""

    @property
    def certificate(self) -> bytes:
        """The X.509 certificate of the key, DER."""

    def sign_sha1(self, message: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-1 over ``message``. Raises KeyUnusable where a device refuses."""
