"""A database such as OpenCode 1.18.33 makes, filled the way ``opencode import`` fills it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from minga.sessions.formats.opencode import DATABASE

_TABLES = """
CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, workspace_id text, parent_id text,
  slug text NOT NULL, directory text NOT NULL, path text, title text NOT NULL, version text NOT NULL, share_url text,
  summary_additions integer, summary_deletions integer, summary_files integer, summary_diffs text, metadata text,
  cost real DEFAULT 0 NOT NULL, tokens_input integer DEFAULT 0 NOT NULL, tokens_output integer DEFAULT 0 NOT NULL,
  tokens_reasoning integer DEFAULT 0 NOT NULL, tokens_cache_read integer DEFAULT 0 NOT NULL,
  tokens_cache_write integer DEFAULT 0 NOT NULL, revert text, permission text, agent text, model text,
  time_created integer NOT NULL, time_updated integer NOT NULL, time_compacting integer, time_archived integer);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
  time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
  time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE INDEX message_session_time_created_id_idx ON message (session_id, time_created, id);
CREATE INDEX part_message_id_id_idx ON part (message_id, id);
"""


def fill(home: Path, session: dict[str, Any], **columns: object) -> Path:
    """Put an export into the database of ``home``; ``columns`` are further ones of the session."""
    path = home / DATABASE
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with closing(sqlite3.connect(path)) as database, database:
        if new:
            database.executescript(_TABLES)
        info = session["info"]
        row = {
            "id": info["id"],
            "project_id": "global",
            "slug": info["slug"],
            "directory": info["directory"],
            "title": info["title"],
            "version": info["version"],
            "agent": info["agent"],
            "model": json.dumps(info["model"]),
            "time_created": info["time"]["created"],
            "time_updated": info["time"]["updated"],
        } | columns
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO session ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        for message in session["messages"]:
            _insert(database, info["id"], message)
    return path


def _insert(database: sqlite3.Connection, session: str, message: dict[str, Any]) -> None:
    data = dict(message["info"])
    key, _ = data.pop("id"), data.pop("sessionID", None)
    at = data.get("time", {}).get("created", 0)
    database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", (key, session, at, at, json.dumps(data)))
    for part in message["parts"]:
        data = {name: value for name, value in part.items() if name not in ("id", "sessionID", "messageID")}
        database.execute("INSERT INTO part VALUES (?, ?, ?, 0, 0, ?)", (part["id"], key, session, json.dumps(data)))
