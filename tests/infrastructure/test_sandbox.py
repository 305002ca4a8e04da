"""A sandbox: what a program does in it reaches nobody, and nothing of it is left. Real processes throughout."""

import asyncio
import functools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

import minga
from children import begun
from minga.infrastructure import workspace_copy
from minga.infrastructure.sandbox import Isolation, Limits, Ran, Sandbox
from minga.infrastructure.scratch import clear_scratch
from minga.infrastructure.watchdog import Watchdog
from minga.infrastructure.workspace_copy import CopyRefused

SHORT = Limits(wall_s=60)

BEGIN_AND_DIE = """
import asyncio, os, sys
from pathlib import Path
from minga.infrastructure.sandbox import Sandbox
from minga.infrastructure.watchdog import Watchdog
command = f"trap '' TERM; (setsid sleep {sys.argv[2]} &); exec sleep {sys.argv[2]}"
asyncio.run(Sandbox(os.environ, Watchdog()).run(("/bin/sh", "-c", command), Path(sys.argv[1])))
"""


async def ran(
    cwd: Path,
    script: str,
    *,
    isolation: Isolation | None = None,
    laid_over: dict[str, bytes | None] | None = None,
    limits: Limits = SHORT,
    environment: dict[str, str] | None = None,
) -> Ran:
    watchdog = Watchdog()
    try:
        sandbox = Sandbox(environment or os.environ, watchdog, isolation=isolation)
        return await sandbox.run(("/bin/sh", "-c", script), cwd, laid_over=laid_over, limits=limits)
    finally:
        watchdog.close()


def run(cwd: Path, script: str, **settings: object) -> Ran:
    return asyncio.run(ran(cwd, script, **settings))  # type: ignore[arg-type]


@functools.cache
def has_namespaces() -> bool:
    async def ask() -> Isolation:
        watchdog = Watchdog()
        try:
            return await Sandbox(os.environ, watchdog).isolation()
        finally:
            watchdog.close()

    return asyncio.run(ask()) is Isolation.NAMESPACES


@pytest.fixture(params=list(Isolation), ids=str)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    """Both ways; where the kernel permits no namespaces, the copy alone."""
    wanted = Isolation(request.param)
    if wanted is Isolation.NAMESPACES and not has_namespaces():
        pytest.skip("this machine permits no namespaces: the copy alone is tested")
    return wanted


@pytest.fixture
def namespaces() -> Isolation:
    if not has_namespaces():
        pytest.skip("this machine permits no namespaces")
    return Isolation.NAMESPACES


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work place"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("one")
    (folder / "sub/b.txt").write_text("two")
    (folder / "sub/run.sh").write_text("#!/bin/sh\necho ran\n")
    (folder / "sub/run.sh").chmod(0o755)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_program_sees_the_files_and_its_exit_code_and_output_are_told(workspace: Path, isolation: Isolation) -> None:
    result = run(workspace, "cat a.txt sub/b.txt; sub/run.sh; echo oops >&2; exit 7", isolation=isolation)
    assert (result.exit_code, result.stopped, result.isolation) == (7, "", isolation)
    assert result.output == "onetworan\noops\n"


def test_whatever_is_deleted_or_changed_is_the_copys_and_is_told(workspace: Path, isolation: Isolation) -> None:
    before = contents(workspace)
    result = run(workspace, 'echo x >> a.txt; rm -rf sub "$HOME"; rm -rf "$PWD"/sub; touch new', isolation=isolation)
    assert result.exit_code == 0
    assert result.deleted == ("sub/b.txt", "sub/run.sh")
    assert result.changed == ("a.txt",)
    assert contents(workspace) == before
    assert Path(os.environ["HOME"]).is_dir()


def test_the_whole_directory_may_be_removed(workspace: Path, isolation: Isolation) -> None:
    before = contents(workspace)
    assert len(run(workspace, "rm -rf ./* ../*; rm -rf .", isolation=isolation).deleted) == 3
    assert contents(workspace) == before


