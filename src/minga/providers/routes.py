"""Routes: which deployments answer for a model, and in which order; the person's own file ``gateway.toml``."""

from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from minga.domain.errors import BadSetting


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``model``: pattern of the name that callers use. Calls are balanced between those of ``to``; where these fail,
    the ones of ``then`` are tried, in this order. Each is ``provider`` or ``provider/model``."""

    model: str
    to: tuple[str, ...]
    then: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.to:
            raise ValueError("`to` must name a provider")

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        return (self.to, *((one,) for one in self.then))


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    routes: tuple[Route, ...] = ()


def load(path: Path) -> tuple[Route, ...]:
    """The routes of a file, none where it is not there. Raises BadSetting."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File).routes
    except FileNotFoundError:
        return ()
    except (msgspec.DecodeError, OSError) as wrong:
        raise BadSetting(name="routes", source=str(path), detail=str(wrong)) from wrong


def find(routes: tuple[Route, ...], model: str) -> Route | None:
    """The first whose pattern holds."""
    return next((route for route in routes if fnmatchcase(model, route.model)), None)
