"""The program ``minga``: finds the verb, and turns errors into messages and exit codes."""

import contextlib
import gc
import importlib
import io
import os
import sys
from collections.abc import Iterator, Sequence

import click

from minga.domain.errors import BadInput, MingaError, NoDirectory, OutputUnwritable
from minga.entrypoints.cli.ending import (
    EXIT_BROKEN_PIPE,
    EXIT_CANCELLED,
    OutputLost,
    complain,
    fail,
    silence_output,
    watched,
)
from minga.entrypoints.cli.front import Front
from minga.entrypoints.cli.pages import Option, Verbs, usage_problem
from minga.entrypoints.cli.words import choose_language, load
from minga.infrastructure import core_dumps
from minga.settings import read

VERBS = {
    "run": "Give a task to the best agent and watch it work.",
    "chat": "Talk with an agent; its process stays warm between tasks.",
    "continue": "Go on with a session in another CLI, with its whole history there.",
    "sessions": "Past conversations: list, search, show, resume, export, import, share and more.",
    "specialists": "As whom a run is done: list, show, check, new; and as sub-agents of the CLIs.",
    "memory": "What is remembered of all sessions: search, add, correct, forget; where each thing is known from.",
    "rules": "Standing rules of this project, written into the files that every CLI reads: show, add, render, diff.",
    "sync": "Keep the sessions of your devices in step, through a folder or a server that sees only ciphertext.",
    "agents": "The agent CLIs: list, install, login, probe.",
    "connect": "Make Minga's tools known to a CLI, in the CLI's own configuration.",
    "disconnect": "Take Minga out of a CLI's configuration again.",
    "doctor": "Check every agent CLI, the store and its keys; one remedy a line.",
    "worktrees": "Working trees that agents left: list, diff, merge, remove.",
    "backup": "Encrypted backups of the store: now, list, verify, restore.",
    "acp": "Be the agent of an editor that speaks ACP, with any CLI behind it.",
    "mcp": "Minga's tools for an AI CLI: memory, sessions, other agents, DTE checks (MCP server).",
    "serve": "Run the gateway: model endpoints that know who pays, what it cost, and what is left.",
    "virtual-keys": "Virtual keys for the gateway: list, add, revoke.",
    "budgets": "Budgets of the gateway: list, set, remove.",
    "feedback": "Say how an answer turned out.",
    "quality": "How good checks and answers were, and what may be promised.",
    "translate": "What becomes of a request or an answer in another wire format.",
    "dte": "Chilean tax documents (DTE): check, explain, make and compare them.",
    "env": "Print what a shell must set so that its CLIs use the gateway.",
    "costs": "What the calls through the gateway used and cost, by list price.",
    "keys": "The keys of the store: show, rotate, move, export, import; deletion receipts.",
    "users": "Whose sessions lie in the store: list, add, remove.",
    "config": "Show every setting, its value and where it comes from.",
}

MODULES = {"continue": "going_on", "virtual-keys": "virtual_keys"}
"""Verbs that Python does not allow as the name of a module."""

QUICK = frozenset({"acp", "mcp"})
"""Verbs that have something to say before what a `Desk` brings with it is imported; they get the `Front`."""

HELP = """Minga runs a task with the AI coding CLI that is best placed for it.

\b
  minga run "fix the failing test"       the router chooses; another agent takes over if one fails
  minga run --agent codex "explain this" one agent of your choice
  minga doctor                           what is installed, logged in, and what is wrong

Without any CLI, the built-in agent answers what it can prove (RUT, deadlines of Ley 19.983, past sessions).

Exit codes: 0 finished, 1 failed, 2 bad input, 3 something is not ready, 4 the store, 124 out of time, 130 cancelled,
141 the reader of the output went away.
"""


class Minga(Verbs):
    """The root group; a verb's module is imported when it is used, so that the help is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        with _without_collecting():
            module = MODULES.get(cmd_name, cmd_name)
            command: click.Command = importlib.import_module(f"minga.entrypoints.cli.{module}").command
            if cmd_name in QUICK:
                return command
            desk = importlib.import_module("minga.entrypoints.cli.verb").Desk
        if isinstance(ctx.obj, Front):
            ctx.obj = desk(ctx.obj.settings, ctx.obj.say)
        return command

    def summaries(self) -> dict[str, str]:
        return VERBS


@click.command(cls=Minga, help=HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="minga", prog_name="minga", cls=Option)
def root() -> None:
    """The options of every verb stand with the verb."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit."""
    core_dumps.forbid()
    _open_missing_streams()
    sys.exit(_main(list(sys.argv[1:] if arguments is None else arguments)))


def _main(arguments: list[str]) -> int:
    say = load(choose_language(os.environ.get("MINGA_LANGUAGE", ""), os.environ))
    try:
        settings = read(os.environ)
        say = load(choose_language(settings.text("language"), os.environ))
        code = _end_of(arguments, Front(settings, say))
        sys.stdout.flush()
        return code
    except MingaError as error:
        return fail(say, error)
    except KeyboardInterrupt:
        return EXIT_CANCELLED
    except BrokenPipeError:
        silence_output()
        return EXIT_BROKEN_PIPE
    except OutputLost as lost:
        silence_output()
        return fail(say, OutputUnwritable(detail=lost.strerror))
    except OSError as wrong:
        silence_output()
        return fail(say, MingaError(detail=str(wrong)) if _is_somewhere() else NoDirectory())


def _is_somewhere() -> bool:
    """Whether the working directory still exists."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _end_of(arguments: list[str], front: Front) -> int:
    """Run the verb; return its exit code. What was printed may still lie in the buffer."""
    try:
        with root.make_context("minga", arguments, obj=front) as ctx:
            result = root.invoke(ctx)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except MingaError as error:
        return fail(front.say, error)
    except (KeyboardInterrupt, click.exceptions.Abort):
        return EXIT_CANCELLED
    except click.exceptions.NoArgsIsHelpError as nothing_given:
        nothing_given.show()
        return BadInput.exit_code
    except click.ClickException as wrong:
        complain(*usage_problem(front.say, wrong))
        return BadInput.exit_code


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """What an import makes stays for good; looking through it for garbage took a fifth of the start-up time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _open_missing_streams() -> None:
    """A program may be started with standard streams closed (``<&-``); the store's file must not become number 1.

    Also: what the locale's encoding lacks is shown as a question mark, instead of ending the program; and standard
    output says when it takes no more.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or os.fdopen(0, closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = watched(sys.stdout)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="replace")
