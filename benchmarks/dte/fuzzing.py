"""Files that chance spoiled, through reading and the whole check: nothing may raise, hang or grow.

``python -m benchmarks.dte.fuzzing SECONDS SCHEMAS`` runs it in this process and prints JSON: a crash of a library in C
ends that process, not the benchmark.
"""

import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil

from benchmarks.dte.corpus import GROUNDS, signed
from benchmarks.dte.covers import written
from minga.dte import Grounds
from minga.dte.examples import container_names, example
from minga.dte.many import judge_all
from minga.dte.reading import check_container, containers_in
from minga.dte.schemas import Schemas

HANG_S = 60
"""How much longer than asked for it may run: no file takes seconds."""

_TOKENS = (
    *(
        b"<DTE>",
        b"</DTE>",
        b"<DTE/>",
        b"<x:DTE>",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"?>",
        b"<!DOCTYPE a [",
    ),
    *(
        b"&x;",
        b"<",
        b">",
        b'"',
        b"'",
        b"/",
        b"-",
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xf3",
        b"\x93",
        b"\r\n",
        b"&#13;",
    ),
    *(b" xmlns:x=", b" xmlns=''", b"<a>" * 40, b"9" * 60, b"1e9", b"NaN", b"<Signature/>", b"<Caratula>", b"<TED/>"),
    b"<?xml version='1.0' encoding='UTF-16'?>",
)


class Fuzzed(msgspec.Struct, frozen=True):
    """``documents`` that could still be cut out and were judged; ``raised`` has the first few texts. ``grown_mb``:
    memory at the end against that after a tenth of the time."""

    executions: int
    documents: int
    exceptions: int
    raised: tuple[str, ...]
    slowest_ms: float
    grown_mb: float


def measure(seconds: float, schemas: Path) -> Fuzzed | str:
    """What was found, or how the process ended."""
    command = (sys.executable, "-m", "benchmarks.dte.fuzzing", str(seconds), str(schemas))
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds + HANG_S)
        return msgspec.json.decode(done.stdout, type=Fuzzed)
    except subprocess.TimeoutExpired:
        return "hung"
    except msgspec.MsgspecError:
        return f"ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-200:]}"


def fuzz(seconds: float, schemas: Path, seed: int) -> Fuzzed:
    grounds = replace(GROUNDS, schemas=Schemas.at(schemas))
    chance = random.Random(seed)
    seeds = [piece.raw for piece in signed(60)] + [written(name, example(name)) for name in container_names()]
    process = psutil.Process()
    raised: list[str] = []
    executions = documents = exceptions = early = 0
    slowest = 0.0
    begin = last = time.monotonic()
    while last - begin < seconds:
        data = _mutated(chance.choice(seeds), chance)
        try:
            documents += _judged(data, grounds)
        except Exception as wrong:  # noqa: BLE001 - what may be raised is what is looked for
            exceptions += 1
            raised = [*raised, f"{type(wrong).__name__}: {wrong}"][:5]
        executions += 1
        now = time.monotonic()
        slowest, last = max(slowest, now - last), now
        if not early and now - begin > seconds / 10:
            early = process.memory_info().rss
    grown = (process.memory_info().rss - early) / 2**20
    return Fuzzed(executions, documents, exceptions, tuple(raised), slowest * 1000, grown)


def _judged(data: bytes, grounds: Grounds) -> int:
    count = 0
    for container in containers_in(data, "a.xml"):
        check_container(container, grounds)
        count += sum(each.head is not None for each in judge_all(grounds, container.pieces))
    return count


def _mutated(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 0, 1, 1, 5, 50, 500)))
        piece = data[start:end]
        new = chance.choice((b"", piece * 2, piece[::-1], chance.randbytes(3), chance.choice(_TOKENS), data[:200]))
        data = data[:start] + new + data[end:]
    return data


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(fuzz(float(sys.argv[1]), Path(sys.argv[2]), seed=1)).decode())
