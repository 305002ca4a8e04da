"""Within which bounds is searched: what a document's marks must be, and what must hold of its session."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from minga.domain.sessions import Wanted
from minga.sessions import index
from minga.storage.database import Transaction
from minga.storage.engine import Value

PLACES_NAMED = 20
"""Up to so many directories and remotes are named in the question; of more, the session is asked."""

SESSIONS_NOTED = 10_000
"""Up to so many sessions that changed a file are noted at once; of more, each session of a volume is asked."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """``marks``: groups of which every document must have one each. ``where`` and ``parameters`` are about the session
    ``s``; ``among``, if it is not None, are the only sessions that may fit."""

    marks: tuple[tuple[str, ...], ...]
    where: tuple[str, ...] = ()
    parameters: tuple[Value, ...] = ()
    among: frozenset[int] | None = None

    @property
    def of_session(self) -> bool:
        """Whether something is asked of the session that is no mark."""
        return bool(self.where) or self.among is not None


def bounds_of(transaction: Transaction, wanted: Wanted) -> Bounds | None:
    """None: nothing can fit."""
    marks: list[tuple[str, ...]] = []
    where: list[str] = []
    parameters: list[Value] = []
    among: frozenset[int] | None = None
    if wanted.agent is not None:
        rows = transaction.execute("SELECT number FROM agents WHERE name = ?", (wanted.agent,))
        marks.append(tuple(index.agent_mark(row[0]) for row in rows))
    if wanted.project:
        places = _places(transaction, wanted.project)
        if len(places) <= PLACES_NAMED:
            marks.append(tuple(map(index.place_mark, places)))
        if len(places) > PLACES_NAMED or _asks_of_session(wanted):
            where.append("s.place IN (SELECT value FROM json_each(?))")
            parameters.append(json.dumps(places))
    if wanted.file:
        begin = index.reversed_path(wanted.file)
        span = begin, begin[:-1] + chr(ord("/") + 1)
        select = "SELECT DISTINCT session FROM files WHERE reversed >= ? AND reversed < ? LIMIT ?"
        rows = transaction.execute(select, (*span, SESSIONS_NOTED + 1))
        if len(rows) <= SESSIONS_NOTED:
            among = frozenset(row[0] for row in rows)
        else:
            where.append("EXISTS (SELECT 1 FROM files f WHERE f.session = s.number AND reversed >= ? AND reversed < ?)")
            parameters += span
    if wanted.cost_micro_usd_min is not None:
        where.append("s.cost_micro_usd >= ?")
        parameters.append(wanted.cost_micro_usd_min)
    if wanted.cost_micro_usd_max is not None:
        where.append("s.cost_micro_usd <= ? AND s.is_cost_known = 1")
        parameters.append(wanted.cost_micro_usd_max)
    can_fit = all(marks) and among != frozenset()
    return Bounds(tuple(marks), tuple(where), tuple(parameters), among) if can_fit else None


def _asks_of_session(wanted: Wanted) -> bool:
    """Whether sessions are looked at anyway; then those of another project need not be."""
    costs = wanted.cost_micro_usd_min, wanted.cost_micro_usd_max
    return bool(wanted.file) or any(cost is not None for cost in costs)


def sessions_of(transaction: Transaction, bounds: Bounds, volume: int) -> list[int]:
    """The sessions of a volume that fit."""
    condition = "".join(f" AND {one}" for one in bounds.where)
    join = " JOIN sessions s ON s.number = v.session" if bounds.where else ""
    select = f"SELECT v.session FROM volume_sessions v{join} WHERE v.volume = ?{condition}"  # noqa: S608 - no input
    rows = transaction.execute(select, (volume, *bounds.parameters))
    return [row[0] for row in rows if bounds.among is None or row[0] in bounds.among]


def _places(transaction: Transaction, project: str) -> list[int]:
    rows: Sequence[tuple[int, str, str]] = transaction.execute("SELECT number, cwd, remote FROM places")
    return [number for number, cwd, remote in rows if _is_in(project, cwd, remote)]


def _is_in(project: str, cwd: str, remote: str) -> bool:
    """Whether a session that worked in ``cwd`` belongs to a directory, or to a remote given whole or by its last
    names."""
    if project.startswith("/"):
        directory = project.rstrip("/")
        return cwd == directory or cwd.startswith(f"{directory}/")
    wanted, known = _remote(project), _remote(remote)
    return bool(wanted) and (known == wanted or known.endswith(f"/{wanted}"))


def _remote(address: str) -> str:
    """``git@github.com:acme/rut.git`` and ``https://github.com/acme/rut`` -> ``github.com/acme/rut``."""
    address = address.split("://", 1)[-1].split("@", 1)[-1]
    return address.replace(":", "/").rstrip("/").removesuffix(".git").lower()
