"""Names that an answer itself defines or speaks of: code that uses them may be right before they are there."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Self

from minga.domain.work import Work
from minga.verification.claims import TEXT_MAX
from minga.verification.code.python_code import Code
from minga.verification.parts import parts

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}")

_DEFINED = re.compile(
    r"\b(?:def|class)\s{1,9}([A-Za-z_]\w{0,100})|(?:^|[\s.,(])([A-Za-z_]\w{0,100})(?=\s{0,9}(?::(?!=)[^=\n]{1,80})?=(?!=))",
    re.MULTILINE,
)
"""Functions, classes, and what a value is given to; not what is only imported or called."""

_TEXT_MAX = 400_000
"""Characters of the answer and of the prompt in which names are looked for."""


@dataclass(frozen=True, slots=True)
class Announced:
    """The words that stand in the prose, in the prompt, or in other blocks than ``own``; or that ``own`` defines: what
    is to be made, or stands for something. ``blocks``: in how many blocks a word stands."""

    prose: frozenset[str]
    blocks: Counter[str]
    own: frozenset[str] = frozenset()
    defined: frozenset[str] = frozenset()

    def __contains__(self, name: object) -> bool:
        others = self.blocks[str(name)] - (name in self.own)
        return name in self.prose or others > 0 or name in self.defined

    def besides(self, code: Code, *, defined: bool) -> Self:
        if code.path:
            return replace(self, prose=frozenset(), blocks=Counter())
        made = frozenset(name for names in _DEFINED.findall(code.text) for name in names) if defined else frozenset()
        return replace(self, own=frozenset(_WORD.findall(code.text)), defined=made)


def announced(work: Work) -> Announced:
    return _announced(work.answer[:TEXT_MAX], work.prompt[:_TEXT_MAX])


@lru_cache(maxsize=2)
def _announced(answer: str, prompt: str) -> Announced:
    cut = parts(answer)
    prose = frozenset(_WORD.findall(f"{cut.prose[:_TEXT_MAX]}\n{prompt}"))
    size, blocks = 0, Counter[str]()
    for block in cut.blocks:
        size += len(block.text)
        if size <= _TEXT_MAX:
            blocks.update(set(_WORD.findall(block.text)))
    return Announced(prose, blocks)
