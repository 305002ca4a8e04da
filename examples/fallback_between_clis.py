"""A fallback between two real CLIs, without any account: both talk to the scripted model server of `minga.testing`.

What the "models" say is SCRIPTED; the CLIs, their tools, the file they write, the 429 and the take-over are real.
Run it with `make demo-clis`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from minga.testing import Fail, Rule, RunShell, Say, Script, ScriptedServer, WriteFile

FIRST, SECOND = "claude", "codex"


def script(workspace: Path) -> Script:
    """Claude Code writes a file and is then rate-limited; Codex, told so by Minga, looks at it and answers."""
    return Script(
        rules=[
            Rule(
                [
                    [
                        Say("[scripted] I write the notes first. "),
                        WriteFile(str(workspace / "notes.txt"), "one\ntwo\n"),
                    ],
                    Fail(429, retry_after_s=3600),
                ],
                wire="anthropic",
            ),
            Rule(
                [RunShell("cat notes.txt"), Say("[scripted] notes.txt is already there with two lines; done.")],
                wire="responses",
            ),
        ],
        default=Fail(429, retry_after_s=3600),
    )


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="minga-demo-") as folder:
        workspace = Path(folder).resolve() / "project"
        workspace.mkdir()
        git = ["git", "-c", "user.name=demo", "-c", "user.email=demo@example.org"]
        subprocess.run([*git, "init", "-q"], cwd=workspace, check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "start"], cwd=workspace, check=True)
        print("SCRIPTED demonstration: the CLIs are real, the model's words are a script.\n", flush=True)
        with ScriptedServer(script(workspace)) as server:
            command = [
                *(sys.executable, "-m", "minga", "run", "--agents", f"{FIRST},{SECOND}"),
                *(
                    "--endpoint",
                    server.url,
                    "--api-key-env",
                    "DEMO_KEY",
                    "--permissions",
                    "all",
                    "--explain",
                    "--model",
                    "scripted-model",
                ),
                "Write notes.txt with two lines",
            ]
            return subprocess.run(command, cwd=workspace, env={**os.environ, "DEMO_KEY": "demo"}).returncode


if __name__ == "__main__":
    sys.exit(main())
