"""Deletion receipts as text: signed, written, read and checked."""

import base64
import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from minga.domain.errors import UnfitFile
from minga.domain.ids import SessionId
from minga.domain.secrecy import DeletionReceipt, DestroyedKey, UserName

FORMAT = "minga-deletion-receipt-1"

_SPACE = re.compile(r"\s*")
_TEXTS = ("id", "what", "name", "by", "at", "public_key", "signature")


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
    """Raises UnfitFile if ``text`` is not one receipt; whether it is genuine is another question."""
    found = all_from_json(text)
    if len(found) != 1:
        raise no_receipt()
    return found[0]


def all_from_json(text: str) -> list[DeletionReceipt]:
    """One receipt after the other, as Minga prints those of several deletions; at least one. Raises UnfitFile if
    anything else is in ``text``."""
    found, decoder = list[DeletionReceipt](), json.JSONDecoder()
    at = _past_space(text, 0)
    while at < len(text) or not found:
        try:
            given, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as wrong:
            raise no_receipt() from wrong
        found.append(_receipt(given))
        at = _past_space(text, end)
    return found


def no_receipt() -> UnfitFile:
    return UnfitFile(
        detail="it is no deletion receipt",
        suggestion="Give what `minga sessions delete`, `minga users remove` or `minga keys receipts` printed,"
        " unchanged.",
    )


def _past_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _receipt(given: Any) -> DeletionReceipt:
    try:
        if given["format"] != FORMAT or not all(isinstance(given[name], str) for name in _TEXTS):
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
        raise no_receipt() from wrong
    if known != given:
        raise no_receipt()
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
