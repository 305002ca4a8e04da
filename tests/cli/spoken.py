"""Collects from the source every English text that the command line shows a person."""

import ast
import inspect
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import click
from click.types import IntRange

import minga
from minga.agents.connecting.connections import State as Connection
from minga.domain import errors
from minga.domain.events import ToolKind
from minga.domain.failure import FailureCode
from minga.domain.memory import EntityKind
from minga.domain.tax_documents import SEVERITIES
from minga.domain.verdict import CheckState
from minga.domain.ways import Through
from minga.entrypoints.acp.choices import MODES, PERMISSIONS
from minga.entrypoints.cli.connecting_end import OUTCOMES as CONNECTING
from minga.entrypoints.cli.doctor import CAPABILITIES
from minga.entrypoints.cli.dte import VERBS as DTE
from minga.entrypoints.cli.dte_check import VERDICTS
from minga.entrypoints.cli.finding import REASONS
from minga.entrypoints.cli.main import VERBS, root
from minga.entrypoints.cli.memory import UNCORRECTED
from minga.entrypoints.cli.memory_ask import WHY as UNANSWERED
from minga.entrypoints.cli.memory_digest import FAULTS as DIGESTED
from minga.entrypoints.cli.memory_exchange import FAULTS
from minga.entrypoints.cli.memory_habits import STATES as HABITS
from minga.entrypoints.cli.memory_progress import REASONS as REMEMBERING
from minga.entrypoints.cli.memory_rules import STATES as RULES
from minga.entrypoints.cli.memory_things import PREDICATES
from minga.entrypoints.cli.memory_why import ABOUT
from minga.entrypoints.cli.memory_why import STANDINGS as VERIFIED
from minga.entrypoints.cli.pages import pieces
from minga.entrypoints.cli.panel import STANDINGS
from minga.entrypoints.cli.remembered import KINDS as REMEMBERED
from minga.entrypoints.cli.remembered import WHY
from minga.entrypoints.cli.rules_writing import NONE_YET, REMARKS
from minga.entrypoints.cli.rules_writing import WHY as UNFIT
from minga.entrypoints.cli.specialists_native import WHAT as PLACED
from minga.entrypoints.cli.stats import COLUMNS
from minga.entrypoints.cli.translate import COUNTED
from minga.entrypoints.cli.translate import KINDS as TRANSLATED
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.view import JUDGED, WAYS, failure_title
from minga.entrypoints.cli.words import load
from minga.pipeline.bringing import FORGOTTEN
from minga.reports.costs import By
from minga.reports.figures import DIMENSIONS
from minga.sessions.importing import State
from minga.settings import SETTINGS, read
from minga.verification.kinds import KINDS as WORK
from minga.verification.kinds import TEXT
from minga.verification.labels import Outcome

SOURCE = Path(minga.__file__).parent
CLI = SOURCE / "entrypoints" / "cli"
ACP = SOURCE / "entrypoints" / "acp"
MCP = SOURCE / "entrypoints" / "mcp"

_MADE_FOR_PEOPLE = {
    "Failure",
    "_failed",
    "failed",
    "Notice",
    "Cancelled",
    "Finding",
    "PermissionAnswered",
    "Again",
    "Way",
    "Claim",
    "NotWhole",
    "_broken",
    "_misread",
    "hinted",
    "_unparsed",
    "Unparsed",
    "NoPlace",
}
"""Calls whose texts reach a person already put together."""

_TOLD_KEY_OUTCOMES = {"detail", "suggestion", "message", "remedy"}

_WRITERS = {
    "_obstacle",
    "_reason",
    "_reason_to_remove",
    "_unproven",
    "unproven",
    "_remedy",
    "_unknown",
    "_untold",
    "_strangers",
    "_odd_urls",
    "wrong_with",
    "_own_login",
    "_why_none",
    "shown",
    "_in_words",
    "_when_it_passes",
    "_when_it_fails",
    "_when_both_fail",
    "_when_linted",
    "_when_nothing_compares",
    "_when_no_test_is_left",
    "_with_tests_restored",
    "how_it_ended",
    "how_it_was_isolated",
    "how_many_passed",
    "what_it_damaged",
    "what_it_needs",
    "what_it_printed",
    "why_nothing_ran",
    "_how_it_differs",
    "_weakened",
    "unreached",
    "line_at",
    "_first_of",
    "_misfit",
    "hinted",
    "_misplaced",
    "_syntax",
    "_counted_lines",
    "_difference",
    "cut_short",
    "first_only",
    "_not_read",
    "_more_not_read",
    "__str__",
    "_near",
    "_nothing_found",
    "_why_untold",
    "not_proven",
}
"""Functions that return such texts."""

