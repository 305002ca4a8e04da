"""The note by which runs find a `minga serve` of their store: ``serving.json`` in the data directory."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from minga.domain.ways import Offer
from minga.infrastructure.files import write_atomically
from minga.infrastructure.liveness import Presence

NAME = "serving.json"

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - an address to replace, not one to listen on


class _Note(msgspec.Struct, frozen=True):
    """``process``: the key by which others see whether it lives. ``store``: another one has other keys and costs."""

    url: str
    process: str
    store: str
    models: dict[str, dict[str, tuple[str, ...]]]


@contextmanager
def announced(
    home: Path, presence: Presence, store: str, url: str, models: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Iterator[None]:
    """Tell runs that a gateway answers at ``url``, until the end. ``models`` as in `Offer`. Raises StoreUnwritable."""
    file = home / NAME
    note = _Note(_reachable(url), presence.key(), store, {wire: dict(one) for wire, one in models.items()})
    write_atomically(file, msgspec.json.encode(note))
    try:
        yield
    finally:
        if _read(file) == note:  # another may have begun to serve since
            with suppress(OSError):
                file.unlink()


def served(home: Path, is_alive: Callable[[str], bool], store: str) -> Offer | None:
    """The gateway that serves this ``store`` now."""
    note = _read(home / NAME)
    if note is None or note.store != store or not is_alive(note.process):
        return None
    return Offer(note.url, note.models)


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
