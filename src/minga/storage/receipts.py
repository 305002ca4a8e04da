"""Deletion receipts as text: signed, written, read and checked."""

import base64
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from minga.domain.errors import BadInput
from minga.domain.ids import SessionId
from minga.domain.secrecy import DeletionReceipt, DestroyedKey, UserName

FORMAT = "minga-deletion-receipt-1"


def public_key(seed: bytes) -> str:
    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()).decode()


def signed(receipt: DeletionReceipt, seed: bytes) -> DeletionReceipt:
    """``seed`` is the private key."""
    receipt = replace(receipt, public_key=public_key(seed))
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(_signed_text(receipt))
    return replace(receipt, signature=base64.b64encode(signature).decode())


def is_genuine(receipt: DeletionReceipt, key: str) -> bool:
    """Whether it was signed with the private half of ``key`` (Base64) and not changed since."""
    try:
        public = Ed25519PublicKey.from_public_bytes(_decoded(key))
        public.verify(_decoded(receipt.signature), _signed_text(receipt))
    except (ValueError, InvalidSignature):
        return False
    return receipt.public_key == key


def _decoded(text: str) -> bytes:
    """Base64 in its one right form: its last letter has bits that mean nothing. Raises ValueError."""
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError
    return decoded


def to_json(receipt: DeletionReceipt) -> str:
    return json.dumps({**_fields(receipt), "signature": receipt.signature}, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> DeletionReceipt:
    """Raises BadInput if ``text`` is no receipt; whether it is genuine is another question."""
    try:
        given = json.loads(text)
        if given["format"] != FORMAT:
            raise ValueError
        receipt = DeletionReceipt(
            id=given["id"],
            what=given["what"],
            name=given["name"],
            by=UserName(given["by"]),
            at=datetime.fromisoformat(given["at"]),
            keys=tuple(DestroyedKey(_session(key["session_id"]), key["fingerprint"]) for key in given["keys"]),
            public_key=given["public_key"],
            signature=given["signature"],
        )
        known = {**_fields(receipt), "signature": receipt.signature}
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise BadInput(detail="the file is no deletion receipt") from wrong
    if known != given:
        raise BadInput(detail="the file is no deletion receipt")
    return receipt


def _session(given: str | None) -> SessionId | None:
    return None if given is None else SessionId(given)


def _fields(receipt: DeletionReceipt) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "id": receipt.id,
        "what": receipt.what,
        "name": receipt.name,
        "by": receipt.by,
        "at": receipt.at.isoformat(),
        "keys": [{"session_id": key.session_id, "fingerprint": key.fingerprint} for key in receipt.keys],
        "public_key": receipt.public_key,
    }


def _signed_text(receipt: DeletionReceipt) -> bytes:
    text = json.dumps(_fields(receipt), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")
