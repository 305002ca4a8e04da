"""Documents a second on one core: the whole check, its parts, floors of libraries in C, and peers."""

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from benchmarks import machine
from benchmarks.dte import peers
from benchmarks.dte.peers import Told
from minga.dte import Grounds, Piece, check_piece
from minga.dte.checking import check_pieces
from minga.dte.document import read
from minga.dte.schemas.sets import BOLETA

AIM = 1500
"""Documents a second on one core (issue 6)."""

ROUNDS = 3

_PARSER = etree.XMLParser(encoding="ISO-8859-1")


@dataclass(frozen=True, slots=True)
class Speed:
    """``cpu_us`` a document, 0 where it is not known; ``wall_s`` of all of them, where that was measured."""

    name: str
    documents: int
    cpu_us: float
    wall_s: float = 0.0

    @property
    def a_second(self) -> float:
        return 1e6 / self.cpu_us if self.cpu_us else 0.0


def measure(pieces: Sequence[Piece], strangers: Sequence[Piece], grounds: Grounds) -> list[Speed]:
    """The whole check first, then the floors; in turn, the best of the rounds: CPU time that others made longer is
    never made shorter. Of ``strangers`` each round takes others, so that nothing of them is remembered."""
    works: Mapping[str, Callable[[Sequence[Piece]], object]] = {
        OURS: lambda some: _all_of(check_pieces(some, grounds)),
        ALONE: lambda some: _all_of(check_piece(piece, grounds) for piece in some),
        "of it: read": lambda some: _all_of(map(read, some)),
        "floor: lxml parse": lambda some: _all_of(map(_parsed, some)),
        "floor: lxml parse, schema": lambda some: _all_of(map(_validated(grounds), some)),
        STRANGERS: lambda some: _all_of(check_pieces(some, grounds)),
    }
    best: dict[str, float] = {}
    share = len(strangers) // ROUNDS
    for number in range(ROUNDS):
        others = strangers[number * share : (number + 1) * share]
        for name, work in works.items():
            some = others if name == STRANGERS else pieces
            begin = time.process_time()
            work(some)
            best[name] = min(best.get(name, 1e9), 1e6 * (time.process_time() - begin) / len(some))
    return [Speed(name, len(pieces), cpu_us) for name, cpu_us in best.items()]


def _all_of(results: Iterable[object]) -> None:
    for _ in results:
        pass


OURS = "Minga: the whole check"
ALONE = "the same, one document at a time"
STRANGERS = "the same, no two of one signer or CAF"


def of_peers(told: Mapping[str, Told], documents: int) -> list[Speed]:
    """Of what `peers.ask` told."""
    found = []
    for name, each in told.items():
        spent = dict(each.cpu_us)
        if name == peers.XMLSEC.name:
            found.append(Speed("floor: lxml parse, xmlsec verify", documents, spent["verify"]))
            continue
        found += [Speed(f"{name}: {stage}", documents, cpu_us) for stage, cpu_us in spent.items()]
        found.append(Speed(f"{name}: all of it", documents, sum(spent.values())))
    return found


def command_line(documents: Path, count: int, home: Path, jobs: int) -> Speed:
    """`minga dte check FOLDER --quiet` in processes of its own: start, reading the files and what documents say of one
    another included. The CPU of more jobs than one goes to processes that are not this one's children."""
    command = (*machine.minga_command(), "dte", "check", str(documents), "--quiet", "--uf", "40000")
    before, begin = _children_s(), time.monotonic()
    done = subprocess.run((*command, "--jobs", str(jobs)), env=environment(home), capture_output=True)
    wall_s = time.monotonic() - begin
    if done.returncode not in (0, 1):
        raise RuntimeError(f"minga dte check failed: {done.stderr.decode()[-300:]}")
    cpu_us = 1e6 * (_children_s() - before) / count if jobs == 1 else 0.0
    return Speed(f"minga dte check, {jobs} job{'s' if jobs > 1 else ''}", count, cpu_us, wall_s)


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "MINGA_HOME": str(home),
        "MINGA_CONFIG": str(home / "config"),
    }


def _parsed(piece: Piece) -> etree._Element:
    return etree.fromstring(piece.raw, _PARSER)


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _validated(grounds: Grounds) -> Callable[[Piece], object]:
    """Against the schema of November 2026, which all the documents of the corpus fit."""
    newest = grounds.schemas.sets[-1] if grounds.schemas else None
    schema, boleta = (newest.schema("DTE"), newest.schema(BOLETA)) if newest else (None, None)
    assert schema is not None, "the schemas are installed first"
    assert boleta is not None, "the schemas are installed first"
    is_boleta = {b"<TipoDTE>39<", b"<TipoDTE>41<"}

    def work(piece: Piece) -> bool:
        chosen = boleta if any(mark in piece.raw for mark in is_boleta) else schema
        return chosen.validate(_parsed(piece))

    return work
