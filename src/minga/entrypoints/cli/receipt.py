"""Deletion receipts as files in the data directory."""

import os
from pathlib import Path

from minga.domain.secrecy import DeletionReceipt
from minga.settings import Settings
from minga.storage import receipts


def keep(settings: Settings, receipt: DeletionReceipt) -> Path:
    """Write a receipt into a file of its own; return where."""
    folder = settings.home / "receipts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{receipt.id}.json"
    with open(path, "w", encoding="utf-8", opener=_private) as file:
        file.write(receipts.to_json(receipt))
    return path


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
