"""What an agent CLI writes down about its own session while it runs: token counts, failed model calls, arguments and
results of tool calls that it does not tell over ACP. Read only, and only what was added since the last look.

Option ``record`` names the format, ``record_path`` the file (globs relative to the CLI's home, with ``|`` between them;
``${session}`` is the native session id, ``${session8}`` its first 8 characters, ``${end8}`` its last).
"""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec

from minga.agents.drivers.acp_failures import Signal
from minga.agents.facts import Facts
from minga.domain.agents import Launch
from minga.domain.events import Usage
from minga.infrastructure.clock import Clock
from minga.infrastructure.jsonlines import Json, read_object


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A tool call that has ended. ``input`` is JSON text; ``output`` what the CLI told its model, None if nothing."""

    call_id: str
    input: str
    output: str | None


Found = Usage | Signal | RecordedCall


class Record(Protocol):
    """One session's record."""

    def read(self) -> list[Found]:
        """What was added since the last call, oldest first; empty where there is no record."""
        ...

    def forget(self) -> None:
        """What was written up to now belongs to earlier prompts."""
        ...


def open_record(facts: Facts, launch: Launch, session: str, clock: Clock) -> Record:
    """The record of ``session`` as the agent's TOML describes it; one that stays empty where it describes none."""
    path = _path(facts, session)
    tail = Tail(_roots(facts, launch), path)
    match facts.options.get("record", ""):
        case "gemini-chats":
            return GeminiChats(tail)
        case "copilot-events":
            return CopilotEvents(tail)
        case "qwen-chats":
            return QwenChats(tail)
        case "opencode-database":
            log = Tail(_roots(facts, launch), facts.options.get("record_log", ""))
            log.skip()
            return OpencodeDatabase(_roots(facts, launch), path, log, session, clock)
        case _:
            return Unrecorded()


def save_from_load(facts: Facts, launch: Launch) -> None:
    """Before the CLI is started to resume a session: give the session's file a name that it survives under.

    Option ``load_spoils`` is the name (as ``record_path``) under which ``session/load`` spoils it. In the person's own
    home nothing is renamed. Where it cannot be renamed, the CLI may lose the session, and says so at the next load.
    """
    if launch.home is None or launch.resume is None:
        return
    for file in _answered(facts, launch, launch.resume):
        safe = file.with_name(f"{file.stem}-{launch.resume[-8:]}{file.suffix}")
        with contextlib.suppress(OSError):
            if not safe.exists():
                file.rename(safe)


def is_spoiled_by_load(facts: Facts, launch: Launch) -> bool:
    """Whether resuming costs the session's file: in the person's own home nothing may be renamed."""
    return launch.home is None and launch.resume is not None and bool(_answered(facts, launch, launch.resume))


def seconds_before_load(facts: Facts, launch: Launch, session: str, clock: Clock) -> float:
    """How long to wait before ``session/load``: the CLI names the session's file by the minute, and would empty one
    that it finds under that name (option ``load_spoils``)."""
    now = clock.now()
    if any(now.strftime("%Y-%m-%dT%H-%M") in file.name for file in _answered(facts, launch, session)):
        return 60.5 - now.second
    return 0.0


def _answered(facts: Facts, launch: Launch, session: str) -> list[Path]:
    """The files that loading would spoil and in which the model has answered: an empty one is no loss."""
    named = find(_roots(facts, launch), _filled(facts.options.get("load_spoils", ""), session))
    return [file for file in named if _holds(file, b'"type":"gemini"')]


def _holds(file: Path, mark: bytes) -> bool:
    """False where the file has gone."""
    try:
        return mark in file.read_bytes()
    except OSError:
        return False


class Unrecorded:
    """The record of an agent that keeps none."""

    def forget(self) -> None:
        return None

    def read(self) -> list[Found]:
        return []


