"""Names of what is derived."""

import hashlib
from base64 import b32encode

from minga.domain.memory import ItemId

ID_LENGTH = 12


def item_id(letter: str, *parts: str) -> ItemId:
    """The same parts give the same id on every device. It says nothing of what was said."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return ItemId(letter + b32encode(digest).decode().lower()[:ID_LENGTH])
