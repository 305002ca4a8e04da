"""One project in two real CLIs, without any account: what one is told, the other knows.

`minga rules render` and `minga connect` set both up as a person would; then Claude Code and Codex are started by hand,
in front of the scripted model server of `minga.testing`. What the "models" say is SCRIPTED; the CLIs, their
configuration, Minga's tools and what these find are real. Run it with `make demo-connect`; `make demo` ends with it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from platformdirs import user_data_path

from minga.testing import CallMcp, Rule, Say, Script, ScriptedServer

INVOICE = Path(__file__).parent / "dte" / "factura.xml"

RULES = "# Rules of this project\n\n- Answer in Spanish.\n- Never touch migrations without asking.\n"

LEARNED = "En una guía de despacho de traslado interno no se muestra IVA."

QUESTION = "¿qué decidimos sobre el IVA de la guía?"

SCRIPT = Script(
    rules=[
        Rule(
            [
                [CallMcp("minga", "dte_check", {"path": INVOICE.name})],
                [CallMcp("minga", "memory_save", {"text": LEARNED})],
                [Say("[scripted] La factura está revisada, y la decisión, guardada.")],
            ],
            wire="anthropic",
        ),
        Rule(
            [
                [CallMcp("minga", "memory_search", {"question": QUESTION})],
                [CallMcp("minga", "dte_check", {"path": INVOICE.name})],
                [Say("[scripted] Ya estaba decidido: sin IVA en un traslado interno.")],
            ],
            wire="responses",
        ),
    ],
    default=Say("[scripted] nothing to say"),
)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="minga-demo-", dir=Path.home()) as folder:
        root = Path(folder).resolve()
        project = root / "project"
        project.mkdir()
        shutil.copy(INVOICE, project)
        (project / ".minga").mkdir()
        (project / ".minga" / "rules.md").write_text(RULES)
        print("SCRIPTED demonstration: CLIs, configuration and tools are real, the models' words are a script.\n")
        with ScriptedServer(SCRIPT) as server:
            environment = {**os.environ, **_places(root), "MINGA_KEY": "demo"}
            (root / "config" / "config.toml").write_text('dte_trial = "on"\n')
            run = Shell(project, environment)
            run(["git", "init", "--quiet"])
            run(["minga", "rules", "render", "--yes"])
            run(["minga", "connect", "claude", "codex", "--gateway", server.url, "--model", "scripted", "--yes"])
            run([*CLAUDE, "Revisa factura.xml y recuerda: una guía de traslado interno va sin IVA."])
            _tell(server)
            run([*CODEX, QUESTION])
            _tell(server)
            run(["minga", "disconnect", "claude", "codex", "--yes"])
        return 0


CLAUDE = ["claude", "--print", "--allowedTools", "mcp__minga__memory_save", "mcp__minga__dte_check", "--"]
CODEX = ["codex", "exec", "--skip-git-repo-check"]
REVIEWER = "Reads a change and reports what is wrong with it"
"""What the specialist says it is for."""


def _places(root: Path) -> Mapping[str, str]:
    """A home of the demonstration's own: nothing of yours is read or changed."""
    places = {
        "HOME": root / "home",
        "CLAUDE_CONFIG_DIR": root / "home" / ".claude",
        "CODEX_HOME": root / "home" / ".codex",
        "MINGA_HOME": root / "minga",
        "MINGA_CONFIG": root / "config",
    }
    for folder in places.values():
        folder.mkdir(parents=True)
    clis = Path(os.environ.get("MINGA_HOME") or user_data_path("minga")) / "clis"
    programs = [Path(sys.executable).parent, *(clis / cli / "node_modules" / ".bin" for cli in ("claude", "codex"))]
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    return {**{name: str(folder) for name, folder in places.items()}, "PATH": path}


class Shell:
    """Shows each command as a person types it, and its output."""

    def __init__(self, cwd: Path, environment: Mapping[str, str]) -> None:
        self._cwd = cwd
        self._environment = environment

    def __call__(self, command: Sequence[str]) -> None:
        shown = " ".join(f'"{word}"' if " " in word else word for word in command)
        print(f"\n$ {shown}", flush=True)
        program = shutil.which(command[0], path=self._environment["PATH"])
        assert program, f"{command[0]} is not installed"
        subprocess.run(
            [program, *command[1:]], cwd=self._cwd, env=self._environment, stdin=subprocess.DEVNULL, check=True
        )


def _tell(server: ScriptedServer) -> None:
    """What the model saw of Minga: tools, rules, sub-agents; and what the tools found, in the last request."""
    first, last = server.conversation[0], server.conversation[-1]
    offered = sorted(tool.name for tool in first.tools if "minga" in f"{tool.namespace} {tool.name}")
    said = "\n".join(message.text for message in first.messages)
    print(f"  the model was offered {len(offered)} tools of Minga's, among them {', '.join(offered[:3])}")
    print(f"  it was told the rules of the project: {'yes' if 'Never touch migrations' in said else 'NO'}")
    asked = json.dumps([received.body for received in server.requests])
    print(f"  it may hand work to the sub-agent reviewer: {'yes' if REVIEWER in asked else 'NO'}")
    for result in last.tool_results:
        print(f"  a tool answered it: {' '.join(result.text.split())[:200]}")
    server.forget()


if __name__ == "__main__":
    sys.exit(main())
