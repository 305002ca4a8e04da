"""Short commands that run to their end: git, npm, ``--version``."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended. ``exit_code`` is None if it ran over its limit and was killed; ``output`` is its standard
    output byte by byte, ``stdout`` the same as text."""

    exit_code: int | None
    output: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.output.decode("utf-8", "replace")


async def run(
    command: tuple[str, ...], *, cwd: Path, limit_s: float, environment: Mapping[str, str] | None = None
) -> Done:
    """Run ``command`` without input. Raises FileNotFoundError or PermissionError if it cannot be started."""
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=None if environment is None else dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limit_s):
            stdout, stderr = await child.communicate()
    except TimeoutError:
        return Done(None, b"", f"no end within {limit_s:g} s")
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            await child.wait()
    return Done(child.returncode, stdout, stderr.decode("utf-8", "replace"))


def become(command: tuple[str, ...], environment: Mapping[str, str]) -> NoReturn:
    """Put ``command`` in the place of this process: terminal, signals and exit code are its own. Raises OSError."""
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and what is ignored stays so
        signal.signal(ignored, signal.SIG_DFL)
    os.execve(command[0], command, dict(environment))  # noqa: S606 - no shell is wanted
