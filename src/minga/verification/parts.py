"""The parts of an answer in Markdown that checks look at: code blocks, and the prose around them."""

import re
from dataclasses import dataclass
from functools import lru_cache

_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$")

_SPAN = re.compile(r"`([^`\n]{1,300})`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced code block (CommonMark 0.31, section 4.5). ``language`` in lower case as the fence names it, or empty;
    ``line`` is that of its first line of code in the answer, from 1."""

    language: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Parts:
    """``prose`` is the answer with every code block blanked line by line, so that line numbers stay."""

    blocks: tuple[Block, ...]
    prose: str

    @property
    def spans(self) -> list[str]:
        """What stands between backticks in the prose, in order."""
        return _SPAN.findall(self.prose)


@lru_cache(maxsize=2)
def parts(answer: str) -> Parts:
    """Cut ``answer`` up; a block that never ends goes to the end of the answer, as CommonMark has it."""
    blocks: list[Block] = []
    prose: list[str] = []
    code: list[str] = []
    fence, language, began = "", "", 0
    for number, line in enumerate(answer.split("\n"), 1):
        met = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            prose.append("")
            if met and met[1].startswith(fence) and not met[2]:
                blocks.append(Block(language, "\n".join(code), began))
                fence, code = "", []
            else:
                code.append(line)
        elif met:
            fence, language, began = met[1], met[2].lower(), number + 1
            prose.append("")
        else:
            prose.append(line)
    if fence:
        blocks.append(Block(language, "\n".join(code), began))
    return Parts(tuple(blocks), "\n".join(prose))
