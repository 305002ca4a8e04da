"""`python -m benchmarks dte`: the check of tax documents proved, timed, weighed, fuzzed, and beside its peers.

It needs the SII's schemas, which come with the peers: without them nothing is measured.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.dte import comparing, corpus, covers, damage, fuzzing, memory, page, peers, speed
from benchmarks.dte.page import Result
from benchmarks.dte.peers import PeerFailed, Told
from benchmarks.dte.proof import prove
from benchmarks.gateway.environments import CannotMeasure
from minga.dte import Grounds, Piece
from minga.dte.schemas import NotASet, Schemas, install
from minga.dte.schemas.installing import from_folder

WIDTH = 150

VALID = 700

BYTES = range(5_000, 8_000)
"""The valid documents that are timed: of about 6 kB."""


COPIES = 20
"""Of each of them for the command line, so that its start weighs little."""


@dataclass(frozen=True, slots=True)
class Lengths:
    memory: tuple[int, ...]
    fuzz_s: float


FULL = Lengths((1_000, 10_000, 100_000), 20)
QUICK = Lengths((1_000,), 3)
MILLION = 1_000_000


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(width=max(Console().width, WIDTH))
    try:
        with tempfile.TemporaryDirectory(prefix="minga-bench-") as folder:
            result = _measure(options, Path(folder))
    except CannotMeasure as wrong:
        print(f"benchmarks: {wrong}", file=sys.stderr)
        return 2
    page.show(console, result)
    if options.write:
        page.write(result)
    return 1 if result.wrong else 0


def _measure(options: argparse.Namespace, folder: Path) -> Result:
    before = machine.look()
    home = folder / "home"
    if options.install:
        for peer in peers.PEERS:
            peers.install(peer, _say)
    grounds = _grounds(home / "dte" / "schemas")
    _say("making the documents")
    pieces = list(corpus.signed(VALID))
    mutants = [*corpus.mutants(), *damage.damaged()]
    timed = [piece for piece in pieces if len(piece.raw) in BYTES]
    _say("proof")
    proof = prove(pieces, mutants, grounds, covers.covers(), covers.cover_mutants())
    _say("speed")
    strangers = [piece for piece in corpus.strangers(VALID) if len(piece.raw) in BYTES]
    speeds = speed.measure(timed, strangers, grounds)
    documents = _written(folder / "timed", ((f"{number:04}.xml", piece) for number, piece in enumerate(timed)))
    many = [(f"{copy}-{number:04}.xml", piece) for copy in range(COPIES) for number, piece in enumerate(timed)]
    copies = _written(folder / "copies", many)
    speeds += [speed.command_line(copies, len(many), home, jobs) for jobs in (1, 2)]
    rights = ((comparing.right_name(piece.place), piece) for piece in chain(corpus.rights(), [damage.right()]))
    wrongs = ((comparing.file_name(number, each), each.piece) for number, each in enumerate(mutants))
    others = _written(folder / "mutants", chain(rights, wrongs))
    rest = (piece for piece in pieces if len(piece.raw) not in BYTES)
    others = _written(others, ((f"valid-{number:04}.xml", piece) for number, piece in enumerate(rest)))
    told, judged, failed = _asked(documents, others)
    speeds += speed.of_peers(told, len(timed))
    _say("memory")
    lengths = QUICK if options.quick else FULL
    counts = [each for each in (*lengths.memory, *([MILLION] if options.million else [])) if each <= options.most]
    memories = memory.measure(pieces, counts, home, folder)
    _say("fuzzing")
    fuzzed = fuzzing.measure(lengths.fuzz_s, home / "dte" / "schemas")
    command = " ".join(("python -m benchmarks dte", *sys.argv[2:]))
    size = sum(len(piece.raw) for piece in timed) / len(timed)
    return Result(before, command, proof, mutants, size, speeds, memories, told, judged, failed, fuzzed)


def _grounds(target: Path) -> Grounds:
    """With the sets of schemas that the peers bring. Raises CannotMeasure."""
    for peer in peers.PEERS:
        where = peers.schemas(peer)
        if where is not None:
            try:
                install(from_folder(where), peer.package, target)
            except (NotASet, OSError) as wrong:
                _say(f"{peer.name}: {wrong}")
    found = Schemas.at(target) if target.is_dir() else Schemas(())
    if len(found.sets) < 2:
        raise CannotMeasure(
            f"the SII's schemas are missing: they come with {page.SCHEMAS_FROM}, which are not installed"
        )
    return replace(corpus.GROUNDS, schemas=found)


def _written(folder: Path, documents: Iterable[tuple[str, Piece]]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, piece in documents:
        (folder / name).write_bytes(b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + piece.raw)
    return folder


def _asked(documents: Path, others: Path) -> tuple[dict[str, Told], dict[str, Told], list[str]]:
    """What the peers say of the timed documents, of the others, and which cannot be asked."""
    told: dict[str, Told] = {}
    judged: dict[str, Told] = {}
    failed = []
    for peer in peers.PEERS:
        _say(peer.name)
        try:
            told[peer.name] = peers.ask(peer, documents)
            if peer is not peers.XMLSEC:
                judged[peer.name] = peers.ask(peer, others)
        except PeerFailed as wrong:
            failed.append(str(wrong))
    return told, judged, failed


def _say(text: str) -> None:
    print(f"… {text}", file=sys.stderr, flush=True)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks dte", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="memory of 1,000 documents, fuzzing of 3 s")
    parser.add_argument("--million", action="store_true", help="memory of a million documents too")
    parser.add_argument("--most", type=int, default=MILLION, metavar="N", help="memory: of no more documents than that")
    parser.add_argument("--no-install", dest="install", action="store_false", help="only what is installed already")
    parser.add_argument("--write", action="store_true", help="put the result into docs/reference/dte-benchmark.md")
    return parser.parse_args(arguments)
