"""The rows of OpenCode's database (1.18.33): sessions, messages in their order, parts in theirs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from minga.domain.errors import StoreDamaged
from minga.domain.ids import AgentName, NativeId
from minga.infrastructure.scratch import scratch_folder
from minga.sessions.formats.format import NativeFile
from minga.sessions.formats.lines import LINE_MAX
from minga.storage.foreign import Cell, ForeignFile, open_foreign

Json = dict[str, Any]

_DATA = f"CASE WHEN octet_length(data) <= {LINE_MAX} THEN CAST(data AS BLOB) END"
"""A column of JSON, as bytes whatever they are; nothing where they are too many to be held."""


@dataclass(frozen=True, slots=True)
class Row:
    """A message or a part. ``data`` is its JSON, None where that is longer than ``LINE_MAX``."""

    number: int
    id: str
    data: bytes | None


def find(agent: AgentName, path: Path) -> Iterator[NativeFile]:
    """Every session, newest first; an empty file holds none. Raises OSError where it is no database of OpenCode's, or
    is damaged."""
    if path.stat().st_size == 0:
        return
    with _readable(path), open_foreign(path, scratch_folder) as file:
        rows = file.rows(
            "SELECT CAST(id AS BLOB), time_updated,"
            " (SELECT COALESCE(SUM(octet_length(data)), 0) FROM part WHERE session_id = session.id)"
            " FROM session ORDER BY time_updated DESC, id"
        )
        for session, updated, size in rows:
            moment = int(updated * 1_000_000) if isinstance(updated, int) else 0
            yield NativeFile(agent, NativeId(_text(session)), path, int(size or 0), moment)


def session_row(file: ForeignFile, native_id: str) -> Json | None:
    """The columns of a session by their names, text of no UTF-8 with marks in its place; None where it is not there."""
    there = {_text(name) for (name,) in file.rows("SELECT name FROM pragma_table_info('session')")}
    names = [name for name in _COLUMNS if name in there]
    columns = "".join(f", CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END" for name in names)
    found = list(file.rows(f"SELECT 1{columns} FROM session WHERE id = ?", (native_id,)))  # noqa: S608 - constants
    if not found:
        return None
    cells = zip(names, found[0][1:], strict=True)
    return {name: _text(cell) if isinstance(cell, bytes) else cell for name, cell in cells}


def messages(file: ForeignFile, native_id: str) -> Iterator[Row]:
    """In the order in which OpenCode gives them to its model."""
    sql = f"SELECT rowid, CAST(id AS BLOB), {_DATA} FROM message WHERE session_id = ? ORDER BY time_created, id"  # noqa: S608
    return _rows(file.rows(sql, (native_id,)))


def parts(file: ForeignFile, message: Row) -> Iterator[Row]:
    sql = (
        f"SELECT rowid, CAST(id AS BLOB), {_DATA} FROM part"  # noqa: S608 - a constant
        " WHERE message_id = (SELECT id FROM message WHERE rowid = ?) ORDER BY id"
    )
    return _rows(file.rows(sql, (message.number,)))


def count(path: Path, native_id: str) -> tuple[int, int]:
    """How many messages and how many parts the session has."""
    with open_foreign(path, scratch_folder) as file:
        counts = [
            next(file.rows(f"SELECT count(*) FROM {table} WHERE session_id = ?", (native_id,)))[0]  # noqa: S608
            for table in ("message", "part")
        ]
    return int(counts[0] or 0), int(counts[1] or 0)


def export(path: Path, native_id: NativeId) -> Iterator[bytes]:
    """The session in the form of ``opencode export``, in pieces; nothing where it is not there. A message or a part
    whose JSON OpenCode itself could not read is left out. Raises OSError as `find`."""
    with _readable(path), open_foreign(path, scratch_folder) as file:
        session = session_row(file, native_id)
        if session is None:
            return
        yield b'{"info":' + msgspec.json.encode(_info(session)) + b',"messages":['
        comma = b""
        for message in messages(file, native_id):
            own = decoded(message.data)
            if own is None:
                continue
            own |= {"id": message.id, "sessionID": native_id}
            yield comma + b'{"info":' + msgspec.json.encode(own) + b',"parts":['
            comma = b""
            for part in parts(file, message):
                if (value := decoded(part.data)) is not None:
                    value |= {"id": part.id, "sessionID": native_id, "messageID": message.id}
                    yield comma + msgspec.json.encode(value)
                    comma = b","
            yield b"]}"
            comma = b","
        yield b"]}\n"


def decoded(data: bytes | None) -> Json | None:
    """A column of JSON as an object; None for anything else."""
    try:
        value = msgspec.json.decode(data or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


_INFO = {
    "id": "id",
    "slug": "slug",
    "projectID": "project_id",
    "workspaceID": "workspace_id",
    "directory": "directory",
    "path": "path",
    "parentID": "parent_id",
    "title": "title",
    "agent": "agent",
    "version": "version",
    "cost": "cost",
}
"""Fields of the exported form that are columns."""

_INFO_JSON = ("model", "metadata", "permission", "revert")
"""Fields of the exported form that are columns of JSON."""


_COLUMNS = (
    *_INFO.values(),
    *_INFO_JSON,
    *(f"summary_{name}" for name in ("additions", "deletions", "files")),
    *(f"tokens_{name}" for name in ("input", "output", "reasoning", "cache_read", "cache_write")),
    *(f"time_{name}" for name in ("created", "updated", "compacting", "archived")),
)
"""The columns of a session's row that are read, where the database has them."""


def _info(session: Json) -> Json:
    """The exported form of a session's row. What was shared stays out: its secret is a credential."""
    info = {field: session[column] for field, column in _INFO.items() if session.get(column) is not None}
    for column in _INFO_JSON:
        text = session.get(column)
        if isinstance(text, str) and (value := _json(text)) is not None:
            info[column] = value
    if session.get("summary_files") is not None:
        info["summary"] = {name: session.get(f"summary_{name}") or 0 for name in ("additions", "deletions", "files")}
    info["tokens"] = {
        **{name: session.get(f"tokens_{name}") or 0 for name in ("input", "output", "reasoning")},
        "cache": {name: session.get(f"tokens_cache_{name}") or 0 for name in ("read", "write")},
    }
    times = {name: session.get(f"time_{name}") for name in ("created", "updated", "compacting", "archived")}
    return {**info, "time": {name: at for name, at in times.items() if at is not None}}


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except StoreDamaged as wrong:
        detail = f"{str(path)!r} is no database of OpenCode's, or is damaged: {wrong.values['detail']}"
        raise OSError(detail) from wrong


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _rows(rows: Iterator[tuple[Cell, ...]]) -> Iterator[Row]:
    for number, id, data in rows:
        yield Row(int(number or 0), _text(id), data if isinstance(data, bytes) else None)


def _text(cell: Cell) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell or "")
