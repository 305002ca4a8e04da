"""A folder in which the workers of one server leave what they have counted, each in a file of its own."""

import os
from collections.abc import Iterator
from pathlib import Path


class Share:
    """``folder`` is made by whoever starts the workers, and lives as long as they do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"{os.getpid()}-{os.urandom(8).hex()}"

    def write(self, data: bytes) -> None:
        """Replace what this worker has left, so that a reader finds all of the old or of the new. Raises OSError."""
        draft = self._folder / f".{self._name}"
        draft.write_bytes(data)
        draft.replace(self._folder / self._name)

    def read_all(self) -> Iterator[tuple[bytes, bool]]:
        """What each worker has left, and whether it is still alive. Raises OSError."""
        for file in sorted(self._folder.iterdir()):
            if not file.name.startswith("."):
                yield file.read_bytes(), _is_alive(int(file.name.partition("-")[0]))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
