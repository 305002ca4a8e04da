"""How the program ends: its exit codes, and what it says on standard error when something is wrong."""

import os
import sys
from contextlib import suppress

from minga.domain.errors import MingaError
from minga.entrypoints.cli.visible import for_reader
from minga.entrypoints.cli.words import Words

EXIT_FAILED = 1
EXIT_TIMEOUT = 124
EXIT_CANCELLED = 130
EXIT_BROKEN_PIPE = 141
"""As a shell reports a program that SIGPIPE ended: 128 + 13."""


def fail(say: Words, error: MingaError) -> int:
    """Tell the error and its remedy on standard error; return the exit code."""
    complain(*say.error(error))
    return error.exit_code


def complain(message: str, remedy: str = "") -> None:
    """Say on standard error what went wrong and, on lines of their own, what to do."""
    lines = [f"minga: {message}", *(f"  → {line}" for line in remedy.splitlines())]
    with suppress(OSError):
        print(for_reader("\n".join(lines), sys.stderr), file=sys.stderr)


def silence_output() -> None:
    """Standard output can no longer be written: what is buffered goes nowhere, so that the exit stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