def test_by_its_own_path_nothing_outside_can_be_written(workspace: Path, tmp_path: Path, namespaces: Isolation) -> None:
    (tmp_path / ".git").mkdir()  # what surrounds the directory in its repository is visible
    (tmp_path / "beside").write_text("mine")
    before = contents(workspace)
    script = f"cd '{workspace}' && rm -rf '{workspace}'/* ; echo x > '{tmp_path}/beside'; rm -f '{tmp_path}/beside'; "
    result = run(workspace, script + f"cat '{tmp_path}/beside'; ls '{workspace}'", isolation=namespaces)
    assert result.wanted_to_write_outside
    assert result.output.endswith("mine")
    assert len(result.deleted) == 3
    assert contents(workspace) == before


def test_nobody_inside_can_undo_a_mount(workspace: Path, namespaces: Isolation) -> None:
    script = "mount -o remount,rw / ; unshare -rm mount -o remount,rw / ; touch /usr/minga-was-here && echo written"
    assert "written" not in run(workspace, script, isolation=namespaces).output
    assert not Path("/usr/minga-was-here").exists()


def test_where_the_kernel_permits_no_namespaces_the_copy_is_what_is_left(
    workspace: Path, namespaces: Isolation
) -> None:
    """Within a sandbox no other one can be made: that is such a machine."""
    if Path(minga.__file__).is_relative_to("/tmp"):
        pytest.skip("Minga lies in /tmp, of which a sandbox has one of its own")
    (workspace / "ask.py").write_text(
        "import asyncio, os\n"
        "from minga.infrastructure.sandbox import Sandbox\n"
        "from minga.infrastructure.watchdog import Watchdog\n"
        "print(asyncio.run(Sandbox(os.environ, Watchdog()).isolation()))\n"
    )
    assert run(workspace, f"exec {sys.executable} ask.py", isolation=namespaces).output == "copy\n"


