"""Files, lines and names that an answer points to: they have to be there."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.claims import Claim, cut_short, line_at, summed_up
from minga.verification.code.hints import hinted
from minga.verification.code.modules import Module, Modules
from minga.verification.code.python_code import parsed
from minga.verification.files.mentions import Mention, mentions, proposed
from minga.verification.files.tree import Tree

_NEAR_LINES = 2
"""How far from the line that is told a name may stand where its definition's extent is not known."""

_MENTIONS_MAX = 1_000

_HINTS_MAX = 5
_ALIKE_MAX = 500

_EVERYWHERE = frozenset(
    {"docs", "doc", "examples", "example", "tests", "test", "tools", "scripts", "src", "lib", "bin"}
)
"""Folders that most projects have: a file in one may be another project's."""


_MADE_BY_PROGRAMS = frozenset({"csv", "tsv", "json", "xml", "html", "txt", "env", "lock", "ipynb"})
"""Endings of files that may be there only after something has run."""


@dataclass(frozen=True, slots=True)
class References:
    """A mention of a file alone refutes, where it is missing, but proves nothing where it is there."""

    name: str = "references"

    def look(self, work: Work) -> Checked | None:
        looking = _Looking(work, Tree(work.cwd))
        found = dict.fromkeys(islice(mentions(work.answer), _MENTIONS_MAX))
        told = dict.fromkeys(claim for mention in found for claim in looking.claims(mention))
        return summed_up(self.name, list(told), cut_short(work.answer))


