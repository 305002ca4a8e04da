"""Which folios were handed out, once more, beside the store and in no backup of it: a restored backup would hand out
again what was handed out after it was made. One file a CAF, one byte a folio; it holds no secret."""

import os
from pathlib import Path

from minga.infrastructure.file_lock import open_file, store_errors


class Marks:
    """``folder`` is made at the first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, issuer: str, kind: int, first: int) -> bytes:
        """One byte a folio, from the CAF's first on: not 0 where it was handed out. Raises StoreUnwritable."""
        file = self._file(issuer, kind, first)
        with store_errors(file):
            return file.read_bytes() if file.exists() else b""

    def set(self, issuer: str, kind: int, first: int, folio: int, *, gone: bool = True) -> None:
        """Note that a folio is handed out, or (not ``gone``) free again; durable when this returns.

        Raises StoreUnwritable, StoreFull.
        """
        file = self._file(issuer, kind, first)
        descriptor = open_file(file)
        try:
            with store_errors(file):
                os.pwrite(descriptor, b"\1" if gone else b"\0", folio - first)
                os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _file(self, issuer: str, kind: int, first: int) -> Path:
        return self._folder / f"{issuer}-{kind}-{first}.marks"