def test_there_is_no_network_but_loopback_works(workspace: Path, namespaces: Isolation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = (
            "import socket\n"
            "own = socket.create_server(('127.0.0.1', 0))\n"
            "socket.create_connection(own.getsockname()).close(); print('loopback')\n"
            f"print('refused', socket.socket().connect_ex(('127.0.0.1', {port})) != 0)\n"
            "socket.create_connection(('192.0.2.1', 80))\n"
        )
        result = run(workspace, f'exec {sys.executable} -u -c "{script}"', isolation=namespaces)
    assert result.output.startswith("loopback\nrefused True\n")
    assert result.wanted_network
    assert result.exit_code == 1


def test_where_nothing_is_mounted_proxies_lead_nowhere(workspace: Path) -> None:
    script = "import urllib.request as u; u.urlopen('http://192.0.2.1/', timeout=20)"
    result = run(workspace, f'exec {sys.executable} -c "{script}"', isolation=Isolation.COPY)
    assert "Connection refused" in result.output


def test_a_home_and_a_temporary_folder_of_its_own(workspace: Path, isolation: Isolation) -> None:
    mine = Path(tempfile.gettempdir(), f"minga-own-{os.getpid()}")
    mine.write_text("x")
    try:
        script = f'echo h > "$HOME/h"; echo t > "$TMPDIR/t"; cat "$HOME/h" "$TMPDIR/t"; ls {mine}'
        result = run(workspace, script, isolation=isolation)
    finally:
        mine.unlink()
    assert result.output.startswith("h\nt\n")
    assert (result.exit_code == 0) is (isolation is Isolation.COPY), "of everybody's folder nothing is seen"


def test_no_secret_comes_in_and_what_programs_need_does(workspace: Path, isolation: Isolation) -> None:
    person = {
        "PATH": os.environ["PATH"],
        "HOME": "/home/somebody",
        "OPENAI_API_KEY": "secret-1",
        "MY_TOKEN": "secret-2",
        "DB_PASSWORD": "secret-3",
        "MINGA_DATA": "/secret-5",
        "DATABASE_URL": "postgres://me:secret-4@host/db",
        "SSH_AUTH_SOCK": "/secret-6",
        "VIRTUAL_ENV": "/v",
        "MY_FLAG": "on",
    }
    said = run(workspace, "env", isolation=isolation, environment=person).output
    assert {"VIRTUAL_ENV=/v", "MY_FLAG=on", "CI=true", f"PATH={person['PATH']}"} <= set(said.splitlines())
    assert "secret-" not in said
    assert "/home/somebody" not in said


def test_a_program_without_end_is_ended_with_all_that_it_began(workspace: Path, isolation: Isolation) -> None:
    # what detaches itself and clears its environment is out of reach without namespaces
    detached = "(env -i setsid sleep 312 &);" if isolation is Isolation.NAMESPACES else ""
    script = f"trap '' TERM; (setsid sleep 312 &); {detached} echo begun; exec sleep 312"
    result = run(workspace, script, isolation=isolation, limits=Limits(wall_s=1.0))
    assert (result.exit_code, result.stopped, result.output) == (None, "time", "begun\n")
    assert not sleeping("312")


def test_processes_without_end_are_stopped(workspace: Path, isolation: Isolation) -> None:
    script = "i=0; while [ $i -lt 400 ]; do sleep 313 & i=$((i+1)); done; wait"
    result = run(workspace, script, isolation=isolation, limits=Limits(wall_s=60, processes=50))
    assert result.stopped == "processes" or "fork" in result.output.lower()
    assert not sleeping("313")


def test_of_much_output_the_end_is_kept(workspace: Path, isolation: Isolation) -> None:
    result = run(workspace, "head -c 30000000 /dev/zero | tr '\\0' x; echo; echo the end", isolation=isolation)
    assert result.exit_code == 0
    assert result.output.endswith("the end\n")
    assert len(result.output) <= 64 * 1024


def test_output_need_not_be_utf_8(workspace: Path, isolation: Isolation) -> None:
    assert run(workspace, r"printf 'a\377b\n'", isolation=isolation).output == "a\ufffdb\n"


def test_a_signal_is_told_as_a_shell_does_and_a_missing_program_too(workspace: Path, isolation: Isolation) -> None:
    assert run(workspace, "kill -9 $$", isolation=isolation).exit_code == 137

    async def missing() -> Ran:
        watchdog = Watchdog()
        try:
            return await Sandbox(os.environ, watchdog, isolation=isolation).run(("no-such-program",), workspace)
        finally:
            watchdog.close()

    assert asyncio.run(missing()).stopped == "missing"


def test_files_are_laid_over_the_copy(workspace: Path, isolation: Isolation) -> None:
    laid = {"a.txt": b"three", "sub/b.txt": None, "new/c.txt": b"four"}
    result = run(workspace, "cat a.txt new/c.txt; ls sub", isolation=isolation, laid_over=laid)
    assert result.output == "threefourrun.sh\n"
    assert (result.deleted, result.changed) == ((), ())
    assert (workspace / "a.txt").read_text() == "one"


@pytest.mark.parametrize("path", ["../out", "/tmp/out", "link/out"])
def test_nothing_is_laid_outside(workspace: Path, tmp_path: Path, path: str, isolation: Isolation) -> None:
    (tmp_path / "elsewhere").mkdir()
    (workspace / "link").symlink_to(tmp_path / "elsewhere")
    if path == "link/out" and isolation is Isolation.COPY:
        run(workspace, "true", isolation=isolation, laid_over={path: b"x"})
    else:
        with pytest.raises(CopyRefused, match="leads out"):
            run(workspace, "true", isolation=isolation, laid_over={path: b"x"})
    assert not list((tmp_path / "elsewhere").iterdir())


def test_through_a_link_nobody_gets_out(workspace: Path, tmp_path: Path, isolation: Isolation) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    (workspace / "out").symlink_to(outside)
    (workspace / "in").symlink_to(workspace / "a.txt")
    result = run(workspace, "cat in; echo x > out/kept; rm -rf out/*", isolation=isolation)
    assert result.output.startswith("one")
    assert contents(outside) == {"kept": "mine"}
    assert bool(result.left_out) is (isolation is Isolation.COPY)


def test_what_is_no_plain_file_is_left_out_and_told(workspace: Path, isolation: Isolation) -> None:
    os.mkfifo(workspace / "pipe")
    result = run(workspace, "ls", isolation=isolation)
    assert "pipe" not in result.output
    assert result.left_out == ("pipe: neither a file nor a folder",)


def test_what_cannot_be_read_is_left_out_and_told() -> None:
    """As nobody, where the tests are run by root, who can read everything."""
    program = (
        "import os, sys; from pathlib import Path\n"
        "from minga.infrastructure.workspace_copy import copy_workspace\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(copy_workspace(Path(sys.argv[1]) / 'work', Path(sys.argv[1]) / 'copy', mounts=False).left_out)\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "work/closed").mkdir(parents=True)
        (folder / "work/a.txt").write_text("mine")
        (folder / "work/closed").chmod(0)
        (folder / "work/a.txt").chmod(0)
        done = subprocess.run([sys.executable, "-c", program, name], capture_output=True, text=True, check=False)
        (folder / "work/closed").chmod(0o700)
    assert done.stdout == "('a.txt: Permission denied', 'closed: Permission denied')\n", done.stderr


def test_dependencies_are_there_to_read_only(workspace: Path, namespaces: Isolation) -> None:
    for name in ("node_modules/one", ".venv/bin", ".git"):
        (workspace / name).mkdir(parents=True)
        (workspace / name / "file").write_text(name)
    (workspace / ".venv/pyvenv.cfg").write_text("home = /usr/bin\n")
    script = "cat node_modules/one/file .venv/bin/file .git/file; rm -rf node_modules .venv .git"
    result = run(workspace, f"{script}; mkdir -p node_modules/.vite", isolation=namespaces)
    assert result.output.startswith("node_modules/one.venv/bin.git")
    assert (workspace / "node_modules/one/file").exists()
    assert (workspace / ".venv/bin/file").exists()
    assert (workspace / ".git/file").exists()
    assert not (workspace / "node_modules/.vite").exists()


def test_what_is_too_large_to_copy_is_refused(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, isolation: Isolation
) -> None:
    monkeypatch.setattr(workspace_copy, "FILES_MAX", 2)
    with pytest.raises(CopyRefused, match="too much to copy"):
        run(workspace, "true", isolation=isolation)


def test_the_folder_for_temporary_files_itself_is_no_workspace(isolation: Isolation) -> None:
    with pytest.raises(CopyRefused, match="temporary"):
        run(Path(tempfile.gettempdir()), "true", isolation=isolation)


def test_two_thousand_files_are_copied_and_compared(tmp_path: Path, isolation: Isolation) -> None:
    for number in range(2000):
        folder = tmp_path / f"f{number % 20}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.py").write_text(f"x = {number}\n")
    result = run(tmp_path, "find . -name '*.py' | wc -l; rm f3/3.py", isolation=isolation)
    assert result.output == "2000\n"
    assert result.deleted == ("f3/3.py",)


def test_of_a_killed_minga_no_process_no_mount_and_no_copy_is_left(workspace: Path) -> None:
    seconds = f"300.{os.getpid()}"
    (workspace / seconds).write_text("x")
    command = [sys.executable, "-c", BEGIN_AND_DIE, str(workspace), seconds]
    with begun(command) as minga:
        assert within(60, lambda: len(sleeping(seconds)) == 2), "it runs"
        minga.send_signal(signal.SIGKILL)
    assert within(60, lambda: not sleeping(seconds))
    assert str(workspace) not in Path("/proc/self/mountinfo").read_text()
    clear_scratch()
    assert not [*Path(tempfile.gettempdir()).glob(f"minga-scratch-sandbox-*/copy/{seconds}")]


def test_a_run_that_is_cancelled_leaves_nothing(workspace: Path, isolation: Isolation) -> None:
    seconds = f"314.{os.getpid()}"

    async def cancelled() -> None:
        task = asyncio.create_task(ran(workspace, f"exec sleep {seconds}", isolation=isolation))
        assert await asyncio.to_thread(within, 60, lambda: sleeping(seconds))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert not sleeping(seconds)


def sleeping(seconds: str) -> list[int]:
    return [process.pid for process in psutil.process_iter() if command_of(process) == ["sleep", seconds]]


def command_of(process: psutil.Process) -> list[str]:
    try:
        return [] if process.status() == psutil.STATUS_ZOMBIE else process.cmdline()
    except psutil.Error:
        return []


def within(seconds: float, holds: object) -> bool:
    assert callable(holds)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False
