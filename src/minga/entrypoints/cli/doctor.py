"""`minga doctor`: is everything in order, and if not, what to do."""

import asyncio
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from minga.agent_wiring import passing_homes
from minga.agents.facts import Capabilities
from minga.agents.probe import Probed, probe
from minga.agents.registry import BUILTIN
from minga.bootstrap import Minga
from minga.domain.errors import StoreError
from minga.domain.ids import AgentName
from minga.domain.task import Task
from minga.domain.ways import Way, shown
from minga.entrypoints.cli.doctor_connections import as_fields as connection_fields
from minga.entrypoints.cli.doctor_connections import is_unseen, look, say_connections
from minga.entrypoints.cli.doctor_rules import drift_at, drift_fields, drift_problem, say_drift
from minga.entrypoints.cli.keeping import keys_missing
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.request import gateway_use
from minga.entrypoints.cli.verb import Desk
from minga.infrastructure.scratch import MEMORY, process_place
from minga.storage.key_check import check_keys

CAPABILITIES = ("stream", "resume", "tools", "mcp", "usage", "images", "permissions")

WIDTH_MIN_FOR_NAMES = 118
"""Columns of a terminal from which on the capabilities stand in the table by name; below, by letter."""

WIDTH_PIPED = 160

HELP = """Check every agent CLI, the store and its keys; one remedy a line.

Exit code 0 if at least one CLI can take a task, the store can be written and every key opens; else 3. With --probe each
CLI that minga connect has connected is run once in front of a scripted model server, which tells what its model sees.
"""


@click.command(cls=Verb, name="doctor", help=HELP)
@option("--probe", "runs", is_flag=True, help="Also run each connected CLI: does its model see Minga's tools?")
@option("--json", "as_json", is_flag=True, help="One agent a line as JSON.")
@click.pass_obj
def command(desk: Desk, /, runs: bool, as_json: bool) -> int:
    return asyncio.run(_doctor(desk, runs=runs, as_json=as_json))


async def _doctor(desk: Desk, *, runs: bool, as_json: bool) -> int:
    minga = desk.build()
    try:
        ways = await ways_of(desk, minga)
        store, probes = await asyncio.gather(_check_store(minga, desk), probe_all(desk, minga, ways))
        keys = await _check_keys(minga, desk)
        wrong = minga.roster.gateway_problem()
        gateway = " → ".join(desk.say.error(wrong)) if wrong else ""
    finally:
        await minga.close()
    programs = {one.facts.name: one.program for one in probes if one.program is not None}
    connected = await look(desk, programs, runs=runs)
    drift = drift_at(Path.cwd())
    if as_json:
        connections = {one.facts.agent: connection_fields(one) for one in connected}
        for one in probes:
            name = AgentName(one.facts.name)
            fields = {**as_fields(one), "way": ways[name], **connections.get(name, {}), **drift_fields(drift, name)}
            print(msgspec.json.encode(fields).decode())
        wrongs = {"keys": keys, "gateway": gateway, "rules": drift_problem(desk, drift)}
        last = {
            "store": store or "ok",
            "path": _store_name(desk),
            **{name: said or "ok" for name, said in wrongs.items()},
        }
        print(msgspec.json.encode(last).decode())
    else:
        _print(desk, probes, store, keys)
        if gateway:
            print(f"{desk.say('Gateway')}: {gateway}")
        _say_ways(desk, probes, ways)
        say_connections(desk, connected)
        say_drift(desk, drift)
    is_ready = not store and not keys and any(not one.findings for one in probes)
    return 0 if is_ready and not any(map(is_unseen, connected)) else 3


async def probe_all(desk: Desk, minga: Minga, ways: Mapping[AgentName, Way]) -> list[Probed]:
    settings = desk.settings
    return await asyncio.gather(
        *(
            probe(
                facts, settings.clis, settings.environment, has_endpoint=ways[name].through in ("endpoint", "gateway")
            )
            for name, facts in minga.roster.registry.facts.items()
        )
    )


async def ways_of(desk: Desk, minga: Minga) -> dict[AgentName, Way]:
    """Where each CLI's model calls would go, in a run without a flag."""
    settings = desk.settings
    task = Task("", Path("/"), endpoint=settings.endpoint, gateway=gateway_use(settings))
    return {one.agent: one.way for one in await minga.roster.examine_all(task) if one.facts is not None}


def _say_ways(desk: Desk, probes: Sequence[Probed], ways: Mapping[AgentName, Way]) -> None:
    for one in probes:
        if one.program is not None:
            print(f"  {one.facts.name}: {desk.say.told(shown(ways[AgentName(one.facts.name)]))}")


