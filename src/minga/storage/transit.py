"""Master keys in a key management service: the transit engine of HashiCorp Vault (or OpenBao), over HTTPS.

The key never leaves the service; it wraps and unwraps. Each master is a transit key ``minga-ID`` of type
``aes256-gcm96``. https://developer.hashicorp.com/vault/api-docs/secret/transit (read 2026-11-24)
"""

import base64
import http.client
import json
import secrets
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from minga.domain.errors import MasterKeyUnusable
from minga.storage.master import NoSuchMaster
from minga.storage.wrapping import DoesNotOpen

ANSWER_LIMIT_S = 15
ANSWER_BYTES_MAX = 1_000_000

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Address:
    """``https://host:port/mount`` (``transit`` if no mount is given), with the token and, for a server whose
    certificate the system does not know, a file of certificates."""

    url: str
    token: str
    certificates: str = ""


class TransitMasters:
    def __init__(self, address: Address) -> None:
        self.source = f"vault:{address.url}"
        self.shown = address.url
        self._address = address
        self._parts = urlsplit(address.url)
        self._mount = self._parts.path.strip("/") or "transit"

    def create(self) -> str:
        master_id = secrets.token_hex(8)
        self._post(f"keys/{_key(master_id)}", {"type": "aes256-gcm96", "exportable": False})
        return master_id

    def wrap(self, master_id: str, key: bytes, name: str) -> bytes:
        """Encrypting would make a key that is missing; so it is looked for first."""
        if self._ask("GET", f"keys/{_key(master_id)}", None) is None:
            raise NoSuchMaster(master_id)
        given = {"plaintext": _text(key), "associated_data": _text(name.encode())}
        return str(self._post(f"encrypt/{_key(master_id)}", given)["ciphertext"]).encode()

    def unwrap(self, master_id: str, wrapped: bytes, name: str) -> bytes:
        given = {"ciphertext": wrapped.decode("ascii", "replace"), "associated_data": _text(name.encode())}
        answer = self._ask("POST", f"decrypt/{_key(master_id)}", given)
        if answer is None:
            raise NoSuchMaster(master_id)
        return base64.b64decode(answer["plaintext"])

    def destroy(self, master_id: str) -> None:
        if self._ask("GET", f"keys/{_key(master_id)}", None) is not None:
            self._post(f"keys/{_key(master_id)}/config", {"deletion_allowed": True})
            self._ask("DELETE", f"keys/{_key(master_id)}", None)

    def export(self, master_id: str) -> bytes:
        raise MasterKeyUnusable(source=self.shown, detail="its keys cannot leave it; back them up there")

    def add(self, key: bytes) -> str:
        raise MasterKeyUnusable(source=self.shown, detail="keys cannot be brought into it; restore them there")

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._ask("POST", path, body)
        if answer is None:
            raise MasterKeyUnusable(source=self.shown, detail=f"there is no transit engine at {self._mount!r}")
        return answer

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the data of the answer; None where there is no such key. Raises DoesNotOpen, MasterKeyUnusable."""
        connection = self._connect()
        try:
            connection.request(
                method,
                f"/v1/{quote(self._mount)}/{path}",
                None if body is None else json.dumps(body),
                {"X-Vault-Token": self._address.token, "X-Vault-Request": "true"},
            )
            answer = connection.getresponse()
            content = answer.read(ANSWER_BYTES_MAX)
            said = json.loads(content) if content else {}
        except (OSError, http.client.HTTPException, ValueError) as wrong:
            raise MasterKeyUnusable(source=self.shown, detail=str(wrong) or type(wrong).__name__) from wrong
        finally:
            connection.close()
        return self._data(answer.status, said)

    def _data(self, status: int, said: dict[str, Any]) -> dict[str, Any] | None:
        """Vault answers 400 where a key is missing on decrypting, and where what was wrapped does not open."""
        problem = "; ".join(map(str, said.get("errors") or ()))
        if status == 404 or "encryption key not found" in problem:
            return None
        if status == 400 and ("authentication failed" in problem or "invalid ciphertext" in problem):
            raise DoesNotOpen
        if status not in (200, 204):
            raise MasterKeyUnusable(source=self.shown, detail=f"it answered {status} {problem}".strip())
        return said.get("data") or {}

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            try:
                context = ssl.create_default_context(cafile=self._address.certificates or None)
            except OSError as wrong:  # also where it holds no certificate
                raise MasterKeyUnusable(source=self.shown, detail=f"{self._address.certificates}: {wrong}") from wrong
            return http.client.HTTPSConnection(host, port, timeout=ANSWER_LIMIT_S, context=context)
        if self._parts.scheme == "http" and host in _LOOPBACK:
            return http.client.HTTPConnection(host, port, timeout=ANSWER_LIMIT_S)
        raise MasterKeyUnusable(source=self.shown, detail="its address must begin with https://")


def _key(master_id: str) -> str:
    return f"minga-{master_id}"


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
