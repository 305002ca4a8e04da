"""RSA signatures with SHA-1: right ones hold, all others do not, whatever the platform's policy says of either."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA1
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.dte import trial
from minga.infrastructure.rsa import BITS_MAX, PrivateKey, PublicKey, from_pem, private_key, sha1

LONG = trial.signing_key().key
SHORT = trial.caf_key()
POLICY = """
openssl_conf = init
[init]
alg_section = algorithms
[algorithms]
default_properties = fips=yes
"""
REFUSED = """
import hashlib, json, sys
from minga.infrastructure.rsa import PublicKey, private_key
try:
    hashlib.sha1(b"")
    refused = False
except ValueError:
    refused = True
given = json.load(sys.stdin)
key = private_key(given["p"], given["q"], 65537)
print(json.dumps([refused, key.public.holds(b"a", key.sign_sha1(b"a")), key.public.holds(b"b", key.sign_sha1(b"a")),
                  key.sign_sha1(b"a").hex() == given["signature"]]))
"""


@pytest.mark.parametrize("key", [LONG, SHORT], ids=["2048 bits", "512 bits"])
@given(message=st.binary(max_size=300))
@settings(max_examples=15, deadline=None)
def test_what_a_key_signs_holds_for_it_and_for_no_other(key: PrivateKey, message: bytes) -> None:
    made = key.sign_sha1(message)
    assert key.public.holds(message, made)
    assert not key.public.holds(message + b".", made)
    assert not key.public.holds(message, bytes([made[0] ^ 1]) + made[1:])
    assert not (LONG if key is SHORT else SHORT).public.holds(message, made)


def test_it_is_the_signature_that_openssl_makes() -> None:
    public = RSAPublicNumbers(LONG.public.exponent, LONG.public.modulus).public_key()
    public.verify(LONG.sign_sha1(b"x"), b"x", PKCS1v15(), SHA1())


def forged(key: PublicKey, block: bytes) -> bytes:
    """A block as only the holder of the key could sign it."""
    private = SHORT if key == SHORT.public else LONG
    return pow(int.from_bytes(block, "big"), private.d, key.modulus).to_bytes(len(block), "big")


INFORMATION = bytes.fromhex("3021300906052b0e03021a05000414") + sha1(b"x")
SHA256_NAME = bytes.fromhex("3031300d060960864801650304020105000420")


def block(length: int, information: bytes = INFORMATION, start: bytes = b"\0\1", filling: bytes = b"\xff") -> bytes:
    return start + filling * (length - len(start) - 1 - len(information)) + b"\0" + information


@pytest.mark.parametrize("key", [LONG.public, SHORT.public], ids=["2048 bits", "512 bits"])
def test_a_block_that_is_padded_otherwise_does_not_hold(key: PublicKey) -> None:
    length = key.bits // 8
    assert key.holds(b"x", forged(key, block(length)))
    short = block(length - 4) + bytes(4)
    for wrong in (
        short,
        block(length, start=b"\0\2"),
        block(length, filling=b"\xfe"),
        block(length, INFORMATION + b"\0"),
        block(length, INFORMATION[:-20] + bytes(20)),
        block(length, bytes.fromhex("301f300706052b0e03021a0414") + sha1(b"x")),
        block(length, SHA256_NAME + bytes(32)) if length > 70 else bytes(length),
        bytes(length),
    ):
        assert not key.holds(b"x", forged(key, wrong)), wrong


@pytest.mark.parametrize(
    "key",
    [
        PublicKey(0, 3),
        PublicKey(1 << 511, 0),
        PublicKey((1 << 300) + 1, 3),
        PublicKey((1 << 2047) + 1, 2),
        PublicKey((1 << 2047) + 1, 1 << 70),
        PublicKey((1 << BITS_MAX) + 1, 3),
    ],
    ids=["nothing", "no exponent", "too short", "even exponent", "long exponent", "too long"],
)
def test_a_key_that_cannot_be_one_holds_nothing(key: PublicKey) -> None:
    assert not key.holds(b"x", bytes((key.bits + 7) // 8))
    assert not key.holds(b"x", b"")


def test_a_platform_that_refuses_sha_1_and_rsa_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "policy.cnf").write_text(POLICY)
    text = json.dumps({"p": LONG.p, "q": LONG.q, "signature": LONG.sign_sha1(b"a").hex()})
    run = subprocess.run(
        [sys.executable, "-c", REFUSED],
        input=text,
        capture_output=True,
        text=True,
        env={**os.environ, "OPENSSL_CONF": str(tmp_path / "policy.cnf")},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    refused, *held = json.loads(run.stdout)
    if not refused:
        pytest.skip("this Python's OpenSSL reads no policy from OPENSSL_CONF")
    assert held == [True, False, True]


def test_a_private_key_is_never_shown() -> None:
    for text in (repr(LONG), repr(trial.signing_key())):
        assert str(LONG.d) not in text
        assert str(LONG.p) not in text
        assert "p=" not in text


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        from_pem(b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n")
    with pytest.raises(ValueError, match="not invertible"):
        private_key(3, 7, 2)
