"""What is judged, and what judges it: whether an answer is right, as far as that can be checked without a model."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from minga.domain.events import FileChange
from minga.domain.task import Document
from minga.domain.verdict import Checked


class Originals(Protocol):
    """How the files below the working directory were before the run."""

    def paths(self) -> Sequence[str]:
        """Every file that was there and is kept, relative to the working directory."""
        ...

    def read(self, path: str) -> bytes | None:
        """None for a file that was not there, or is not kept."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """What is judged: an ``answer`` to ``prompt``, and the files that were ``changed`` for it below ``cwd``.

    ``sources`` are the texts that the agent was given or read: documents of the task, results of its tools; quotations
    are looked for in them. ``schema`` is a JSON Schema that the answer has to fit, as its text; empty: none was asked
    for. ``allowed`` are the paths, relative to ``cwd``, below which files may be changed; empty: all of ``cwd``.
    ``commands`` are those that the person names as checks; with ``finds_commands`` those that the project names or its
    files suggest run too, where files were changed. ``required``: names of `verdict.CHECKS` that must pass.
    ``originals`` None: nothing of before is kept.
    """

    prompt: str
    answer: str
    cwd: Path
    changed: tuple[FileChange, ...] = ()
    sources: tuple[Document, ...] = ()
    schema: str = ""
    allowed: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    finds_commands: bool = True
    required: tuple[str, ...] = ()
    originals: Originals | None = field(default=None, repr=False)


class Check(Protocol):
    """One kind of claim. ``name`` is what verdicts call it, in kebab case."""

    @property
    def name(self) -> str: ...

    def look(self, work: Work) -> Checked | None:
        """None where the work holds nothing of its kind. May raise anything: the judge makes ``broken`` of it. Runs in
        a thread, in time linear in the length of the work; what it needs at most is bounded by itself."""
        ...


class LongCheck(Protocol):
    """A check that runs programs. Several results may come of it, one for each program."""

    @property
    def name(self) -> str: ...

    def programs(self, work: Work) -> Sequence[str]:
        """What would run, as a person would type it."""
        ...

    def look(self, work: Work) -> Awaitable[Sequence[Checked]]:
        """As `Check.look`; the programs end with it, also when it is cancelled."""
        ...
