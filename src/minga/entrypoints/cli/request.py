"""What a person asks for on the command line: the options that several verbs share, and the task they make."""

import importlib
import math
import os
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from minga.domain.errors import BadInput
from minga.domain.ids import AgentName
from minga.domain.task import Demands, GatewayUse, OnLimit, Permissions, Strategy, Task
from minga.entrypoints.cli.given import (
    as_text,
    choose_endpoint,
    read_document,
    read_images,
    read_mcp_servers,
    read_stdin,
    split_agents,
)
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import Words
from minga.settings import Settings

PATH = click.Path(path_type=Path)


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `minga run`, as given; verbs that offer fewer leave the rest as it stands here."""

    task: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    model: str = ""
    cwd: Path = Path()
    worktree: bool = False
    parallel: bool = False
    timeout: float | None = None
    budget_usd: float | None = None
    permissions: str | None = None
    on_limit: str | None = None
    files: tuple[Path, ...] = ()
    images: tuple[Path, ...] = ()
    mcp: Path | None = None
    session: str | None = None
    endpoint: str | None = None
    api_key_env: str | None = None
    direct: bool = False
    isolated: bool = False
    strategy: str | None = None
    commands: tuple[str, ...] = ()
    no_verify: bool = False
    no_memory: bool = False
    specialist: str | None = None
    schema: Path | None = None
    allowed: tuple[str, ...] = ()
    explain: bool = False
    as_json: bool = False
    quiet: bool = False


def read_task(desk: Desk, request: Request, *, with_stdin: bool = True) -> Task:
    """Make the task of what is on the command line, in the settings and on standard input. Raises BadInput.

    Reading standard input blocks: call it outside the event loop, so that Ctrl-C ends it.
    """
    settings, say = desk.settings, desk.say
    named = (*request.agent, *request.agents)
    if named and not split_agents(named):
        raise BadInput(detail=say("--agents names no agent"))
    names = split_agents(named or [settings.text("agents")])
    if request.direct and request.endpoint:
        raise BadInput(detail=say("--direct and --endpoint exclude each other"))
    endpoint = None if request.direct else choose_endpoint(settings, request.endpoint, request.api_key_env, say)
    budget_usd = _positive(desk, "--budget-usd", request.budget_usd)
    return Task(
        prompt=_readable(" ".join(request.task)),
        cwd=_directory(desk, request.cwd),
        agents=tuple(AgentName(name) for name in names),
        model=request.model,
        permissions=Permissions(request.permissions or settings.text("permissions") or Permissions.ASK),
        documents=(
            *(read_document(path, say) for path in request.files),
            *(read_stdin(say) if with_stdin else ()),
        ),
        images=read_images(request.images, say),
        mcp_servers=read_mcp_servers(request.mcp, say) if request.mcp else (),
        timeout_s=_positive(desk, "--timeout", request.timeout) or settings.number("timeout_s", 1800),
        budget_micro_usd=None if budget_usd is None else round(budget_usd * 1_000_000),
        endpoint=endpoint,
        isolated=request.isolated,
        on_limit=OnLimit(request.on_limit or settings.text("on_limit") or OnLimit.SWITCH),
        gateway=GatewayUse.OFF if request.direct else gateway_use(settings),
        strategy=Strategy(request.strategy or settings.text("strategy") or Strategy.AUTO),
        demands=_demands(desk, request),
        remembers=not request.no_memory and settings.text("memory") != "off",
    )


def _demands(desk: Desk, request: Request) -> Demands:
    """Raises BadInput for demands that contradict each other or can never be met."""
    say = desk.say
    demanded = request.commands or request.schema or request.allowed
    if request.no_verify and demanded:
        raise BadInput(detail=say("--no-verify excludes --verify, --schema and --allow"))
    if any(not command.strip() for command in request.commands):
        raise BadInput(detail=say("--verify needs a command"))
    for path in request.allowed:
        if Path(path).is_absolute() or ".." in Path(path).parts:
            detail = "--allow {path!r} must be a path below the working directory"
            raise BadInput(detail=say(detail, path=path))
    return Demands(
        commands=request.commands,
        schema=_schema(request.schema, say) if request.schema else "",
        allowed=request.allowed,
        checked=bool(demanded) or (not request.no_verify and desk.settings.text("verify") != "off"),
    )


def _schema(path: Path, say: Words) -> str:
    text = read_document(path, say).text
    try:
        schema = msgspec.json.decode(text)
    except msgspec.DecodeError as wrong:
        raise BadInput(detail=say("--schema {path!r} is no JSON: {why}", path=str(path), why=wrong)) from wrong
    if not isinstance(schema, dict | bool):
        raise BadInput(detail=say("--schema {path!r} is no JSON Schema: an object is expected", path=str(path)))
    checking = importlib.import_module("minga.verification.schema")  # large, and few ask for it
    if why := checking.why_unusable(text):
        raise BadInput(detail=say("--schema {path!r} is no JSON Schema: {why}", path=str(path), why=why))
    return text


def gateway_use(settings: Settings) -> GatewayUse:
    return GatewayUse(settings.text("gateway") or GatewayUse.AUTO)


def _directory(desk: Desk, path: Path) -> Path:
    try:
        absolute = path.absolute()
    except FileNotFoundError as gone:
        raise BadInput(detail=desk.say("the directory you are in was deleted; change to another one")) from gone
    if not absolute.is_dir():
        raise BadInput(detail=desk.say("--cwd {path!r} is no directory", path=str(path)))
    if as_text(os.fsencode(absolute)) != str(absolute):
        detail = "the name of the directory {path!r} is not UTF-8, so no agent can be told of it; rename it"
        raise BadInput(detail=desk.say(detail, path=str(absolute)))
    return absolute


def _positive(desk: Desk, name: str, number: float | None) -> float | None:
    if number is not None and not (number > 0 and math.isfinite(number)):
        raise BadInput(detail=desk.say("{name} must be a number above 0", name=name))
    return number


def _readable(text: str) -> str:
    """Bytes of the command line that are not UTF-8 arrive as lone surrogates, which nothing can store or send."""
    return text if text.isascii() else as_text(os.fsencode(text))
