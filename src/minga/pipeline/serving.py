"""The notes by which runs find a `minga serve` of their store: one file a process, in ``serving/`` of the data
directory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from minga.domain.ways import Offer
from minga.infrastructure.files import write_atomically
from minga.infrastructure.liveness import Presence

FOLDER = "serving"

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - an address to replace, not one to listen on


class _Note(msgspec.Struct, frozen=True):
    """``process``: the key by which others see whether it lives. ``store``: another one has other keys and costs."""

    url: str
    process: str
    store: str
    models: dict[str, dict[str, tuple[str, ...]]]


class Notice:
    """Tells runs that a gateway answers at ``url``, from the first `tell` until `end`."""

    def __init__(self, home: Path, presence: Presence, store: str, url: str) -> None:
        self._folder = home / FOLDER
        self._presence = presence
        self._store = store
        self._url = _reachable(url)
        self._file: Path | None = None
        self._has_ended = False

    def tell(self, models: Mapping[str, Mapping[str, tuple[str, ...]]]) -> None:
        """``models`` as in `Offer`, each time that they change. Raises StoreUnwritable, StoreFull."""
        if self._has_ended:
            return
        note = _Note(self._url, self._presence.key(), self._store, {wire: dict(one) for wire, one in models.items()})
        self._folder.mkdir(exist_ok=True, mode=0o700)
        self._file = self._folder / f"{note.process}.json"
        write_atomically(self._file, msgspec.json.encode(note))
        for file, other in _notes(self._folder):
            if not self._presence.is_alive(other.process):
                _remove(file)

    def end(self) -> None:
        """Nobody is sent here any more."""
        self._has_ended = True
        if self._file is not None:
            _remove(self._file)


def served(home: Path, is_alive: Callable[[str], bool], store: str) -> Offer | None:
    """The gateway that serves this ``store`` now; of several the one that began last."""
    alive = (one for _, one in _notes(home / FOLDER) if one.store == store and is_alive(one.process))
    return next((Offer(one.url, one.models) for one in alive), None)


def _notes(folder: Path) -> Iterator[tuple[Path, _Note]]:
    """The newest process first: their keys are in the order of time."""
    for file in sorted(folder.glob("*.json"), reverse=True):
        if note := _read(file):
            yield file, note


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _read(file: Path) -> _Note | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Note)
    except (OSError, msgspec.DecodeError):
        return None


def _reachable(url: str) -> str:
    """From this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return url.replace(parts.netloc, f"{_EVERYWHERE[host]}:{parts.port}", 1) if host in _EVERYWHERE else url
