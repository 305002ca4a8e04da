"""Keys of certificates, in files and in a device: each signs alike; what will not do is told, without the secret."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from minga.domain.errors import BadSigningKey, DeviceFailed
from minga.domain.signing import SigningKey
from minga.dte import trial
from minga.infrastructure.certificates import certificate
from minga.infrastructure.certifying import certify
from minga.infrastructure.rsa import openssl_private
from minga.infrastructure.signing_keys import BYTES_MAX, HeldKey, read_signing_key

SECRET = "clave ñandú 123"
HELD = trial.signing_key()
KEY = openssl_private(HELD.key)
CERTIFICATE = x509.load_der_x509_certificate(HELD.certificate)
AUTHORITY = x509.load_der_x509_certificate(
    certify(trial.SIGNER, trial.keys()["authority"], trial.AUTHORITY, trial.keys()["authority"])
)
LOCKED = BestAvailableEncryption(SECRET.encode())


def no_password() -> str:
    raise AssertionError("nobody was to be asked")


def secret() -> str:
    return SECRET


def p12(
    own: x509.Certificate | None = CERTIFICATE,
    others: list[x509.Certificate] | None = None,
    how: KeySerializationEncryption = LOCKED,
) -> bytes:
    return pkcs12.serialize_key_and_certificates(b"x", KEY, own, others, how)


def pem(how: KeySerializationEncryption, kind: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    return KEY.private_bytes(Encoding.PEM, kind, how)


def legacy() -> KeySerializationEncryption:
    """As Windows and older authorities write them."""
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .build(SECRET.encode())
    )


CERTIFICATE_PEM = CERTIFICATE.public_bytes(Encoding.PEM)
FILES: dict[str, tuple[bytes, Callable[[], str]]] = {
    "pkcs12": (p12(), secret),
    "pkcs12 of older programs": (p12(how=legacy()), secret),
    "pkcs12 with the chain": (p12(others=[AUTHORITY]), secret),
    "pkcs12 without a password": (p12(how=NoEncryption()), lambda: ""),
    "pem": (pem(NoEncryption()) + CERTIFICATE_PEM, no_password),
    "pem, certificate first": (CERTIFICATE_PEM + pem(NoEncryption(), PrivateFormat.TraditionalOpenSSL), no_password),
    "pem with a password": (CERTIFICATE_PEM + pem(LOCKED), secret),
}


@pytest.mark.parametrize("name", FILES)
def test_a_key_is_read_from_its_file(name: str) -> None:
    content, ask = FILES[name]
    key: SigningKey = read_signing_key(content, "mi.p12", ask)
    assert key.certificate == HELD.certificate
    assert key.sign_sha1(b"x") == HELD.sign_sha1(b"x")


CURVE = ec.derive_private_key(5, ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
BAD: dict[str, tuple[bytes, Callable[[], str], str]] = {
    "another password": (p12(), lambda: "otra", "the password is another"),
    "no key file": (b"hola", secret, "it is no PKCS#12 file"),
    "empty": (b"", secret, "it is no PKCS#12 file"),
    "half": (p12()[:900], secret, "it is no PKCS#12 file"),
    "no private key": (
        pkcs12.serialize_key_and_certificates(b"x", None, CERTIFICATE, None, LOCKED),
        secret,
        "no private key",
    ),
    "no certificate": (p12(own=None, others=[AUTHORITY]), secret, "no certificate of its private key"),
    "certificate of another": (
        pem(NoEncryption()) + AUTHORITY.public_bytes(Encoding.PEM),
        no_password,
        "no certificate of its private key",
    ),
    "pem without a key": (CERTIFICATE_PEM, no_password, "no RSA key in it"),
    "pem, another password": (CERTIFICATE_PEM + pem(LOCKED), lambda: "otra", "the password is another"),
    "no RSA key": (CERTIFICATE_PEM + CURVE, no_password, "no RSA key in it"),
    "large": (b"0" * (BYTES_MAX + 1), secret, "too large"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_will_not_do_is_told_without_the_secret(name: str) -> None:
    content, ask, reason = BAD[name]
    with pytest.raises(BadSigningKey) as bad:
        read_signing_key(content, "mi.p12", ask)
    assert reason in bad.value.message
    assert "mi.p12" in bad.value.message
    assert SECRET not in f"{bad.value.message} {bad.value.remedy_text} {bad.value.__cause__}"


def test_a_held_key_shows_nothing() -> None:
    assert repr(HELD) == "HeldKey()"
    assert repr(certificate(HELD.certificate)).find("11111111") == -1


MODULE = next(
    (path for path in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so") if Path(path).exists()),
    "",
)


@pytest.fixture(scope="module")
def devices() -> ModuleType:
    return pytest.importorskip("minga.infrastructure.device_keys", reason="the extra pkcs11 is not installed")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A software token with the trial's key and certificate under ``firma``."""
    pkcs11 = pytest.importorskip("pkcs11", reason="the extra pkcs11 is not installed")
    if not MODULE or not shutil.which("softhsm2-util"):
        if os.environ.get("MINGA_REQUIRE_SOFTHSM"):
            pytest.fail("softhsm2 is not installed")
        pytest.skip("softhsm2 is not installed")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    try:
        made = ["softhsm2-util", "--init-token", "--free", "--label", "minga", "--so-pin", "5678", "--pin", "1234"]
        subprocess.run(made, check=True, capture_output=True)
        with pkcs11.lib(MODULE).get_token(token_label="minga").open(rw=True, user_pin="1234") as session:
            filled(session, "firma", HELD)
        yield "minga"
    finally:
        pkcs11.unload(MODULE)
        os.environ.pop("SOFTHSM2_CONF") if before is None else os.environ.update(SOFTHSM2_CONF=before)


