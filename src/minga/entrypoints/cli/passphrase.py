"""Asks for a passphrase: a person at the terminal, or a file that holds it."""

import sys
from pathlib import Path

import click

from minga.domain.errors import BadInput, NoPassphrase, UnreadableFile
from minga.entrypoints.cli.verb import Desk

LENGTH_MIN = 12
FILE_BYTES_MAX = 1_000_000


def ask(desk: Desk, file: str | None) -> str:
    """The passphrase of something that is there. Raises NoPassphrase, UnreadableFile."""
    return _given(desk, file, twice=False)


def ask_new(desk: Desk, file: str | None) -> str:
    """A passphrase for something new; a person types it twice. Raises BadInput if it is too short, and as `ask`."""
    given = _given(desk, file, twice=True)
    if len(given) < LENGTH_MIN:
        raise BadInput(detail=f"the passphrase is too short: {LENGTH_MIN} characters at least")
    return given


def _given(desk: Desk, file: str | None, *, twice: bool) -> str:
    if file is not None:
        return read_small(Path(file), FILE_BYTES_MAX).decode("utf-8", "replace").split("\n", 1)[0].rstrip("\r")
    if sys.stdin.isatty():
        asked: str = click.prompt(desk.say("Passphrase"), hide_input=True, confirmation_prompt=twice, err=True)
        return asked
    raise NoPassphrase


def read_small(path: Path, limit: int) -> bytes:
    """All of a file that may have up to ``limit`` bytes. Raises UnreadableFile."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as wrong:
        raise UnreadableFile(path=str(path), detail=wrong.strerror or str(wrong)) from wrong
    if len(content) > limit:
        raise UnreadableFile(path=str(path), detail="it is too large")
    return content
