"""The written pages, cut into code blocks, and a shell that walks through the blocks of one page.

What a block of a page may carry, visible to the reader:

``# needs: codex claude``   a line in a shell block: agent CLIs that it starts; it runs where they are installed
``# needs: npm``            likewise, but for what no test has (see `NEVER`): its commands are checked, not run
``# file: NAME``            the first line of any block: it is written to that file instead of being run
a ``text`` block            right after a shell block: what that prints; ``…`` stands for the rest of a line, or on
                            a line of its own for any number of lines
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clis import find_cli
from minga.agents import registry

ROOT = Path(__file__).parents[2]

NEVER = frozenset({"npm", "login", "network", "postgres", "checkout", "terminal"})
"""A registry; an account; a machine elsewhere; a database server; a clone to build in; a person who types."""

LIMIT_S = 90

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NEEDS = re.compile(r"^# needs: (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"(^|  )#.*$", re.MULTILINE)
_FILE = re.compile(r"\A# file: (\S+)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """``line`` is where it begins in ``page``. ``shown`` is the output that the page promises, or None."""

    page: Path
    line: int
    language: str
    text: str
    shown: str | None

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def needs(self) -> frozenset[str]:
        return frozenset(word for words in _NEEDS.findall(self.text) for word in words.split())

    @property
    def file(self) -> str:
        found = _FILE.match(self.text)
        return found[1] if found else ""


def pages() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    found: list[Block] = []
    end = 0
    for match in _FENCE.finditer(text):
        follows = not text[end : match.start()].strip()
        if match[1] == "text" and follows and found and found[-1].language == "bash":
            last = found.pop()
            found.append(Block(last.page, last.line, last.language, last.text, match[2]))
        else:
            found.append(Block(page, text[: match.start()].count("\n") + 1, match[1], match[2], None))
        end = match.end()
    return found


def commands(script: str, program: str) -> list[list[str]]:
    """The arguments of every call of ``program`` in a shell script."""
    text = _COMMENT.sub("", script.replace("\\\n", " "))
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&\n")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t", True, ""
    found: list[list[str]] = []
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set("();<>|&\n"):
            found += [words[1:]] if words[:1] == [program] else []
            words = []
        elif words or not re.fullmatch(r"\w+=.*", word):
            words.append(word)
    return found


def installed_clis() -> dict[str, Path]:
    """The agent CLIs of this machine: from ``$MINGA_TEST_CLIS``, else as Minga installed them."""
    names = [str(name) for name in registry.load(ROOT / "no-such-folder").facts]
    programs = {name: find_cli(name) for name in names}
    return {name: program for name, program in programs.items() if program}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads a page at a terminal and types every block: an empty home, and a git repository to be in."""

    home: Path

    @property
    def repository(self) -> Path:
        return self.home / "project"

    def prepare(self, clis: dict[str, Path]) -> None:
        self.repository.mkdir(parents=True)
        (self.home / ".gitconfig").write_text('[user]\nname = "A reader"\nemail = "reader@example.org"\n')
        (self.repository / "README.md").write_text("# A project\n")
        for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "start"]):
            subprocess.run(["git", *command], cwd=self.repository, env=self.environment(), check=True)
        for name, program in clis.items():
            folder = self.home / ".local/share/minga/clis" / name / "node_modules/.bin"
            folder.mkdir(parents=True)
            (folder / program.name).symlink_to(program.resolve())

    def environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {"HOME": str(self.home), "PATH": path, "LANG": "C.UTF-8", "COLUMNS": "100", "MINGA_DOCS": str(ROOT)}

    def type(self, page: Sequence[Block]) -> tuple[int, list[str]]:
        """Type the blocks one after the other into one shell; return its exit code and what each block printed."""
        outputs = [self.home / f"block-{number}.txt" for number in range(len(page))]
        script = "set -eu\n" + "".join(
            f"exec >{output} 2>&1\n{_typed(block)}\n" for block, output in zip(page, outputs, strict=True)
        )
        file = self.home / "page.sh"
        file.write_text(script)
        with subprocess.Popen(
            ["/bin/bash", str(file)],
            cwd=self.repository,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        ) as shell:
            try:
                code = shell.wait(LIMIT_S)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGTERM)
        return code, [output.read_text("utf-8") if output.exists() else "" for output in outputs]


def _typed(block: Block) -> str:
    if block.file:
        return f"mkdir -p $(dirname {block.file})\ncat > {block.file} <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK"
    if block.language == "python":
        return f"python - <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK"
    return block.text


def fits(shown: str, printed: str) -> bool:
    """Whether ``printed`` is what a page shows; ``…`` is for what is left out: within a line, or whole lines."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in _plain(shown).splitlines()
    ]
    return re.fullmatch("".join(lines), _plain(printed) + "\n") is not None


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
