"""What `minga dte check` holds at most, of a thousand documents and of many more."""

import contextlib
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks import machine
from benchmarks.dte.speed import environment
from minga.dte import Piece

A_SET = 2000
"""Documents in an envelope: the SII takes no more."""

EVERY_S = 0.05

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
_SET = (
    f'{_HEAD}<EnvioDTE xmlns="http://www.sii.cl/SiiDte" version="1.0"><SetDTE ID="S"><Caratula version="1.0">'
    "<RutEmisor>76086428-5</RutEmisor><RutEnvia>11111111-1</RutEnvia><RutReceptor>60803000-K</RutReceptor>"
    "<FchResol>2014-08-22</FchResol><NroResol>80</NroResol><TmstFirmaEnv>2026-11-20T12:00:00</TmstFirmaEnv></Caratula>"
)


@dataclass(frozen=True, slots=True)
class Memory:
    """``peak_mb``: the most that the process held, all programs and data; one process, so that nothing is shared."""

    source: str
    documents: int
    peak_mb: float


def measure(pieces: Sequence[Piece], counts: Sequence[int], home: Path, folder: Path) -> list[Memory]:
    """The sources of one count are checked at the same time."""
    found = []
    for count in counts:
        started = []
        for source, make in (("envelopes in a folder", _envelopes), ("files in a zip archive", _archive)):
            place = folder / f"{make.__name__}-{count}"
            place.mkdir()
            make(place, _numbered(pieces, count))
            started.append((source, place, _start(place, home)))
        peaks = _peaks([process for *_, process in started])
        for (source, place, process), peak_mb in zip(started, peaks, strict=True):
            if process.returncode not in (0, 1):
                raise RuntimeError(f"minga dte check failed with {process.returncode}")
            found.append(Memory(source, count, peak_mb))
            for file in place.iterdir():
                file.unlink()
    return sorted(found, key=lambda each: each.source)


def _peaks(processes: Sequence["subprocess.Popen[bytes]"]) -> list[float]:
    """VmHWM (proc(5)) as long as each runs; what the kernel tells at its end counts the program that started it too."""
    peaks = [0.0] * len(processes)
    while any(process.poll() is None for process in processes):
        for number, process in enumerate(processes):
            with contextlib.suppress(OSError):
                found = _PEAK.search(Path(f"/proc/{process.pid}/status").read_text())
                peaks[number] = max(peaks[number], int(found[1]) / 1024 if found else 0.0)
        time.sleep(EVERY_S)
    return peaks


def _start(place: Path, home: Path) -> "subprocess.Popen[bytes]":
    command = (*machine.minga_command(), "dte", "check", str(place), "--quiet", "--jobs", "1", "--uf", "40000")
    return subprocess.Popen(command, env=environment(home), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _numbered(pieces: Sequence[Piece], count: int) -> Iterator[bytes]:
    """Documents that no two are alike of: the folio is another one, which breaks the signature and the stamp."""
    for number in range(count):
        raw = pieces[number % len(pieces)].raw
        start = raw.index(b"<Folio>") + len(b"<Folio>")
        yield raw[:start] + str(1_000_000 + number).encode() + raw[raw.index(b"<", start) :]


def _envelopes(place: Path, documents: Iterator[bytes]) -> None:
    number = 0
    while part := list(islice(documents, A_SET)):
        number += 1
        (place / f"{number:05}.xml").write_bytes(_SET.encode() + b"".join(part) + b"</SetDTE></EnvioDTE>")


def _archive(place: Path, documents: Iterator[bytes]) -> None:
    with zipfile.ZipFile(place / "all.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, raw in enumerate(documents):
            archive.writestr(f"{number // 1000:04}/{number:07}.xml", _HEAD.encode() + raw)
