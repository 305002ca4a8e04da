"""The sources of master keys: one suite for the key file, the keyring and Vault's transit engine."""

import base64
import datetime
import ipaddress
import os
import ssl
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring.backends.fail
import keyring.backends.null
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError
from transit_server import TOKEN, Transit, serving

from minga.domain.errors import MasterKeyUnusable, StoreUnwritable
from minga.storage.keyring_master import SERVICE, KeyringMasters
from minga.storage.master import FileMasters, Masters, NoSuchMaster
from minga.storage.transit import Address, TransitMasters
from minga.storage.wrapping import DoesNotOpen, fingerprint, new_key

KEY = bytes(range(32))
NAME = "user:ana:1"


class MemoryKeyring(KeyringBackend):
    """A keyring that keeps what it is given, as that of a desktop does."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("it was not unlocked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


@pytest.fixture
def transit() -> Iterator[Transit]:
    with serving() as server:
        yield server


@pytest.fixture(params=["file", "keyring", "vault"])
def open_masters(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Masters]:
    """Opens the same source anew, as another process would."""
    if request.param == "file":
        return lambda: FileMasters(tmp_path / "config" / "master.key")
    if request.param == "keyring":
        backend = MemoryKeyring()
        return lambda: KeyringMasters(backend)
    url = request.getfixturevalue("transit").url
    return lambda: TransitMasters(Address(url, TOKEN))


def test_what_a_key_wrapped_it_unwraps_in_another_process(open_masters: Callable[[], Masters]) -> None:
    masters = open_masters()
    master_id = masters.create()
    wrapped = masters.wrap(master_id, KEY, NAME)
    assert KEY not in wrapped
    assert open_masters().unwrap(master_id, wrapped, NAME) == KEY


def test_several_keys_live_side_by_side(open_masters: Callable[[], Masters]) -> None:
    masters = open_masters()
    one, two = masters.create(), masters.create()
    assert one != two
    wrapped = masters.wrap(one, KEY, NAME)
    with pytest.raises(DoesNotOpen):
        masters.unwrap(two, wrapped, NAME)
    masters.destroy(two)
    assert open_masters().unwrap(one, wrapped, NAME) == KEY


def test_what_is_wrapped_opens_only_under_its_name_and_unchanged(open_masters: Callable[[], Masters]) -> None:
    masters = open_masters()
    master_id = masters.create()
    wrapped = masters.wrap(master_id, KEY, NAME)
    with pytest.raises(DoesNotOpen):
        masters.unwrap(master_id, wrapped, "user:bea:1")
    for at in (0, len(wrapped) // 2, len(wrapped) - 3):
        changed = bytearray(wrapped)
        changed[at] = ord("A") if changed[at] != ord("A") else ord("B")
        with pytest.raises(DoesNotOpen):
            masters.unwrap(master_id, bytes(changed), NAME)


def test_a_destroyed_key_is_gone_and_destroying_it_again_is_no_error(open_masters: Callable[[], Masters]) -> None:
    masters = open_masters()
    master_id = masters.create()
    wrapped = masters.wrap(master_id, KEY, NAME)
    masters.destroy(master_id)
    masters.destroy(master_id)
    for again in (masters, open_masters()):
        with pytest.raises(NoSuchMaster):
            again.unwrap(master_id, wrapped, NAME)
        with pytest.raises(NoSuchMaster):
            again.wrap(master_id, KEY, NAME)


def test_a_key_leaves_its_source_and_comes_back_or_the_source_says_that_it_cannot(
    open_masters: Callable[[], Masters],
) -> None:
    masters = open_masters()
    master_id = masters.create()
    wrapped = masters.wrap(master_id, KEY, NAME)
    if isinstance(masters, TransitMasters):
        with pytest.raises(MasterKeyUnusable, match="cannot leave it"):
            masters.export(master_id)
        with pytest.raises(MasterKeyUnusable, match="cannot be brought into it"):
            masters.add(KEY)
        return
    key = masters.export(master_id)
    masters.destroy(master_id)
    assert masters.add(key) == master_id
    assert masters.unwrap(master_id, wrapped, NAME) == KEY


# The key file


def test_the_key_file_is_for_its_owner_only_and_so_it_must_stay(tmp_path: Path) -> None:
    path = tmp_path / "config" / "master.key"
    masters = FileMasters(path)
    master_id = masters.create()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert sorted(file.name for file in path.parent.iterdir()) == ["master.key"]
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(MasterKeyUnusable, match="chmod 600"):
            masters.export(master_id)


@pytest.mark.parametrize("text", ["", "\n", "garbage\n", "a b c\n", f"{'0' * 16} {'A' * 44}\n", "ñ\n"])
def test_a_key_file_that_holds_something_else_is_called_damaged_or_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    with pytest.raises(NoSuchMaster if not text.strip() else MasterKeyUnusable):
        FileMasters(path).export("0" * 16)


def test_a_key_file_with_a_damaged_line_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    FileMasters(path).create()
    damaged = path.read_text()[:-6] + "\n"
    path.write_text(damaged)
    with pytest.raises(MasterKeyUnusable):
        FileMasters(path).create()
    assert path.read_text() == damaged


def test_a_line_names_its_key_by_the_keys_own_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    key = new_key()
    assert FileMasters(path).add(key) == fingerprint(key)
    assert path.read_text() == f"{fingerprint(key)} {base64.b64encode(key).decode()}\n"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable, match=r"master\.key"):
        FileMasters(tmp_path / "file" / "master.key").create()


# The keyring


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring(), keyring.backends.null.Keyring()])
def test_a_machine_without_a_keyring_is_told_so(backend: KeyringBackend) -> None:
    with pytest.raises(MasterKeyUnusable, match="no keyring that runs"):
        KeyringMasters(backend).create()


def test_a_locked_keyring_is_not_taken_for_an_empty_one() -> None:
    backend = MemoryKeyring()
    master_id = KeyringMasters(backend).create()
    assert list(backend.entries) == [(SERVICE, master_id)]
    backend.locked = True
    with pytest.raises(MasterKeyUnusable, match="not unlocked"):
        KeyringMasters(backend).export(master_id)


def test_an_entry_that_somebody_changed_is_called_damaged() -> None:
    backend = MemoryKeyring()
    master_id = KeyringMasters(backend).create()
    for text in ("", "garbage!", base64.b64encode(os.urandom(32)).decode()):
        backend.entries[SERVICE, master_id] = text
        with pytest.raises(MasterKeyUnusable, match="damaged"):
            KeyringMasters(backend).export(master_id)


# Vault


def test_a_wrong_token_and_a_sealed_vault_are_told_and_lose_nothing(transit: Transit) -> None:
    masters = TransitMasters(Address(transit.url, TOKEN))
    master_id = masters.create()
    wrapped = masters.wrap(master_id, KEY, NAME)
    with pytest.raises(MasterKeyUnusable, match="403 permission denied"):
        TransitMasters(Address(transit.url, "hvs.other")).unwrap(master_id, wrapped, NAME)
    transit.sealed = True
    for use in (lambda: masters.unwrap(master_id, wrapped, NAME), lambda: masters.destroy(master_id), masters.create):
        with pytest.raises(MasterKeyUnusable, match="503 Vault is sealed"):
            use()
    transit.sealed = False
    assert masters.unwrap(master_id, wrapped, NAME) == KEY


def test_a_server_that_is_gone_or_is_no_vault_is_told(transit: Transit) -> None:
    with pytest.raises(MasterKeyUnusable, match="refused"):
        TransitMasters(Address("http://127.0.0.1:1/transit", TOKEN)).create()
    with pytest.raises(MasterKeyUnusable, match="no transit engine at 'elsewhere'"):
        TransitMasters(Address(transit.url.replace("transit", "elsewhere"), TOKEN)).create()


def test_a_key_that_is_gone_is_not_made_anew_by_wrapping(transit: Transit) -> None:
    masters = TransitMasters(Address(transit.url, TOKEN))
    with pytest.raises(NoSuchMaster):
        masters.wrap("0" * 16, KEY, NAME)
    assert transit.keys == {}


def test_keys_travel_over_https_only_unless_to_this_machine() -> None:
    with pytest.raises(MasterKeyUnusable, match="https://"):
        TransitMasters(Address("http://vault.example.org/transit", TOKEN)).create()


def test_over_https_the_servers_certificate_must_be_known(tmp_path: Path) -> None:
    certificate, context = _certificate(tmp_path)
    with serving(context) as transit:
        known = TransitMasters(Address(transit.url, TOKEN, str(certificate)))
        master_id = known.create()
        assert known.unwrap(master_id, known.wrap(master_id, KEY, NAME), NAME) == KEY
        with pytest.raises(MasterKeyUnusable, match="certificate verify failed"):
            TransitMasters(Address(transit.url, TOKEN)).create()
    with pytest.raises(MasterKeyUnusable, match="No such file"):
        TransitMasters(Address(transit.url, TOKEN, str(tmp_path / "nowhere.pem"))).create()


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = folder / "private.pem"
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return path, context
