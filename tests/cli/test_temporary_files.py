"""What a CLI puts into its temporary directory under Minga: in memory where there is room, and gone with the CLI."""

import contextlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from program import Program, namespace

from clis import require_cli
from minga.infrastructure import scratch
from minga.testing import Fail, RunShell, Say, Script, ScriptedServer, Slow

pytestmark = pytest.mark.cli

SECRET = f"guanaco-{secrets.randbelow(10**9):09}-of-temporary-files"
"""This process's own: what the same tests beside it leave in /dev/shm is not ours."""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Script(default=Say("ok"))) as running:
        yield running


@pytest.fixture
def typed(minga: Program, server: ScriptedServer) -> Program:
    minga.environment["PATH"] = os.pathsep.join([str(require_cli("gemini").parent), os.environ["PATH"]])
    minga.environment |= {"MINGA_ENDPOINT": server.url, "MINGA_ENDPOINT_KEY": "any-key-4711"}
    minga.environment |= {"MINGA_ENDPOINT_MODEL": "gemini-2.5-pro", "TMPDIR": str(minga.root / "temporary")}
    (minga.root / "temporary").mkdir()
    return minga


def holding(files: Iterable[Path], word: str) -> list[Path]:
    found = []
    for file in files:
        with contextlib.suppress(FileNotFoundError):  # in /dev/shm, what runs beside this test comes and goes
            if file.is_file() and word.encode() in file.read_bytes():
                found.append(file)
    return found


def below(folder: Path) -> Iterator[Path]:
    """All files; a folder that goes meanwhile has none."""
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in names)


def test_a_failed_model_call_of_gemini_leaves_nothing_of_the_conversation_in_temporary_files(
    typed: Program, server: ScriptedServer
) -> None:
    """Gemini CLI 0.61.0 writes the whole conversation to gemini-client-error-….json, for everybody to read."""
    server.script = Script(default=Fail(400, message="no such thing"))
    assert typed.run("run", "--agent", "gemini", "--quiet", f"the word is {SECRET}").code != 0
    assert holding(below(typed.root / "temporary"), SECRET) == []
    assert holding(Path("/tmp").glob("gemini-client-error-*"), SECRET) == []
    for left in scratch.MEMORY.glob("minga-scratch-*"):
        assert holding(below(left), SECRET) == []


def test_where_memory_has_no_room_they_lie_in_the_temporary_directory_and_go_with_the_cli_too(
    typed: Program, server: ScriptedServer
) -> None:
    server.script = Script(turns=[RunShell('echo "$TMPDIR" > where'), Say("done")])
    small = namespace("mount -t tmpfs -o size=10m tmpfs /dev/shm", typed.environment)
    done = typed.run("run", "--agent", "gemini", "--permissions", "all", "--quiet", "write", prefix=small)
    assert done.code == 0, done.err
    used = Path((typed.work / "where").read_text().strip())
    assert used.parent == typed.root / "temporary"
    assert not used.exists()


def test_a_killed_minga_leaves_temporary_files_only_until_the_next_start(
    typed: Program, server: ScriptedServer
) -> None:
    server.script = Script(turns=[RunShell(f'echo {SECRET} > "$TMPDIR/left"; echo "$TMPDIR" > where'), Slow(60)])
    where = typed.work / "where"
    until = time.monotonic() + 60
    with typed.start("run", "--agent", "gemini", "--permissions", "all", "--quiet", "write") as running:
        try:
            while not (where.exists() and where.read_text().endswith("\n")):
                assert running.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
            folder = Path(where.read_text().strip())
            assert folder.stat().st_mode & 0o777 == 0o700
            assert (folder / "left").read_text() == f"{SECRET}\n"
        finally:
            running.kill()
    typed.sessions()  # any other Minga that starts on this machine takes it away too
    assert not folder.exists()