class Tail:
    """The lines added to files that may not exist yet. ``pattern`` is looked for below each of ``roots``."""

    def __init__(self, roots: tuple[Path, ...], pattern: str) -> None:
        self._roots = roots
        self._pattern = pattern
        self._offsets: dict[Path, int] = {}

    def skip(self) -> None:
        """Leave out what is there already."""
        for _ in self.lines():
            pass

    def lines(self) -> Iterator[str]:
        for path in find(self._roots, self._pattern):
            with path.open("rb") as file:
                file.seek(self._offsets.get(path, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._offsets[path] = self._offsets.get(path, 0) + len(line)
                    yield line.decode("utf-8", "replace")

    def objects(self) -> Iterator[Json]:
        for line in self.lines():
            if (entry := read_object(line)) is not None:
                yield entry


class GeminiChats:
    """``chats/session-*.jsonl`` of Gemini CLI: each answer of the model is an entry with its tokens; an entry that is
    written again (tool calls ended) has the same id. Calls are told as often as they are written."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._seen: set[str] = set()

    def forget(self) -> None:
        self._tail.skip()

    def read(self) -> list[Found]:
        found: list[Found] = []
        for entry in self._tail.objects():
            found += _gemini_calls(entry)
            tokens = entry.get("tokens")
            if not isinstance(tokens, dict) or entry.get("id") in self._seen:
                continue
            self._seen.add(str(entry.get("id")))
            cached, thoughts = int(tokens.get("cached") or 0), int(tokens.get("thoughts") or 0)
            found.append(
                Usage(
                    model=str(entry.get("model") or ""),
                    input_tokens=int(tokens.get("input") or 0) + int(tokens.get("tool") or 0) - cached,
                    cached_input_tokens=cached,
                    cache_write_tokens=0,
                    output_tokens=int(tokens.get("output") or 0) + thoughts,
                    reasoning_tokens=thoughts,
                )
            )
        return found


def _gemini_calls(entry: Json) -> Iterator[RecordedCall]:
    """The calls that have ended: their results are parts of the Gemini API (ai.google.dev/api/caching#Part)."""
    calls = entry.get("toolCalls")
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict) and call.get("status") in ("success", "error", "cancelled"):
            given = msgspec.json.encode(call.get("args") or {}).decode()
            yield RecordedCall(str(call.get("id")), given, _gemini_output(str(call.get("id")), call.get("result")))


def _gemini_output(call_id: str, result: Any) -> str | None:
    """After a resume, a call's result holds those of all calls of its answer."""
    parts = result if isinstance(result, list) else [result]
    responses = [part["functionResponse"] for part in parts if isinstance(part, dict) and "functionResponse" in part]
    mine = [one for one in responses if isinstance(one, dict) and one.get("id") == call_id] or responses
    if not mine:
        texts = [part if isinstance(part, str) else part.get("text") for part in parts if part]
        return "\n".join(map(str, texts)) if texts else None
    given = mine[0].get("response") or {}
    value = next((given[key] for key in ("output", "error") if key in given), given)
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class CopilotEvents:
    """``session-state/<id>/events.jsonl`` of Copilot CLI: a ``session.usage_record`` for each model call (its input
    includes what was read from and written to the cache), and in ``session.error`` how a prompt failed."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail

    def forget(self) -> None:
        self._tail.skip()

    def read(self) -> list[Found]:
        found: list[Found] = []
        for entry in self._tail.objects():
            data = entry.get("data")
            if not isinstance(data, dict):
                continue
            if entry.get("type") == "session.error":
                found.append(Signal(str(data.get("message") or ""), data.get("statusCode")))
            elif entry.get("type") == "session.usage_record" and isinstance(used := data.get("usage"), dict):
                found.append(self._usage(used))
        return found

    def _usage(self, used: Json) -> Usage:
        read, written = int(used.get("cacheReadTokens") or 0), int(used.get("cacheWriteTokens") or 0)
        return Usage(
            model=str(used.get("model") or ""),
            input_tokens=max(0, int(used.get("inputTokens") or 0) - read - written),
            cached_input_tokens=read,
            cache_write_tokens=written,
            output_tokens=int(used.get("outputTokens") or 0),
            reasoning_tokens=int(used.get("reasoningTokens") or 0),
        )


class QwenChats:
    """``chats/<id>.jsonl`` of Qwen Code: each failed model call is an ``api_error``, also those that are retried."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail

    def forget(self) -> None:
        self._tail.skip()

    def read(self) -> list[Found]:
        found: list[Found] = []
        for entry in self._tail.objects():
            event = ((entry.get("systemPayload") or {}).get("uiEvent")) or {}
            if event.get("event.name") == "qwen-code.api_error":
                status = event.get("status_code")
                found.append(
                    Signal(
                        str(event.get("error_message") or event.get("error_type") or ""),
                        status if isinstance(status, int) else None,
                        final=False,
                    )
                )
        return found


class OpencodeDatabase:
    """``opencode.db`` of OpenCode: a ``step-finish`` part for each model call, whose reason is ``unknown`` where the
    answer broke off (it then asks again without end), the error of a failed message; and the log, which alone names
    the failed calls that it goes on trying, and is written with some delay."""

    def __init__(self, roots: tuple[Path, ...], path: str, log: Tail, session: str, clock: Clock) -> None:
        self._roots = roots
        self._path = path
        self._log = log
        self._session = session
        self._clock = clock
        self._since = ""
        self._seen: set[str] = set()

    def forget(self) -> None:
        self.read()
        self._since = self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%f")

    def read(self) -> list[Found]:
        found: list[Found] = list(self._retried())
        for database in find(self._roots, self._path):
            try:
                found.extend(self._stored(database))
            except sqlite3.Error:
                return found  # being created, or locked for the moment; the next look finds it
        return found

    def _retried(self) -> Iterator[Signal]:
        for line in self._log.lines():
            written = re.match(r"timestamp=(\S+)Z ", line)
            late = written is None or written[1] < self._since
            if not late and f"session.id={self._session}" in line and 'message="stream error"' in line:
                error = re.search(r'error\.error="((?:[^"\\]|\\.)*)"', line)
                yield Signal(error[1] if error else line.strip(), final=False)

    def _stored(self, database: Path) -> Iterator[Found]:
        with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1.0)) as connection:
            mine = "session_id IN (SELECT id FROM session WHERE id = ? OR parent_id = ?)"
            keys = (self._session, self._session)
            steps = connection.execute(
                f"SELECT p.id, p.data, m.data FROM part p JOIN message m ON m.id = p.message_id"  # noqa: S608 - no input
                f" WHERE p.{mine} AND json_extract(p.data, '$.type') = 'step-finish' ORDER BY p.rowid",
                keys,
            )
            yield from self._steps(steps)
            failed = connection.execute(
                f"SELECT id, json_extract(data, '$.error') FROM message"  # noqa: S608 - no input
                f" WHERE {mine} AND json_extract(data, '$.error') IS NOT NULL ORDER BY rowid",
                keys,
            )
            yield from self._errors(failed)

    def _steps(self, rows: Iterable[tuple[str, str, str]]) -> Iterator[Found]:
        for key, part, message in rows:
            if key in self._seen:
                continue
            self._seen.add(key)
            step = json.loads(part)
            tokens = step.get("tokens") or {}
            if step.get("reason") == "unknown" and not tokens.get("output"):
                yield Signal("The model's answer broke off.", final=False)
                continue
            cache, reasoning = tokens.get("cache") or {}, int(tokens.get("reasoning") or 0)
            yield Usage(
                model=str(json.loads(message).get("modelID") or ""),
                input_tokens=int(tokens.get("input") or 0),
                cached_input_tokens=int(cache.get("read") or 0),
                cache_write_tokens=int(cache.get("write") or 0),
                output_tokens=int(tokens.get("output") or 0) + reasoning,
                reasoning_tokens=reasoning,
                cost_micro_usd=round(float(step.get("cost") or 0) * 1_000_000) or None,
            )

    def _errors(self, rows: Iterable[tuple[str, str]]) -> Iterator[Signal]:
        for key, text in rows:
            if key in self._seen:
                continue
            self._seen.add(key)
            error = json.loads(text)
            data = error.get("data") or {}
            headers = data.get("responseHeaders") or {}
            status = data.get("statusCode")
            yield Signal(
                str(data.get("message") or error.get("name") or ""),
                status if isinstance(status, int) else None,
                retry_after(headers.get("retry-after"), self._clock),
            )


