"""The official conformance tool and the inspector, as their makers ship them.

`conformance` 0.1.13 knows the versions up to 2025-11-25. Its successor (0.2.0-alpha.12) for 2026-07-28 wants Node 22:

    PYTHONPATH=tests:tests/mcp .venv/bin/python -m uvicorn conformance_app:app --interface asgi3 --lifespan off
    conformance server --url http://127.0.0.1:8000/mcp --requirements 2026-07-28

Run so on 26 November 2026, all of its scenarios passed that need nothing which Minga has not; what they demand stands
in test_mcp_protocol.py, test_mcp_web.py and test_mcp_consent.py.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from conformance_app import app

from clis import missing

FOLDER = Path(__file__).parent / "npm"

VERSIONS = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"]

MUST_PASS = {
    "server-initialize",
    "ping",
    "tools-list",
    "tools-call-simple-text",
    "tools-call-error",
    "tools-call-with-progress",
    "resources-list",
    "resources-read-text",
    "resources-templates-read",
    "prompts-list",
    "prompts-get-simple",
    "prompts-get-with-args",
    "dns-rebinding-protection",
}
"""The others need what Minga has not: see conformance_app.py."""


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not all((FOLDER / "node_modules" / name / "package.json").exists() for name in VERSIONS):
        missing("the MCP conformance tool and inspector are not installed: run `make npm-sdks`, with Node 20")
    return found


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Of the fixture server."""
    listening = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(app, interface="asgi3", lifespan="off", log_level="error"))
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    running.should_exit = True
    thread.join(30)
    listening.close()


def package(name: str, program: str) -> str:
    return str(FOLDER / "node_modules" / "@modelcontextprotocol" / name / program)


def run(*command: str, root: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(root), "MINGA_MEMORY": "words"}
    done = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, timeout=120)
    return done.stdout


def test_the_conformance_tool_is_content_with_all_that_minga_offers(node: str, url: str, tmp_path: Path) -> None:
    out = run(node, package("conformance", "dist/index.js"), "server", "--url", url, root=tmp_path)
    summary = out.partition("=== SUMMARY ===")[2]
    passed = {line.split()[1].rstrip(":") for line in summary.splitlines() if line.startswith("✓")}
    assert passed >= MUST_PASS, summary


def test_the_inspector_lists_and_calls_a_tool_of_minga_mcp(node: str, tmp_path: Path) -> None:
    inspector = (node, package("inspector-cli", "build/cli.js"), "--cli", sys.executable, "-m", "minga", "mcp")
    listed = json.loads(run(*inspector, "--method", "tools/list", root=tmp_path))
    assert "memory_search" in [one["name"] for one in listed["tools"]]
    call = ("--method", "tools/call", "--tool-name", "rut_check", "--tool-arg", "rut=76.192.083-9")
    assert json.loads(run(*inspector, *call, root=tmp_path))["structuredContent"]["valid"] is True
