"""`minga serve` with certificates: good ones serve, others are told before anything listens."""

import http.client
import json
import shutil
import signal
import socket
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import certificates
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from serving import Serving, chat, said
from test_serve_verb import refused

from minga.domain.errors import BadCertificate
from minga.infrastructure.tls import Certificate


def name_served(serving: Serving) -> str | bytes:
    """The name in the certificate that a new connection gets."""
    pem = ssl.get_server_certificate(("127.0.0.1", urlsplit(serving.url).port or 0), timeout=20)
    subject = x509.load_pem_x509_certificate(pem.encode()).subject
    return subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def test_calls_pass_through_tls_and_nothing_older_than_1_2(serving: Serving, tmp_path: Path) -> None:
    certificate, key_file = certificates.make(tmp_path)
    key = serving.key()
    with serving.running("--tls-cert", str(certificate), "--tls-key", str(key_file)):
        assert serving.url.startswith("https://127.0.0.1:")
        port = urlsplit(serving.url).port or 0
        good = ssl.create_default_context(cafile=str(certificate))
        caller = http.client.HTTPSConnection("127.0.0.1", port, context=good, timeout=20)
        caller.request("POST", "/v1/chat/completions", json.dumps(chat()), {"Authorization": f"Bearer {key}"})
        assert caller.getresponse().status == 200
        caller.close()
        with warnings.catch_warnings(action="ignore"):
            good.minimum_version, good.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, pytest.raises(ssl.SSLError):
            good.wrap_socket(plain, server_hostname="127.0.0.1")
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"200" not in plain.recv(100)


def test_a_certificate_is_read_anew_on_sighup_and_a_bad_one_changes_nothing(serving: Serving, tmp_path: Path) -> None:
    certificate, key_file = certificates.make(tmp_path)
    other, other_key = certificates.make(tmp_path, "renewed")
    with serving.running("--tls-cert", str(certificate), "--tls-key", str(key_file)):
        assert serving.process is not None
        assert name_served(serving) == "gateway"
        shutil.copy(other, certificate)
        serving.process.send_signal(signal.SIGHUP)
        assert "is another's" in said(serving, "minga: What was there before stays in use:")
        said(serving, "The configuration was read anew.")
        assert name_served(serving) == "gateway"
        shutil.copy(other_key, key_file)
        serving.process.send_signal(signal.SIGHUP)
        said(serving, "The configuration was read anew.")
        assert name_served(serving) == "renewed"


BAD = {
    "expired": "it expired on",
    "not-yet": "it begins on",
    "of-another": "is another's",
    "with-a-passphrase": "the key has a passphrase",
    "no-pem": "no PEM certificate stands in it",
    "missing": "No such file",
    "key-is-no-key": "is no key in PEM",
}


@pytest.mark.parametrize("name", BAD)
def test_files_that_cannot_be_used_are_told_with_what_is_wrong(name: str, tmp_path: Path) -> None:
    certificate, key = certificates.make(tmp_path, passphrase=b"secret" if name == "with-a-passphrase" else b"")
    days = {"expired": 10, "not-yet": -40}.get(name, 0)
    if name == "of-another":
        certificates.make(tmp_path, "other")[1].rename(key)
    elif name == "no-pem":
        certificate.write_bytes(b"\x30\x82\x01")
    elif name == "missing":
        certificate.unlink()
    elif name == "key-is-no-key":
        key.write_text("nothing")
    with pytest.raises(BadCertificate) as bad:
        Certificate(certificate, key).read(datetime.now(UTC) + timedelta(days=days))
    assert BAD[name] in bad.value.message


def test_half_of_the_files_or_odd_networks_are_refused(serving: Serving, tmp_path: Path) -> None:
    certificate, _ = certificates.make(tmp_path)
    assert "--tls-key" in refused(serving, "serve", "--tls-cert", str(certificate), code=2)
    files = ("--tls-cert", str(certificate), "--tls-key", str(certificate))
    assert "is no key in PEM" in refused(serving, "serve", "--port", "0", *files, code=2)
    assert "10.0.0.0/99" in refused(serving, "serve", "--trusted-proxies", "10.0.0.0/99", code=2)


def test_what_is_unwise_is_said(serving: Serving, tmp_path: Path) -> None:
    certificate, key = certificates.make(tmp_path)
    key.chmod(0o644)
    with serving.running("--tls-cert", str(certificate), "--tls-key", str(key)):
        assert str(key) in said(serving, "minga: Others on this machine can read the key")
    with serving.running("--host", "0.0.0.0"):
        assert "0.0.0.0" in said(serving, "minga: On ")
