"""Write docs/reference/cli.md from the program itself: verbs, options, settings, exit codes and errors.

Run it with `make docs`; a test fails where the page and the program differ. What stands above the first mark is written
by hand and stays.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from minga.domain import errors
from minga.domain.failure import FailureCode
from minga.entrypoints.cli.main import root
from minga.entrypoints.cli.pages import pieces
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.view import REMEDIES
from minga.entrypoints.cli.words import load
from minga.settings import SETTINGS, read

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"
MARK = "<!-- from here on written by tools/cli_reference.py -->\n"


def page(written_by_hand: str) -> str:
    """The whole page: what a person wrote, then what the program says of itself."""
    parts = [
        written_by_hand.rstrip(),
        MARK,
        *_verbs(root, _context(root, None)),
        *_settings(),
        *_errors(),
        *_failures(),
    ]
    return "\n".join(parts) + "\n"


def _context(command: click.Command, parent: click.Context | None) -> click.Context:
    desk = Desk(read({"HOME": "/"}), load("en"))
    return command.context_class(command, parent=parent, info_name=command.name if parent else "minga", obj=desk)


def _verbs(command: click.Command, ctx: click.Context) -> Iterator[str]:
    if isinstance(command, click.Group):
        if command.invoke_without_command:
            yield from _verb(command, ctx)
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield from _verbs(below, _context(below, ctx))
    else:
        yield from _verb(command, ctx)


def _verb(command: click.Command, ctx: click.Context) -> Iterator[str]:
    yield f"## {ctx.command_path}\n"
    yield f"`{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}`\n"
    yield "\n\n".join(_about(command)) + "\n"
    if rows := [_option(param, ctx) for param in command.params if isinstance(param, click.Option)]:
        yield "| option | meaning |\n|---|---|"
        yield "\n".join(rows) + "\n"


def _about(command: click.Command) -> Iterator[str]:
    for paragraph in (command.help or "").strip().split("\n\n"):
        lines = pieces(paragraph)
        yield (
            "\n".join(["```text", *lines, "```"]) if paragraph.startswith("\b") else " ".join(lines).replace("\n", " ")
        )


def _option(param: click.Option, ctx: click.Context) -> str:
    names = ", ".join(param.opts)
    value = "" if param.is_flag else f" {param.make_metavar(ctx)}"
    cell = f"{names}{value}".replace("|", "\\|")
    return f"| `{cell}` | {param.help} |"


def _settings() -> Iterator[str]:
    yield "## Settings\n"
    yield "In `config.toml` by key, or as a variable, which wins; a flag wins over both. `minga config` shows them.\n"
    yield "| key | variable | meaning |\n|---|---|---|"
    yield "\n".join(f"| `{one.key}` | `{one.variable}` | {one.meaning} |" for one in SETTINGS) + "\n"


def _errors() -> Iterator[str]:
    yield "## Errors\n"
    yield "| error | exit code | what it says | remedy |\n|---|---|---|---|"
    found = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.MingaError)]
    for one in sorted(found, key=lambda one: (one.exit_code, one.__name__)):
        yield f"| `{one.__name__}` | {one.exit_code} | {one.template()} | {one.remedy} |"
    yield ""


def _failures() -> Iterator[str]:
    yield "## Failures of a run\n"
    yield "A run that began and did not answer ends with one of these causes: in its last event and in the receipt.\n"
    yield "| cause | exit code | usual remedy |\n|---|---|---|"
    for code in FailureCode:
        yield f"| `{code}` | {124 if code is FailureCode.TIMEOUT else 1} | {REMEDIES[code]} |"


def main() -> None:
    sys.stdout.write(f"{PAGE}\n")
    PAGE.write_text(page(PAGE.read_text("utf-8").split(MARK)[0]), "utf-8")


if __name__ == "__main__":
    main()