_STATES = ("running", "finished", "failed", "cancelled")
_WINDOWS = ("day", "month", "total")
_ANSWERERS = ("policy", "person", "timeout")
_BY_NAME = {"ready", "merged", "line {}"}
"""Told texts of one word, which look like names."""

_ROLES = ("person", "agent")
_OUTCOMES = (Outcome.GOOD, Outcome.BAD, Outcome.CORRECTED)
"""Of a person for how an answer turned out."""


def said() -> set[str]:
    """Keys of ``[said]``: constants that are given to ``say``, help texts, templates and names of states."""
    texts = {*VERBS.values(), *CAPABILITIES, *_STATES, *_ANSWERERS, *_ROLES}
    texts |= {
        *COLUMNS,
        *DIMENSIONS,
        *get_args(By),
        *_WINDOWS,
        *REASONS.values(),
        *REMEMBERING.values(),
        *RULES.values(),
        *HABITS.values(),
        *PLACED.values(),
        *UNCORRECTED.values(),
        *UNANSWERED.values(),
    }
    texts |= {*REMEMBERED.values(), *ABOUT.values(), *VERIFIED.values(), *FAULTS.values(), *DIGESTED.values(), *WHY}
    texts |= {*REMARKS.values(), *UNFIT.values(), NONE_YET, FORGOTTEN}
    texts |= {*map(str, EntityKind), *PREDICATES}
    texts |= {failure_title(code) for code in FailureCode}
    texts |= {kind.value for kind in ToolKind} | set(get_args(State))
    texts |= {*TRANSLATED, *(text for both in COUNTED.values() for text in both)}
    texts |= {*SEVERITIES, *VERDICTS.values(), *DTE.values()}
    texts |= {*JUDGED.values(), *STANDINGS.values(), *map(str, (*CheckState, *_OUTCOMES))}
    texts |= {*tomllib.loads(WORK.read_text("utf-8")), TEXT}
    texts |= {*WAYS.values(), *get_args(Through)} - {""}
    texts |= {*get_args(Connection), *CONNECTING}
    texts |= {setting.meaning for setting in SETTINGS}
    texts |= {*MODES, *MODES.values(), *PERMISSIONS.values()}
    for tree in (*_trees(CLI), *_trees(ACP), *_trees(MCP)):
        texts.update(_said_in(tree))
    texts |= set(_on_help_pages(root, _context()))
    for one in error_classes():
        texts |= {one.template(), one.remedy}
    return {text for text in texts if any(letter.isalpha() for letter in _without_gaps(text))}


def told() -> set[str]:
    """Keys of ``[told]``: f-strings and constants that become an event's text, an error's detail, or a reason."""
    return {text for tree in _trees(SOURCE) for text in _told_in(tree) if _is_prose(text) or text in _BY_NAME}


def said_by_click() -> set[str]:
    """Everything that click can say, with ``{}`` for each gap."""
    texts: set[str] = set()
    for tree in _trees(Path(click.__file__).parent):
        for call in _calls(tree):
            if _name(call) in ("_", "ngettext"):
                texts.update(_with_empty_gaps(a.value) for a in call.args if _is_text(a))
    return texts | {"Option {} requires {} arguments.", *map(_type_name, (click.INT, click.FLOAT, IntRange(1)))}


def error_classes() -> list[type[errors.MingaError]]:
    return [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, errors.MingaError)]


def options() -> list[click.Option]:
    """Every option of every verb."""
    return [param for param in _params(root, _context()) if isinstance(param, click.Option)]


def _params(command: click.Command, ctx: click.Context) -> Iterator[click.Parameter]:
    yield from command.params
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield from _params(below, ctx)