@dataclass(slots=True)
class _Looking:
    work: Work
    tree: Tree
    missing: int = 0
    _proposed: frozenset[str] | None = None

    def claims(self, mention: Mention) -> Iterator[Claim]:
        if mention.dotted:
            yield from self._dotted(mention)
            return
        paths = self._paths(mention.path)
        if paths:
            met = [self._in_file(mention, path) for path in paths]
            fine = next((each for each in met if each is None or each.state is not CheckState.FAILED), met[0])
            if fine:
                yield fine
        elif lacking := self._lacking(mention):
            yield lacking

    def _paths(self, path: str) -> list[str]:
        """The files that may be meant, relative to the root."""
        if self.tree.is_file(path) or self.tree.is_dir(path):
            return [path]
        if path.startswith(("/", "~", "..")):
            return []
        return self.tree.ending_in(path.removeprefix("./"))[:20]

    def _lacking(self, mention: Mention) -> Claim | None:
        """A file that is not there is a fault where its folder is there, or where another is called nearly so."""
        path = mention.path.removeprefix("./")
        at = line_at(mention.line)
        gone = {change.path for change in self.work.changed if change.change == "deleted"}
        if self._proposed is None:
            self._proposed = proposed(self.work.answer)
        if any(each.endswith(path) for each in {*gone, *self._proposed}) or path in self.work.prompt:
            return None
        if self.tree.place(path) is None or path.startswith(("~", "/")):
            return (
                Claim(CheckState.UNPROVEN, f"{at}: {path} lies outside of the working directory")
                if mention.first
                else None
            )
        folder, _, name = path.rpartition("/")
        told = mention.first or mention.name
        near = self._near(path, name)
        namesake = bool(near) and near[0].rpartition("/")[0] == folder
        elsewhere = folder in _EVERYWHERE or name.rpartition(".")[2].lower() in _MADE_BY_PROGRAMS
        is_ours = bool(folder) and self.tree.is_dir(folder) and (bool(told) or namesake or not elsewhere)
        if not self.tree.whole or not (is_ours or (near and told)):
            return Claim(CheckState.UNPROVEN, f"{at}: the file {path} cannot be seen from here") if told else None
        problem = f"{at}: no file {path} exists"
        return Claim(CheckState.FAILED, hinted(problem, path, near))

    def _near(self, path: str, name: str) -> list[str]:
        """The file that is called most like it; only for the first that are missing, as it takes its time."""
        self.missing += 1
        if self.missing > _HINTS_MAX:
            return []
        alike = (
            each for each in self.tree.files if each[-3:] == name[-3:] and f"/{each}".rpartition("/")[2][0] == name[0]
        )
        return get_close_matches(path, list(islice(alike, _ALIKE_MAX)), 1, 0.8)

    def _in_file(self, mention: Mention, path: str) -> Claim | None:
        if not mention.first and not mention.name:
            return None
        text = self.tree.text(path)
        if text is None:
            return None
        at = line_at(mention.line)
        texts = [text, *self._before(path)]
        met = [self._misplaced(mention, path, each) for each in texts]
        if all(met):
            return Claim(CheckState.FAILED, f"{at}: {met[0]}")
        if mention.name:
            return Claim(CheckState.PASSED, f"{at}: {path} has the name {mention.name}")
        if shown := next((name for name in sorted(mention.beside) if _is_at(name, mention, path, text)), ""):
            return Claim(CheckState.PASSED, f"{at}: {path} has the name {shown} at line {mention.first}")
        return Claim(CheckState.PASSED, f"{at}: {path} has a line {mention.last}", formal=True)

    def _before(self, path: str) -> list[str]:
        """A file that was changed, as it was: the answer may speak of either."""
        if self.work.originals is None or all(change.path != path for change in self.work.changed):
            return []
        data = self.work.originals.read(path)
        return [] if data is None else [data.decode("utf-8", errors="replace")]

    def _misplaced(self, mention: Mention, path: str, text: str) -> str:
        count = text.count("\n") + (not text.endswith("\n") and bool(text))
        if mention.last > count:
            return f"{path} has {count} lines, not {mention.last}"
        if not mention.name:
            return ""
        name = mention.name.rpartition(".")[2]
        if any(not _standing(part, text) for part in mention.name.split(".") if part not in ("self", "cls")):
            words = sorted(set(re.findall(r"[A-Za-z_]\w{2,60}", text)))
            return hinted(f"{path} has no name {mention.name}", name, words, 0.7)
        if mention.first and not _is_at(name, mention, path, text):
            return f"{name} stands at line {_standing(name, text)[0]} of {path}, not at line {mention.first}"
        return ""

    def _dotted(self, mention: Mention) -> Iterator[Claim]:
        """A name in a module of the workspace; one of whose first name nothing is known here is none of ours."""
        parts = mention.dotted.split(".")
        modules = Modules(self.tree)
        if not modules.is_here(parts[0], ""):
            return
        for size in range(len(parts) - 1, 0, -1):
            module = modules.find(".".join(parts[:size]))
            if isinstance(module, Module):
                yield from self._member(mention, module, ".".join(parts[:size]), parts[size], modules)
                return

    def _member(self, mention: Mention, module: Module, dotted: str, name: str, modules: Modules) -> Iterator[Claim]:
        if name in module.names or name in modules.submodules(module.path):
            yield Claim(CheckState.PASSED, f"{line_at(mention.line)}: {dotted} has the name {name}")
        elif not module.open_ended and not name.startswith("__") and f"{name}" not in self.work.prompt:
            told = hinted(f"{line_at(mention.line)}: {dotted} has no name {name}", name, sorted(module.names))
            made = re.search(rf"\b(?:def|class)\s{{1,3}}{re.escape(name)}\b|\b{re.escape(name)}\s?=", self.work.answer)
            if not made and (told.endswith("?") or mention.dotted.count(".") > 1):
                yield Claim(CheckState.FAILED, told)


def _standing(name: str, text: str) -> list[int]:
    """The lines on which ``name`` stands as a whole word."""
    if name not in text:
        return []
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return [number for number, line in enumerate(text.split("\n"), 1) if name in line and word.search(line)]


def _is_at(name: str, mention: Mention, path: str, text: str) -> bool:
    spans = _extents(text).get(name, ()) if path.endswith((".py", ".pyi")) else ()
    if any(first - _NEAR_LINES <= mention.first <= last + 1 for first, last in spans):
        return True
    lines = _standing(name, text)
    return any(mention.first - _NEAR_LINES <= line <= mention.last + _NEAR_LINES for line in lines)


@lru_cache(maxsize=32)
def _extents(text: str) -> Mapping[str, Sequence[tuple[int, int]]]:
    """The first and last line of each function and class of a Python file, decorators with them, by its name."""
    extents: dict[str, list[tuple[int, int]]] = {}
    try:
        body = parsed(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return extents
    for node in ast.walk(body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            extents.setdefault(node.name, []).append((first, node.end_lineno or node.lineno))
    return extents