def retry_after(value: object, clock: Clock) -> datetime | None:
    """The instant that a ``retry-after`` header in seconds names (RFC 9110, section 10.2.3)."""
    try:
        return clock.now() + timedelta(seconds=float(str(value)))
    except ValueError:
        return None


def find(roots: tuple[Path, ...], pattern: str) -> list[Path]:
    """The files that match one of the globs in ``pattern`` below ``roots``."""
    globs = [one for one in pattern.split("|") if one]
    return sorted({path for root in roots if root.is_dir() for one in globs for path in root.glob(one)})


def _path(facts: Facts, session: str) -> str:
    return _filled(facts.options.get("record_path", ""), session)


def _filled(pattern: str, session: str) -> str:
    return pattern.replace("${session}", session).replace("${session8}", session[:8]).replace("${end8}", session[-8:])


def _roots(facts: Facts, launch: Launch) -> tuple[Path, ...]:
    """Where the CLI's home may be: as the variables that move it say, else the person's own."""
    roots: list[Path] = []
    for variable, template in facts.home.variables.items():
        if value := launch.environment.get(variable, ""):
            base = Path(value.removesuffix(template.removeprefix("${home}")))
            roots += [base, base / facts.home.default]
    home = launch.environment.get("HOME", "")
    return (*roots, Path(home, facts.home.default)) if home else tuple(roots)
