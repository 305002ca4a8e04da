"""The Python of an answer: its code blocks, and the files that were changed for it."""

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from minga.domain.work import Work
from minga.verification.claims import TEXT_MAX
from minga.verification.code.quiet import quiet
from minga.verification.files.tree import Tree
from minga.verification.parts import Block, parts

LANGUAGES = frozenset({"python", "py", "python3", "py3", "pycon", "python-repl"})

BLOCK_MAX = 200_000
"""Characters of a block that is read."""

_PROMPT_MAX = 200_000

FILES_BYTES_MAX = 4_000_000
"""Bytes of changed Python files that are read in all; parsing takes about a second for a megabyte."""

_PROMPT = re.compile(r"[ ]{0,8}>>>(?: |$)")

_SHOWN_WRONG = re.compile(
    r"\b(?:wrong|incorrect|broken|bug|buggy|errors?|invalid|fails?|before|original|old|bad|don't|avoid|never|not work|"
    r"won't|doesn't|does not|problem\w{0,3}|issue|culprit|instead of|en vez de|en lugar de|"
    r"\w{2,20}Error|deprecated|pseudo\w{0,8}|your code|python ?2|current|currently|hypothetical|"
    r"mal|incorrect[oa]|err[oó]ne[oa]|falla|fallan|inv[aá]lid[oa]|antes|viej[oa]|anterior|rot[oa]|evita|evitar|nunca|"
    r"no funciona|no existe|obsolet[oa]|pseudoc[oó]digo|tu c[oó]digo|hipot[eé]tic[oa]|actual|actualmente)\b|❌|✗|🚫",
    re.IGNORECASE,
)

_TOLD_ERROR = re.compile(r"#[^\n]{0,60}\b(?:\w{2,20}Error\b|falla\b|fails\b|wrong\b|incorrecto\b|❌)")
"""A comment beside the code that it is about."""

_SHOWN_RIGHT = re.compile(
    r"\b(?:fix|fixes|fixed|correct|corrected|correctly|right|solution|solves?|use this|"
    r"should be|works|corrige|corregid[oa]|corregir|correcci[oó]n|correct[oa]|"
    r"soluci[oó]n|soluciona|arregl\w{1,6}|debe|deber[ií]a|funciona|usa esto)\b|✅",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Code:
    """Python as text or, of a file, as bytes. ``line``: where it begins, in the answer or in the file at ``path``.

    ``shown_wrong``: the words before it say that it is faulty or old, so a fault in it is none of the answer's.
    """

    source: str | bytes
    line: int = 1
    path: str = ""
    shown_wrong: bool = False

    def at(self, line: int | None) -> str:
        """The place of a line of this code, from 1, as a person looks for it."""
        number = self.line + (line or 1) - 1
        return f"{self.path}:{number}" if self.path else f"line {number}"

    @property
    def text(self) -> str:
        return self.source if isinstance(self.source, str) else self.source.decode("utf-8-sig", errors="replace")


def parsed(source: str | bytes) -> ast.Module:
    """Raise SyntaxError; also ValueError, RecursionError or MemoryError, which say nothing of the code."""
    with quiet():
        return ast.parse(source)


def in_answer(work: Work) -> Iterator[Code]:
    """Each block that says to be Python; of a dialogue (``>>>``) what was typed, each input on its own."""
    cut = parts(work.answer[:TEXT_MAX])
    prose = cut.prose.split("\n")
    prompt = work.prompt[:_PROMPT_MAX]
    for block in cut.blocks:
        if block.language not in LANGUAGES or len(block.text) > BLOCK_MAX or not block.text.strip():
            continue
        wrong = is_shown_wrong(prose, block) or block.text.strip() in prompt
        if any(_PROMPT.match(line) for line in block.text.split("\n")):
            yield from _typed(block, wrong)
        else:
            yield Code(textwrap.dedent(block.text), block.line, shown_wrong=wrong)


def in_files(work: Work, tree: Tree) -> Iterator[Code]:
    """The changed Python files that are still there; those beyond `FILES_BYTES_MAX` are left out."""
    size = 0
    for change in work.changed:
        if change.change == "deleted" or not change.path.endswith((".py", ".pyi")):
            continue
        source = tree.read(change.path)
        size += len(source or b"")
        if source is not None and size <= FILES_BYTES_MAX:
            yield Code(source, path=change.path)


def _typed(block: Block, wrong: bool) -> Iterator[Code]:
    lines = block.text.split("\n")
    fails = wrong or "Traceback" in block.text
    starts = [at for at, line in enumerate(lines) if line.lstrip().startswith(">>>")]
    starts = [at for at in starts if lines[at].lstrip()[4:5].strip()]  # not what goes on after a line with a colon
    for at, end in pairwise([*starts, len(lines)]):
        typed = [lines[at].lstrip()[4:]]
        for line in lines[at + 1 : end]:
            if not line.lstrip().startswith(("...", ">>>")):
                break
            typed.append(line.lstrip()[4:])
        yield Code("\n".join(typed), block.line + at, shown_wrong=fails)


def is_shown_wrong(prose: list[str], block: Block) -> bool:
    """By the last line of prose before the block, by the comments at its head, and by those that name an error."""
    before = [line for line in prose[max(0, block.line - 8) : block.line - 2] if line.strip()][-1:]
    head = [line for line in block.text.split("\n", 3)[:3] if line.lstrip().startswith("#")]
    told = [line[line.find("#") :] for line in block.text.split("\n")[:200] if "#" in line and _TOLD_ERROR.search(line)]
    said = " ".join(line[-300:] for line in [*before, *head, *told])
    return bool(_SHOWN_WRONG.search(said)) and not _SHOWN_RIGHT.search(said)
