"""How the program ends: its exit codes, and what it says on standard error when something is wrong."""

import io
import os
import sys
from contextlib import suppress
from typing import Any, BinaryIO, cast

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


class OutputLost(OSError):
    """Standard output took no more. Told apart from whatever else cannot be written."""


class _Output(io.FileIO):
    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as wrong:
            raise OutputLost(wrong.errno, wrong.strerror) from wrong


def watched(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """Standard output anew, as ``stream`` is set, but for encoding errors, which are shown: raises OutputLost."""
    raw = _Output(stream.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        cast(BinaryIO, raw) if stream.write_through else io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def silence_output() -> None:
    """Standard output can no longer be written: what is buffered goes nowhere, so that the exit stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
