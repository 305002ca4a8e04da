"""X.509 certificates of persons who sign for the SII: whose, from when to when, with which key."""

import re
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from minga.domain import rut
from minga.infrastructure.rsa import PublicKey

RUT_OF_OWNER = x509.ObjectIdentifier("1.3.6.1.4.1.8321.1")
"""The other name (subjectAltName) that Chilean authorities write the owner's RUT into."""

_RUT = re.compile(r"0*([1-9][0-9]{0,7}-?[0-9kK])")


@dataclass(frozen=True, slots=True)
class Certificate:
    """``key`` is None where it is no RSA key. ``rut`` is the owner's, as 12345678-5, or None; it is a person's, and
    stands in no `repr`."""

    valid_from: datetime
    valid_to: datetime
    key: PublicKey | None
    rut: str | None = field(repr=False)


@lru_cache(maxsize=4096)
def certificate(der: bytes) -> Certificate:
    """Read it; whether its authority is to be trusted is not looked at. Raises ValueError if it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            found = x509.load_der_x509_certificate(der)
            return Certificate(found.not_valid_before_utc, found.not_valid_after_utc, _key(found), _owner(found))
        except (ValueError, x509.InvalidVersion, OverflowError) as wrong:
            raise ValueError("this is no X.509 certificate that can be read") from wrong


def _key(found: x509.Certificate) -> PublicKey | None:
    try:
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, RSAPublicKey):
        return None
    numbers = key.public_numbers()
    return PublicKey(numbers.n, numbers.e)


def _owner(found: x509.Certificate) -> str | None:
    written = [*_other_names(found), *(str(name.value) for name in found.subject if name.oid == NameOID.SERIAL_NUMBER)]
    for text in written:
        matched = _RUT.fullmatch(text.replace(".", "").strip())
        if matched:
            return rut.without_dots(rut.parse(matched[1].upper()))
    return None


def _other_names(found: x509.Certificate) -> list[str]:
    """The values are a string in DER: its type, its length, its letters."""
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return []
    values = [name.value for name in names if isinstance(name, x509.OtherName) and name.type_id == RUT_OF_OWNER]
    return [value[2:].decode("ascii", "replace") for value in values]