async def _check_store(minga: Minga, desk: Desk) -> str:
    """Return what is wrong with the store, or an empty text."""
    try:
        await minga.recover()
        await minga.database.write(lambda transaction: None)
    except StoreError as wrong:
        return " → ".join(desk.say.error(wrong))
    return ""


async def _check_keys(minga: Minga, desk: Desk) -> str:
    """Return what is wrong with the keys, or an empty text."""
    try:
        checked = check_keys(minga.keys)
        missing = await minga.retention.keyless()
        if missing:
            raise keys_missing(minga, missing)
    except StoreError as wrong:
        return " → ".join(desk.say.error(wrong))
    if not checked.all_seen:
        print(desk.say("Of the keys only the first {count} were looked at.", count=checked.keys), file=sys.stderr)
    return ""


def _store_name(desk: Desk) -> str:
    return "PostgreSQL" if desk.settings.text("database_url") else str(desk.settings.store)


def as_fields(one: Probed) -> dict[str, Any]:
    return {
        "agent": one.facts.name,
        "program": None if one.program is None else str(one.program),
        "version": one.version,
        "proven": [one.facts.proven.min, one.facts.proven.max],
        "is_proven": one.proven,
        "logged_in": one.logged_in,
        "mode": one.facts.driver,
        "capabilities": one.facts.capabilities,
        "start_ms": one.start_ms,
        "findings": one.findings,
    }


BUILTIN_FIELDS: Mapping[str, Any] = {
    "agent": BUILTIN,
    "program": None,
    "version": "",
    "proven": ["", ""],
    "is_proven": True,
    "logged_in": True,
    "mode": "builtin",
    "capabilities": Capabilities(stream=True, tools=True),
    "start_ms": 0,
    "findings": [],
}
"""Of the built-in agent: no CLI, no login, nothing that could be missing."""


def _print(desk: Desk, probes: list[Probed], store: str, keys: str) -> None:
    say = desk.say
    console_class = importlib.import_module("minga.entrypoints.cli.console").Console
    rich_table = importlib.import_module("rich.table")
    is_terminal = sys.stdout.isatty()
    console = console_class(highlight=False, width=None if is_terminal else WIDTH_PIPED)
    is_wide = console.width >= WIDTH_MIN_FOR_NAMES
    table = rich_table.Table(box=None, padding=(0, 2 if is_wide else 1, 0, 0), header_style="dim")
    for title in ("Agent", "Version", "Proven", "Login", "Mode", "Start"):
        table.add_column(say(title), no_wrap=True, justify="right" if title == "Start" else "left")
    letters = _letters([say(name) for name in CAPABILITIES])
    for name, letter in zip(CAPABILITIES, letters, strict=True):
        table.add_column(say(name) if is_wide else letter, no_wrap=True, justify="center")
    for one in probes:
        table.add_row(*_cells(desk, one))
    table.add_row(BUILTIN, "–", "–", say("not needed"), "builtin", "0.00 s")
    console.print(table)
    if not is_wide:
        legend = "  ".join(f"{letter} {say(name)}" for name, letter in zip(CAPABILITIES, letters, strict=True))
        console.print(legend, style="dim", soft_wrap=True)
    print(f"\n{say('Store')}: {_store_name(desk)}: {store or say('in order')}")
    print(f"{say('Keys')}: {keys or say('in order')}")
    _say_what_lies_on_disk(desk)
    for one in probes:
        for finding in one.findings:
            print(f"  {one.facts.name}: {say.told(finding.problem)} → {say.told(finding.remedy)}")


def _say_what_lies_on_disk(desk: Desk) -> None:
    say = desk.say
    if passing_homes(desk.settings) == desk.settings.homes:
        print(
            say(
                "No file system in memory has room: with an endpoint, the CLIs' own sessions lie unencrypted in {path}",
                path=desk.settings.homes,
            )
        )
    if (place := process_place()) != MEMORY:
        print(
            say(
                "No file system in memory has room and runs programs: temporary files of the CLIs lie unencrypted in"
                " {path} while they run",
                path=place,
            )
        )


def _cells(desk: Desk, one: Probed) -> list[str]:
    proven = one.facts.proven
    can = one.facts.capabilities
    return [
        one.facts.name,
        one.version or "–",
        proven.min if proven.min == proven.max else f"{proven.min} … {proven.max}",
        desk.say("yes") if one.logged_in else desk.say("no"),
        one.facts.driver,
        "–" if one.start_ms is None else f"{one.start_ms / 1000:.2f} s",
        *("✓" if getattr(can, name) else "·" for name in CAPABILITIES),
    ]


def _letters(names: Sequence[str]) -> list[str]:
    """One letter a name, all different: the first of each that no name before it has."""
    taken: list[str] = []
    for name in names:
        taken.append(next((letter for letter in name.upper() if letter not in taken), str(len(taken))))
    return taken
