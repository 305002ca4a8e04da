"""TLS for a server: a certificate and its key from PEM files, looked at before use and read anew on demand."""

import ssl
from datetime import datetime
from pathlib import Path

from cryptography import x509

from minga.domain.errors import BadCertificate

_OTHERS = 0o077


class Certificate:
    """``context`` serves new connections with what `read` found last."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.context = _context()
        self._certificate = certificate
        self.key = key

    @property
    def key_is_open_to_others(self) -> bool:
        return bool(self.key.stat().st_mode & _OTHERS)

    def read(self, now: datetime) -> None:
        """Raises BadCertificate, and goes on with what was there: the files are tried before they count."""
        _tried(self._certificate, self.key, now)
        self.context.load_cert_chain(self._certificate, self.key, password=_no_passphrase)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if hasattr(ssl, "OP_NO_RENEGOTIATION"):
        context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    return context


def _tried(certificate: Path, key: Path, now: datetime) -> None:
    for path in (certificate, key):
        try:
            path.read_bytes()
        except OSError as wrong:
            raise BadCertificate(path=str(path), detail=wrong.strerror or str(wrong)) from wrong
    try:
        found = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except ValueError as wrong:
        raise BadCertificate(path=str(certificate), detail="no PEM certificate stands in it") from wrong
    if now >= found.not_valid_after_utc:
        raise BadCertificate(path=str(certificate), detail=f"it expired on {found.not_valid_after_utc:%Y-%m-%d}")
    if now < found.not_valid_before_utc:
        raise BadCertificate(path=str(certificate), detail=f"it begins on {found.not_valid_before_utc:%Y-%m-%d}")
    try:
        _context().load_cert_chain(certificate, key, password=_no_passphrase)
    except ssl.SSLError as wrong:
        if wrong.reason == "KEY_VALUES_MISMATCH":
            raise BadCertificate(path=str(certificate), detail=f"the key {str(key)!r} is another's") from wrong
        raise BadCertificate(path=str(certificate), detail=f"the key {str(key)!r} is no key in PEM") from wrong
    except _HasPassphrase as wrong:
        raise BadCertificate(path=str(key), detail="the key has a passphrase; store it without one") from wrong


class _HasPassphrase(Exception):
    """Nobody is there to be asked."""


def _no_passphrase() -> str:
    raise _HasPassphrase
