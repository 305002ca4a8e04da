"""How fast a session moves: packed, unpacked, and kept in step through a folder, each as a person types it.

The session is one of Claude Code's, brought in before: its messages and its native bytes, about as many of each. Beside
each figure stands a *floor* in the same minute: the age library alone, which encrypts the same number of bytes to the
same key, and decrypts them. Rates are of the native bytes for packs, of messages for sync.
"""

import io
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyrage
from rich.console import Console
from rich.table import Table

from benchmarks import homes, machine
from benchmarks.series import WrongResult
from benchmarks.spent import Spent, spend
from minga.agents import registry

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Moved:
    """``size_mb`` of native bytes in ``sessions`` of which the largest was packed (``packed_mb``, ``file_mb`` on disk);
    ``floor_s`` of encrypting and of decrypting ``file_mb``."""

    size_mb: float
    messages: int
    packed_mb: float
    file_mb: float
    pack: Spent
    unpack: Spent
    send: Spent
    receive: Spent
    again: Spent
    floor_s: tuple[float, float]
    load: float

    def fields(self) -> dict[str, object]:
        return {
            "size_mb": round(self.size_mb, 1),
            "messages": self.messages,
            "packed_mb": round(self.packed_mb, 1),
            "file_mb": round(self.file_mb, 1),
            **{
                name: {"s": round(spent.took_s, 2), "peak_mb": round(spent.peak_mb)}
                for name, spent in self._works().items()
            },
            "floor_s": [round(one, 3) for one in self.floor_s],
            "load": self.load,
        }

    def _works(self) -> dict[str, Spent]:
        return {
            "pack": self.pack,
            "unpack": self.unpack,
            "send": self.send,
            "receive": self.receive,
            "again": self.again,
        }


def measure(size_mb: int, say: Callable[[str], None]) -> Moved:
    """Raises WrongResult if something did not arrive."""
    say(f"move: {size_mb} MB")
    facts = registry.load(Path("/nonexistent")).get("claude")
    with machine.workplace() as folder:
        laptop, desk, shared = (folder / name for name in ("laptop", "desk", "shared"))
        for one in (laptop, desk, shared):
            one.mkdir()
        device = {one: {**machine.environment(one, []), "MINGA_BACKUP_EVERY_MINUTES": "0"} for one in (laptop, desk)}
        home = homes.fill(facts, device[laptop], laptop / "work", size_mb * MEGABYTE)
        rows = _lines(_minga(laptop, device[laptop], "sessions", "import", "--all", "--agent", "claude", "--json"))
        largest = max(rows, key=lambda row: int(row["bytes"]))
        secret, public = _identity(folder)
        load = os.getloadavg()[0]
        file = folder / "x.age"
        session = str(largest["session_id"])
        packed = _minga(laptop, device[laptop], "sessions", "pack", session, "-o", str(file), "--to", public)
        unpacked = _minga(desk, device[desk], "sessions", "unpack", str(file), "--identity", str(secret), "--json")
        [told] = _lines(unpacked)
        if told["messages"] != largest["messages"]:
            raise WrongResult(f"{told['messages']} of {largest['messages']} messages arrived")
        spent = _sync(folder, device)
        return Moved(
            size_mb=home.size / MEGABYTE,
            messages=sum(int(row["messages"]) for row in rows),
            packed_mb=int(largest["bytes"]) / MEGABYTE,
            file_mb=file.stat().st_size / MEGABYTE,
            pack=packed,
            unpack=unpacked,
            send=spent[0],
            receive=spent[1],
            again=spent[2],
            floor_s=_floor(file.stat().st_size),
            load=load,
        )


def _sync(folder: Path, device: Mapping[Path, Mapping[str, str]]) -> tuple[Spent, Spent, Spent]:
    laptop, desk = device
    _minga(laptop, device[laptop], "sync", "init")
    _minga(desk, device[desk], "sync", "join", str(laptop / "config" / "sync.key"))
    place = ("sync", "--place", str(folder / "shared"), "--json")
    send = _minga(laptop, device[laptop], *place)
    receive = _minga(desk, device[desk], *place)
    again = _minga(laptop, device[laptop], *place)
    [sent], [received], [nothing] = map(_lines, (send, receive, again))
    if not int(sent["sent"]) >= int(received["received"]) > 0 or nothing["sent"] or received["skipped"]:
        raise WrongResult(f"sync: {sent}, {received}, {nothing}")
    return send, receive, again


def _minga(home: Path, environment: Mapping[str, str], *words: str) -> Spent:
    return spend((*machine.minga_command(), *words), cwd=home, environment=environment)


def _lines(spent: Spent) -> list[dict[str, object]]:
    return [msgspec.json.decode(line) for line in spent.output.splitlines()]


def _identity(folder: Path) -> tuple[Path, str]:
    identity = pyrage.x25519.Identity.generate()
    path = folder / "key.txt"
    path.write_text(f"{identity}\n")
    return path, str(identity.to_public())


def _floor(size: int) -> tuple[float, float]:
    """Seconds of age alone for so many bytes: encrypting, decrypting."""
    identity = pyrage.x25519.Identity.generate()
    sealed, opened = io.BytesIO(), io.BytesIO()
    began = time.perf_counter()
    pyrage.encrypt_io(io.BytesIO(os.urandom(size)), sealed, [identity.to_public()])
    between = time.perf_counter()
    sealed.seek(0)
    pyrage.decrypt_io(sealed, opened, [identity])
    return between - began, time.perf_counter() - between


def show(console: Console, moved: Moved) -> None:
    table = Table(title=f"Moving to another device (load {moved.load:.1f})", title_justify="left")
    for title in ("what", "took, s", "rate", "peak, MB", "floor: age alone, s"):
        table.add_column(title)
    size = f"{moved.packed_mb:.0f} MB of native bytes, a file of {moved.file_mb:.0f} MB"
    for name, spent, floor_s in (("pack", moved.pack, moved.floor_s[0]), ("unpack", moved.unpack, moved.floor_s[1])):
        rate = f"{moved.packed_mb / spent.took_s:.1f} MB/s"
        table.add_row(f"{name} {size}", f"{spent.took_s:.2f}", rate, f"{spent.peak_mb:.0f}", f"{floor_s:.2f}")
    for name, spent in (("sync: sending", moved.send), ("sync: receiving", moved.receive)):
        rate = f"{moved.messages / spent.took_s:.0f} messages/s"
        table.add_row(f"{name} {moved.messages} messages", f"{spent.took_s:.2f}", rate, f"{spent.peak_mb:.0f}", "")
    table.add_row("sync: nothing new", f"{moved.again.took_s:.2f}", "", f"{moved.again.peak_mb:.0f}", "")
    console.print(table)
