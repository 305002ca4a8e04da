"""Minga's own MCP server in the six real CLIs: the model is offered the tools, calls them, and gets what they give."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from stage import HERE, Given, Stage

from minga import bootstrap, settings
from minga.domain.ids import AgentName
from minga.domain.memory import Note, NoteKind
from minga.domain.task import McpServer
from minga.testing import CallMcp, Say, Script

pytestmark = pytest.mark.cli


def test_probe(stage: Stage, tmp_path: Path) -> None:
    if stage.agent == "plain":
        pytest.skip()
    env = {"MINGA_HOME": str(tmp_path / "home"), "MINGA_CONFIG": str(tmp_path / "config"), "MINGA_MEMORY": "words"}
    cwd = stage.place("tools")
    rec = Path("/tmp/six") / f"{stage.agent}.jsonl"
    rec.parent.mkdir(exist_ok=True)
    rec.unlink(missing_ok=True)

    async def note() -> None:
        minga = bootstrap.build(settings.read({**os.environ, **env}))
        await minga.notes.add(Note(NoteKind.NOTE, "El puerto de staging es 5433."), str(cwd), "")
        await minga.close()

    asyncio.run(note())
    (cwd / "factura.xml").write_bytes(b"<DTE/>")
    server = McpServer("minga", sys.executable, (str(HERE / "mcp_tap.py"), str(rec), sys.executable, "-m", "minga", "mcp"), tuple(env.items()))
    told = stage.tell(
        "use the tools",
        Script([
            CallMcp("minga", "memory_search", {"question": "¿Cuál es el puerto de staging?"}),
            CallMcp("minga", "dte_check", {"path": "factura.xml"}),
            CallMcp("minga", "agent_ask", {"task": "Is 76.192.083-9 a valid RUT?", "agents": ["builtin"]}),
            Say("done")]),
        Given(mcp=(server,), cwd=cwd),
    )
    out: dict[str, Any] = {
        "seconds": told.seconds,
        "names": stage.server.conversation[0].tool_names,
        "results": [r.text for r in stage.server.conversation[-1].tool_results],
        "events": [repr(e)[:1500] for e in told.events],
    }
    (rec.parent / f"{stage.agent}.json").write_text(json.dumps(out, indent=1, ensure_ascii=False))
    assert told.answer == "done"
