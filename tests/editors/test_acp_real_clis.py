"""`minga acp` in front of real CLIs, which ask a scripted model server."""

import asyncio
import shutil
from pathlib import Path

import pytest
from editor import Editor, opened
from editor_place import Place

from clis import require_cli
from minga.testing import Fail, Rule, RunShell, Say, Script, ScriptedServer

pytestmark = pytest.mark.cli

PATCH = """apply_patch <<'EOF'
*** Begin Patch
*** Update File: made.txt
@@
-before
+after
*** End Patch
EOF"""


def drive(place: Place, script: Script, agents: tuple[str, ...], prompt: str) -> Editor:
    """One prompt in a new session; the editor allows everything."""
    folders = [str(require_cli(agent).parent) for agent in agents]
    place.environment["PATH"] = ":".join([*folders, *place.environment["PATH"].split(":"), *_node()])
    place.environment["MODEL_KEY"] = "k"

    async def main(url: str) -> Editor:
        options = {"agent": agents, "endpoint": url, "api_key_env": "MODEL_KEY", "model": "scripted-model"}
        async with opened(place.environment, **options) as editor:
            session = await editor.new(place.work)
            done = await editor.ask(session, prompt)
            assert done.stop_reason == "end_turn"
            return editor

    with ScriptedServer(script) as server:
        return asyncio.run(main(server.url))


def _node() -> list[str]:
    """The CLIs are programs for node."""
    found = shutil.which("node")
    return [str(Path(found).parent)] if found else []


def test_a_file_that_codex_writes_is_shown_as_a_difference_with_its_place(place: Place) -> None:
    made = place.work / "made.txt"
    made.write_text("before\n")
    script = Script([RunShell(PATCH), Say("done")])
    editor = drive(place, script, ("codex",), "write made.txt")
    assert made.read_text() == "after\n"
    diffs = [
        content
        for update in editor.of("tool_call_update")
        for content in update.content or ()
        if content.type == "diff"
    ]
    assert [(one.path, one.old_text, one.new_text) for one in diffs][-1] == (str(made), "before\n", "after\n")
    assert editor.asked
    assert editor.said().endswith("done")


def test_a_command_of_claude_is_asked_for_and_its_output_is_shown(place: Place) -> None:
    script = Script([RunShell("echo from the shell > made.txt; cat made.txt"), Say("done")])
    editor = drive(place, script, ("claude",), "run it")
    [(_, asked, _)] = editor.asked
    assert asked.kind == "execute"
    shown = [content.content.text for content in editor.of("tool_call_update")[-1].content]
    assert shown == ["```console\nfrom the shell\n```"]


def test_where_claude_fails_codex_takes_over_and_the_answer_is_its(place: Place) -> None:
    limited = Fail(429, message="limit reached")
    script = Script(rules=[Rule([limited], wire="anthropic", repeat=True)], default=Say("from codex"))
    editor = drive(place, script, ("claude", "codex"), "say it")
    assert editor.said() == "from codex"
    assert "codex takes over from claude" in [call.title for call in editor.of("tool_call")]