def filled(session: object, label: str, held: HeldKey) -> None:
    pkcs11 = pytest.importorskip("pkcs11")
    rsa = pytest.importorskip("pkcs11.util.rsa")
    der = openssl_private(held.key).private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    named = {pkcs11.Attribute.LABEL: label, pkcs11.Attribute.TOKEN: True}
    session.create_object({**rsa.decode_rsa_private_key(der), **named})  # type: ignore[attr-defined]
    session.create_object(  # type: ignore[attr-defined]
        {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
            pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            pkcs11.Attribute.SUBJECT: CERTIFICATE.subject.public_bytes(),
            pkcs11.Attribute.VALUE: held.certificate,
            **named,
        }
    )


@pytest.mark.parametrize("label", ["firma", ""])
def test_a_device_signs_as_the_key_in_a_file_does(devices: ModuleType, token: str, label: str) -> None:
    key = devices.open_device(MODULE, token, label, lambda: "1234")
    try:
        assert key.certificate == HELD.certificate
        assert key.sign_sha1(b"x") == HELD.sign_sha1(b"x")
    finally:
        key.close()


@pytest.mark.parametrize(
    ("label", "pin", "reason"),
    [("firma", "4321", "the PIN is another"), ("otra", "1234", "no RSA key"), ("firma", "", "the PIN is another")],
    ids=["another pin", "another label", "no pin"],
)
def test_a_device_that_cannot_sign_is_told(devices: ModuleType, token: str, label: str, pin: str, reason: str) -> None:
    with pytest.raises(DeviceFailed, match=reason):
        devices.open_device(MODULE, token, label, lambda: pin)


@pytest.mark.parametrize(
    ("module", "name"), [("/nowhere/library.so", "minga"), ("", "nobody")], ids=["library", "token"]
)
def test_a_device_that_is_not_there_is_told(devices: ModuleType, token: str, module: str, name: str) -> None:
    with pytest.raises(DeviceFailed):
        devices.open_device(module or MODULE, name, "", lambda: "1234")
