"""How far a check is: a bar on standard error, where that is a terminal and the findings go elsewhere."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from minga.dte.many import Judged, Source
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.words import Words


class Bar:
    """Moves with the files that are given. Where it is not shown, nothing is counted."""

    def __init__(self, say: Words, places: Iterable[str]) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty() or sys.stdout.isatty(),
        )
        self._say = say
        shown = not self._progress.disable
        self._files = (
            sum(1 for place in places if place != "-" for _ in _files(Path(place).expanduser())) if shown else 0
        )
        self._task: TaskID | None = None
        self._documents = 0

    def __enter__(self) -> "Bar":
        self._progress.start()
        self._task = self._progress.add_task(self._say("Checking"), total=self._files or None, told="")
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def opened(self, sources: Iterable[Source]) -> Iterator[Source]:
        """``sources`` as they are, each file of which moves the bar."""
        seen: str | None = None
        for source in sources:
            file = source.place.split(".zip/")[0]
            if self._task is not None and file != seen:
                self._progress.advance(self._task)
            seen = file
            yield source

    def add(self, judged: Judged) -> None:
        self._documents += judged.kind == "DTE"
        if self._task is not None and self._documents % 100 == 0:
            self._progress.update(self._task, told=self._say("{count} documents", count=self._documents))


def _files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from (path for path in place.rglob("*") if path.suffix.lower() in (".xml", ".zip"))
    elif place.exists():
        yield place