def _context() -> click.Context:
    return click.Context(root, obj=Desk(read({}), load("en")))


def _type_name(kind: click.ParamType) -> str:
    return kind.name


def _on_help_pages(command: click.Command, ctx: click.Context) -> Iterator[str]:
    """Help texts, metavars and usage lines of the command and of all below it."""
    yield from (piece.replace("\n", " ") for piece in pieces(command.help or ""))
    yield from click.Command.collect_usage_pieces(command, ctx)
    for param in command.get_params(ctx):
        if isinstance(param, click.Option):
            yield param.help or ""
        if isinstance(param, click.Option) and not param.is_flag and not isinstance(param.type, click.Choice):
            yield click.Option.make_metavar(param, ctx)
    if isinstance(command, click.Group):
        yield command.subcommand_metavar
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            assert below is not None
            yield from _on_help_pages(below, click.Context(below, parent=ctx))


def _trees(folder: Path) -> Iterator[ast.Module]:
    for file in sorted(folder.rglob("*.py")):
        if not {"testing", "builtin"} & set(file.relative_to(folder).parts):
            yield ast.parse(file.read_text("utf-8"))


def _said_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call() if _name(node) in ("say", "_say"):
                yield from _constants(node.args[:1])
            case ast.Call() if _name(node) == "counted":
                yield from _constants(node.args[1:3])
            case ast.Call():
                yield from _constants(k.value for k in node.keywords if k.arg == "metavar")
            case ast.Assign(targets=[ast.Name(id="detail")], value=value):
                yield from _constants([value])
            case ast.For(iter=ast.Tuple(elts=elements), target=ast.Name(id="title")):
                yield from _constants(elements)
            case _:
                pass


def _told_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                given = [k.value for k in node.keywords if k.arg in _TOLD_KEY_OUTCOMES]
                given += node.args if _name(node) in _MADE_FOR_PEOPLE else []
                for one in given:
                    yield from _texts(one)
            case ast.Dict(keys=[ast.Attribute(value=ast.Name(id="FailureCode")), *_], values=values):
                for value in values:
                    yield from _texts(value)
            case ast.Assign(targets=[ast.Name(id="remedy" | "message" | "problem" | "detail" | "reason")], value=value):
                yield from _texts(value)
            case ast.AugAssign(target=ast.Name(id="reasons"), value=ast.ListComp(elt=text)):
                yield from _texts(text)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in _WRITERS:
                yield from _all_texts(node.body[1:] if ast.get_docstring(node) else node.body)
            case _:
                pass


def _all_texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.expr) and (found := list(_texts(node))) and not isinstance(node, ast.IfExp):
            yield from found
        elif not isinstance(node, ast.pattern | ast.Compare):  # names of cases are no texts
            yield from _all_texts(ast.iter_child_nodes(node))


def _texts(node: ast.expr) -> Iterator[str]:
    """The texts of an expression: a constant, an f-string, either side of a choice; not what stands in calls."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in values)
        case ast.Call(func=ast.Attribute(value=value, attr="strip")):
            yield from _texts(value)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _texts(value)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _texts(body)
            yield from _texts(orelse)
        case _:
            return


def _constants(nodes: Iterable[ast.expr]) -> list[str]:
    return [node.value for node in nodes if _is_text(node)]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _is_prose(text: str) -> bool:
    """Two words at least: not a command, a name or a separator."""
    return len(_without_gaps(text).split()) > 1 and not text.startswith(
        ("minga ", "SELECT", "UPDATE", "INSERT", "--permissions")
    )


def _with_empty_gaps(text: str) -> str:
    return "".join(part if index % 2 == 0 else "{}" for index, part in enumerate(_split_gaps(text)))


def _without_gaps(text: str) -> str:
    return "".join(_split_gaps(text)[::2])


def _split_gaps(text: str) -> list[str]:
    parts, rest = [], text
    while "{" in rest and "}" in rest.split("{", 1)[1]:
        before, after = rest.split("{", 1)
        inside, rest = after.split("}", 1)
        parts += [before, inside]
    return [*parts, rest]
