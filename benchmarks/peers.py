"""Other programs that read what Claude Code and Codex store, as far as they install and work without a network.

None of them does what an import does (keep everything, encrypted, once, with the native bytes), so each row says what
it does do.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

NPM = ("ccusage@17.2.1", "@ccusage/codex@18.0.11")
"""The newest that are JavaScript and were seen to work on Linux x86_64 in November 2026."""

PYPI = ("claude-code-log==1.7.0", "claude-conversation-extractor==1.1.2", "agent-session-otel[otel]==0.2.0")


@dataclass(frozen=True, slots=True)
class Peer:
    """One program. In ``words`` and ``set`` stands ``{home}`` for the CLI's home; ``set`` are pairs of variables."""

    name: str
    licence: str
    does: str
    words: tuple[str, ...]
    set: tuple[tuple[str, str], ...] = ()

    def command(self, home: Path) -> tuple[str, ...]:
        return tuple(word.format(home=home) for word in self.words)

    def variables(self, home: Path) -> dict[str, str]:
        return {name: value.format(home=home) for name, value in self.set}


def install(folder: Path, say: Callable[[str], None]) -> dict[str, list[Peer]]:
    """Install all of them below ``folder``; those that cannot be installed will fail when they are started."""
    say("import: installing peers")
    _try(("npm", "install", "--loglevel=error", "--no-audit", "--no-fund", "--prefix", str(folder), *NPM), say)
    _try((sys.executable, "-m", "venv", str(folder / "venv")), say)
    programs = folder / "venv" / "bin"
    _try((str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check", *PYPI), say)
    node = folder / "node_modules" / ".bin"
    spans = ("export", "--include-content", "--format", "json", "--output", "spans.json")
    claude = [
        Peer(
            "ccusage 17.2.1",
            "MIT",
            "adds up tokens",
            (str(node / "ccusage"), "session", "--offline", "--json"),
            (("CLAUDE_CONFIG_DIR", "{home}"),),
        ),
        Peer(
            "claude-conversation-extractor 1.1.2",
            "MIT",
            "writes the texts as Markdown, without tool calls",
            (str(programs / "claude-extract"), "--all", "--output", "extracted"),
        ),
        Peer(
            "agent-session-otel 0.2.0",
            "MIT",
            "writes spans with their content as JSON",
            (str(programs / "agent-session-otel"), *spans, "--vendor", "claude-code"),
        ),
        Peer(
            "claude-code-log 1.7.0",
            "MIT",
            "caches all in plain SQLite and writes HTML",
            (str(programs / "claude-code-log"), "--all-projects", "--projects-dir", "{home}/projects"),
        ),
    ]
    codex = [
        Peer(
            "@ccusage/codex 18.0.11",
            "MIT",
            "adds up tokens",
            (str(node / "ccusage-codex"), "session", "--offline", "--json"),
            (("CODEX_HOME", "{home}"),),
        ),
        Peer(
            "agent-session-otel 0.2.0",
            "MIT",
            "writes spans with their content as JSON",
            (str(programs / "agent-session-otel"), *spans, "--vendor", "codex"),
        ),
    ]
    return {"claude": claude, "codex": codex}


def _try(command: Sequence[str], say: Callable[[str], None]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as wrong:
        say(f"{command[0]}: {wrong}")
        return
    if done.returncode != 0:
        say(f"{command[0]}: {done.stderr.decode('utf-8', 'replace')[-300:]}")
