"""Checks the corpus of work sessions and prints what it holds: `python benchmarks/memory/corpus/check.py`.

Reads every part beside this file (`a`, `b`, `train`, whichever are there), prints one line for each thing that is wrong
and a table of counts, and exits with 1 when anything was wrong. README.md says what the fields mean.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PARTS = ("train", "a", "b")
KINDS = ("direct", "paraphrase", "temporal", "changed", "multi", "none")
AGENTS = {"claude", "codex", "gemini", "copilot", "opencode", "qwen"}
LANGUAGES = {"es", "en"}
SESSION = {"id", "project", "user", "agent", "language", "started", "turns"}
TOOL = {"name": str, "input": str, "output": str, "failed": bool}
QUESTION = {"id", "language", "question", "kind", "evidence", "answer"}
TURNS = range(16, 31)


def main() -> int:
    """The exit status: 0 when every part is sound and at least one is there."""
    faults: list[str] = []
    seen: set[str] = set()
    rows = [_part(HERE / name, seen, faults) for name in PARTS if (HERE / name).is_dir()]
    for fault in faults:
        print(f"wrong: {fault}")
    header = ("part", "sessions", "en", "turns", "words", "tools", "questions", *KINDS, "ask es", "ask en")
    for row in (header, *rows):
        print("  ".join(f"{cell!s:>{len(head)}}" for cell, head in zip(row, header, strict=True)))
    return 1 if faults or not rows else 0


def _part(folder: Path, seen: set[str], faults: list[str]) -> tuple[object, ...]:
    sessions = {path: json.loads(path.read_text("utf-8")) for path in sorted((folder / "sessions").glob("*.json"))}
    questions = json.loads((folder / "questions.json").read_text("utf-8"))
    instants: dict[str, datetime] = {}
    for path, session in sessions.items():
        faults.extend(f"{folder.name}/{path.name}: {text}" for text in _session_faults(path, session, instants))
    for question in questions:
        name = f"{folder.name}/{question.get('id')}"
        faults.extend(f"{name}: {text}" for text in _question_faults(question, instants))
    for one in (*sessions.values(), *questions):
        if one.get("id") in seen:
            faults.append(f"{folder.name}: id {one.get('id')!r} is used twice")
        seen.add(one.get("id"))
    return _counts(folder.name, list(sessions.values()), questions)


def _session_faults(path: Path, session: dict[str, Any], instants: dict[str, datetime]) -> Iterator[str]:
    """What is wrong with one session; the instant of each of its turns is added to `instants` under its name."""
    if set(session) != SESSION:
        yield f"fields {sorted(set(session) ^ SESSION)} are missing or unknown"
        return
    if not re.fullmatch(r"\d\d-[a-z0-9-]+", path.stem) or not session["id"].endswith(path.stem[:2]):
        yield "the file is not named NN-slug.json after its id"
    if session["agent"] not in AGENTS or session["language"] not in LANGUAGES:
        yield "unknown agent or language"
    if len(session["turns"]) not in TURNS:
        yield f"{len(session['turns'])} turns, outside {TURNS.start}-{TURNS.stop - 1}"
    before = datetime.fromisoformat(session["started"])
    for index, turn in enumerate(session["turns"]):
        at = datetime.fromisoformat(turn["at"])
        if at.tzinfo is None or at < before:
            yield f"turn {index} has no UTC offset or lies before the one above it"
        before = instants[f"{session['id']}:{index}"] = at
        yield from (f"turn {index}: {text}" for text in _turn_faults(turn))


def _turn_faults(turn: dict[str, Any]) -> Iterator[str]:
    if set(turn) - {"tools"} != {"role", "at", "text"} or turn["role"] not in {"user", "assistant"}:
        yield "unknown field or role"
    elif not turn["text"].strip():
        yield "no text"
    for tool in turn.get("tools", ()):
        if turn["role"] != "assistant" or {name: type(value) for name, value in tool.items()} != TOOL:
            yield f"a tool needs an assistant and exactly {sorted(TOOL)}"


def _question_faults(question: dict[str, Any], instants: dict[str, datetime]) -> Iterator[str]:
    if set(question) - {"as_of"} != QUESTION:
        yield f"fields {sorted(set(question) - {'as_of'} ^ QUESTION)} are missing or unknown"
        return
    kind, evidence = question["kind"], question["evidence"]
    if kind not in KINDS or question["language"] not in LANGUAGES:
        yield "unknown kind or language"
    if not question["question"].strip() or (kind != "none" and not question["answer"].strip()):
        yield "no question or no answer"
    if (kind == "none") == bool(evidence) or (kind == "multi" and len(evidence) < 2):
        yield f"{len(evidence)} turns of evidence do not suit kind {kind!r}"
    if len(set(evidence)) != len(evidence):
        yield "a turn is named twice"
    yield from (f"evidence {name!r} does not exist" for name in evidence if name not in instants)
    if "as_of" in question:
        day = date.fromisoformat(question["as_of"])
        if kind != "changed" or any(instants[name].date() > day for name in evidence if name in instants):
            yield "`as_of` is for changed questions, and no evidence may be later than it"


def _counts(name: str, sessions: list[dict[str, Any]], questions: list[dict[str, Any]]) -> tuple[object, ...]:
    turns = [turn for session in sessions for turn in session["turns"]]
    words = sum(len(turn["text"].split()) for turn in turns)
    english = sum(session["language"] == "en" for session in sessions)
    kinds = Counter(question["kind"] for question in questions)
    asked = Counter(question["language"] for question in questions)
    tools = sum("tools" in turn for turn in turns)
    by_kind = (kinds[kind] for kind in KINDS)
    return name, len(sessions), english, len(turns), words, tools, len(questions), *by_kind, asked["es"], asked["en"]


if __name__ == "__main__":
    sys.exit(main())
