"""Master keys in the keyring of the operating system. Imported by `bootstrap` only when one is asked for.

One entry a key: service ``minga``, its id as the account, the key in Base64 as the password.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.core import recommended
from keyring.errors import KeyringError

from minga.domain.errors import MasterKeyDamaged, MasterKeyUnusable
from minga.storage.master import NoSuchMaster
from minga.storage.wrapping import Cipher, fingerprint, new_key

SERVICE = "minga"


class KeyringMasters:
    """``backend`` is that which the keyring library chooses on this machine, if not given."""

    def __init__(self, backend: KeyringBackend | None = None) -> None:
        self.source = "keyring"
        self.shown = "the keyring of this account"
        self._backend = backend

    def create(self) -> str:
        return self.add(new_key())

    def wrap(self, master_id: str, key: bytes, name: str) -> bytes:
        return Cipher(self.export(master_id)).seal(key, name.encode())

    def unwrap(self, master_id: str, wrapped: bytes, name: str) -> bytes:
        return Cipher(self.export(master_id)).open(wrapped, name.encode())

    def destroy(self, master_id: str) -> None:
        with self._errors():
            if self._ready().get_password(SERVICE, master_id) is not None:
                self._ready().delete_password(SERVICE, master_id)

    def export(self, master_id: str) -> bytes:
        with self._errors():
            text = self._ready().get_password(SERVICE, master_id)
        if text is None:
            raise NoSuchMaster(master_id)
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if fingerprint(key) != master_id:
            raise MasterKeyDamaged(source=self.shown, detail=f"the entry {master_id!r} is damaged")
        return key

    def add(self, key: bytes) -> str:
        master_id = fingerprint(key)
        with self._errors():
            self._ready().set_password(SERVICE, master_id, base64.b64encode(key).decode())
            if self._ready().get_password(SERVICE, master_id) is None:
                raise MasterKeyUnusable(source=self.shown, detail="it does not keep what it is given")
        return master_id

    def _ready(self) -> KeyringBackend:
        """Only what keeps secrets: not a backend that forgets, nor one that writes plain text."""
        backend = self._backend or keyring.get_keyring()
        if not recommended(backend):
            detail = "this machine has no keyring that runs (none is unlocked, or no desktop session)"
            raise MasterKeyUnusable(source=self.shown, detail=detail)
        return backend

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except KeyringError as wrong:
            raise MasterKeyUnusable(source=self.shown, detail=str(wrong) or type(wrong).__name__) from wrong
