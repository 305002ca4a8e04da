"""What must not outlive its use: folders in memory, and what a process has in memory when it crashes."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from minga.infrastructure import core_dumps, scratch
from minga.infrastructure.memory import is_in_memory
from minga.infrastructure.scratch import clear_scratch, scratch_folder

HOLDER = """
import sys
from minga.infrastructure.scratch import scratch_folder
with scratch_folder("test") as folder:
    (folder / "secret").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_in_memory_for_its_maker_only_and_gone_afterwards() -> None:
    with scratch_folder("test") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert is_in_memory(folder) or not scratch.MEMORY.is_dir()
        clear_scratch()
        assert folder.is_dir(), "somebody holds it"
    assert not folder.exists()


def test_the_folder_of_a_killed_process_goes_at_the_next_clearing() -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        folder = Path(holder.stdout.readline().decode().strip())
        clear_scratch()
        assert (folder / "secret").exists()
        holder.send_signal(signal.SIGKILL)
    assert (folder / "secret").exists()
    clear_scratch()
    assert not folder.exists()


@pytest.mark.parametrize("hard", [0, 1_000_000, resource.RLIM_INFINITY])
def test_no_core_dump_is_left_whatever_the_shell_allows(tmp_path: Path, hard: int) -> None:
    """Also not by what is started. Where dumps go to a program, the limit of 1 keeps the kernel from giving it any."""
    program = (
        "import os, resource, subprocess, sys\n"
        f"resource.setrlimit(resource.RLIMIT_CORE, ({hard}, {hard}))\n"
        "from minga.infrastructure import core_dumps\n"
        "core_dumps.forbid()\n"
        "shown = 'import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])'\n"
        "subprocess.run([sys.executable, '-c', shown])\n"
        "subprocess.run(['sh', '-c', 'kill -ABRT $$'])\n"
        "os.abort()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGABRT, done.stderr
    assert int(done.stdout) == min(core_dumps.LIMIT_BYTES, 1 if hard < 0 else hard)
    assert os.listdir(tmp_path) == []
