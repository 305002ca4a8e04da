"""`minga agents`: the CLIs themselves."""

import asyncio
import sys
from typing import Any

import click
import msgspec

from minga.agents.install import install, is_pinned
from minga.agents.launch import own_settings
from minga.agents.login import login_arguments
from minga.agents.probe import probe
from minga.agents.registry import BUILTIN, find_program
from minga.bootstrap import Minga
from minga.domain.errors import BadInput, MingaError, NotReady
from minga.entrypoints.cli.doctor import BUILTIN_FIELDS, as_fields
from minga.entrypoints.cli.ending import fail
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.verb import Desk
from minga.infrastructure.commands import become


@click.group(cls=Verbs, name="agents", help="The agent CLIs: list, install, login, probe.")
def command() -> None:
    """A verb each."""


@command.command("list", help="Show every agent of the catalogue and where it was found.")
@click.pass_obj
def list_agents(desk: Desk, /) -> None:
    minga = desk.build()
    for name, driver, version, where in asyncio.run(_find_all(desk, minga)):
        print(f"{name:<9} {driver:<12} {version:<9} {where}")


async def _find_all(desk: Desk, minga: Minga) -> list[tuple[str, str, str, str]]:
    rows = []
    home = desk.settings.environment.get("HOME", "")
    for facts in minga.roster.registry.facts.values():
        found = await minga.roster.find(facts)
        where = found.path if found else desk.say("not installed")
        if home and where.startswith(f"{home}/"):
            where = f"~{where[len(home) :]}"
        rows.append((facts.name, facts.driver, found.version or "–" if found else "–", where))
    return [*rows, (BUILTIN, "builtin", "–", desk.say("deterministic skills"))]


@command.command("install", help="Install pinned versions below Minga's own directory, with npm; yours stay untouched.")
@click.argument("names", nargs=-1)
@option("--all", "every", is_flag=True, help="Install every agent of the catalogue.")
@option("--missing", is_flag=True, help="Leave out those that are installed there in their pinned version.")
@option("--quiet", "-q", is_flag=True, help="No progress.")
@click.pass_obj
def install_agents(desk: Desk, /, names: tuple[str, ...], every: bool, missing: bool, quiet: bool) -> int:
    registry = desk.build().roster.registry
    if every == bool(names):
        raise click.UsageError(desk.say("Name the agents to install, or give --all, not both."))
    names = tuple(name for name in names if name != BUILTIN)
    chosen = [facts for facts in registry.facts.values() if facts.package] if every else [*map(registry.get, names)]
    settings = desk.settings
    if missing:
        chosen = [facts for facts in chosen if not is_pinned(facts, settings.clis)]
    code = 0
    for facts in chosen:
        progress = (lambda text: None) if quiet else (lambda text: print(f"  {text}", file=sys.stderr))
        try:
            done = asyncio.run(install(facts, settings.clis, settings.environment, progress))
        except MingaError as error:
            code = fail(desk.say, error)
        else:
            print(f"{facts.name} {done.version}  {done.path}")
    return code


@command.command("login", help="Log in to an agent's CLI: runs the CLI's own login in this terminal.")
@click.argument("name")
@option("--isolated", is_flag=True, help="For the configuration home that `minga run --isolated` uses.")
@click.pass_obj
def log_in(desk: Desk, /, name: str, isolated: bool) -> None:
    facts = desk.build().roster.registry.get(name)
    arguments = login_arguments(facts)
    if arguments is None:
        raise BadInput(detail=desk.say("how to log in to {name!r}: {how}", name=name, how=facts.login.command))
    settings = desk.settings
    program = find_program(facts, settings.clis, settings.environment.get("PATH", ""))
    if program is None:
        raise NotReady(detail=desk.say("{name!r} is not installed: minga agents install {name}", name=name))
    environment = own_settings(facts, settings.environment, settings.homes / facts.name if isolated else None)
    try:
        become((str(program), *arguments), environment)
    except OSError as wrong:
        detail = "{program!r} does not start: {reason}; minga agents install {name}"
        values = {"program": str(program), "reason": wrong.strerror, "name": name}
        raise NotReady(detail=desk.say(detail, **values)) from wrong


@command.command("probe", help="Start an agent's CLI and print what was found, as JSON.")
@click.argument("name")
@click.pass_obj
def probe_agent(desk: Desk, /, name: str) -> int:
    fields = BUILTIN_FIELDS if name == BUILTIN else _probe(desk, name)
    print(msgspec.json.format(msgspec.json.encode(fields), indent=2).decode())
    return 3 if fields["findings"] else 0


def _probe(desk: Desk, name: str) -> dict[str, Any]:
    facts = desk.build().roster.registry.get(name)
    settings = desk.settings
    has_endpoint = settings.endpoint is not None
    return as_fields(asyncio.run(probe(facts, settings.clis, settings.environment, has_endpoint=has_endpoint)))
