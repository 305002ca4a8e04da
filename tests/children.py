"""Processes that tests start beside themselves."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def begun(command: Sequence[Any], **settings: Any) -> "Iterator[subprocess.Popen[Any]]":
    """A process that is over when the block is, also where the test fails in it: what were left of it would fail
    another test. ``settings`` as of `subprocess.Popen`."""
    with subprocess.Popen(command, **settings) as process:
        try:
            yield process
        finally:
            process.kill()
