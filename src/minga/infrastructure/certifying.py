"""X.509 certificates are made: of a trial's authority and of persons who sign in trials. Nothing random is in them."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from minga.infrastructure.certificates import RUT_OF_OWNER
from minga.infrastructure.rsa import PrivateKey, openssl_private


@dataclass(frozen=True, slots=True)
class Owner:
    """``rut`` is written where the Chilean authorities write it; empty: nowhere."""

    name: str
    rut: str
    valid_from: datetime
    valid_to: datetime


def certify(owner: Owner, key: PrivateKey, authority: str, authority_key: PrivateKey) -> bytes:
    """The certificate in DER; the same each time for the same owner and keys."""
    public = openssl_private(key).public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(owner.name))
        .issuer_name(_name(authority))
        .public_key(public)
        .serial_number(1 + key.public.modulus % (1 << 64))
        .not_valid_before(owner.valid_from)
        .not_valid_after(owner.valid_to)
    )
    if owner.rut:
        text = owner.rut.encode("ascii")
        named = x509.OtherName(RUT_OF_OWNER, bytes((22, len(text))) + text)
        builder = builder.add_extension(x509.SubjectAlternativeName([named]), critical=False)
    return builder.sign(openssl_private(authority_key), SHA256()).public_bytes(Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "CL"), x509.NameAttribute(NameOID.COMMON_NAME, text)])
