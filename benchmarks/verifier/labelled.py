"""An answer whose truth is known, and the work that it becomes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from benchmarks.verifier.voice import Voice
from minga.domain.events import FileChange, FileChangeKind
from minga.domain.task import Document
from minga.domain.work import Work


@dataclass(frozen=True, slots=True)
class Case:
    """``right``: whether the answer is; None where nobody could tell from what is at hand, so that neither verdict is
    due. ``why``: what is wrong with it, or what makes a right one look wrong (empty: nothing does).

    ``files`` stand in the workspace before; ``changes`` are what the agent made of them (None: it deleted that one).
    ``slow``: programs have to run for it. ``kind``, ``template`` and ``language`` are filled in by `corpus`.
    """

    right: bool | None
    prompt: str
    answer: str
    why: str = ""
    sources: tuple[Document, ...] = ()
    schema: str = ""
    allowed: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, str | bytes | None] = field(default_factory=dict)
    slow: bool = False
    kind: str = ""
    template: str = ""
    language: str = ""

    @property
    def is_trap(self) -> bool:
        return self.right is True and bool(self.why)

    def work(self, folder: Path) -> Work:
        """Lay the workspace out in ``folder``, which is empty, as the agent left it."""
        for path, content in {**self.files, **self.changes}.items():
            if content is not None:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
        return Work(
            self.prompt,
            self.answer,
            folder,
            tuple(FileChange(path, self._change(path)) for path in self.changes),
            self.sources,
            self.schema,
            self.allowed,
            self.commands,
            finds_commands=self.slow,
            originals=Kept(self.files),
        )

    def _change(self, path: str) -> FileChangeKind:
        if self.changes[path] is None:
            return "deleted"
        return "modified" if path in self.files else "added"


@dataclass(frozen=True, slots=True)
class Kept:
    """The files as they were."""

    files: Mapping[str, str]

    def paths(self) -> Sequence[str]:
        return tuple(self.files)

    def read(self, path: str) -> bytes | None:
        text = self.files.get(path)
        return None if text is None else text.encode()


Template: TypeAlias = Callable[[Voice], Iterable[Case]]
"""Makes the cases of one form: most often a right and a wrong one of the same data."""
