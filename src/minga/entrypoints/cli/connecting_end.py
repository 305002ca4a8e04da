"""How `minga connect` and `minga disconnect` end: what was planned is shown, a person is asked, it is done and told."""

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from minga.agents.connecting.difference import difference
from minga.domain.errors import MingaError, NoConsent
from minga.entrypoints.cli.connecting import One, connections_of
from minga.entrypoints.cli.connecting_rules import ProjectRules, RulesOutcome, rules_difference, write_rules
from minga.entrypoints.cli.connecting_sub_agents import SubAgent, write_sub_agents
from minga.entrypoints.cli.ending import EXIT_CANCELLED, complain
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import for_reader, visible

_ENDS = {True: ("connected", "already connected"), False: ("disconnected", "not connected")}

OUTCOMES = (*_ENDS[True], *_ENDS[False], "would change", "failed")
"""How it ended for one CLI, as programs read it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How it is done. ``connects``: or disconnects."""

    connects: bool
    dry: bool
    yes: bool
    as_json: bool


def end(desk: Desk, found: Sequence[One], rules: ProjectRules | None, manner: Manner) -> int:
    """Show what was planned, ask, do it, tell; the exit code. Raises NoConsent."""
    is_waiting = any(one.changes for one in found) or bool(rules and rules.changes)
    if not manner.as_json:
        _show(desk, found)
        _show_rules(desk, rules)
    if is_waiting and not manner.dry and not manner.yes and not _agreed(desk, found, manner):
        print(desk.say("Nothing was changed."), file=sys.stderr)
        return EXIT_CANCELLED
    if not manner.dry:
        asyncio.run(_carry_out(desk, found, manner))
        if rules and rules.changes:
            write_rules(desk, rules)
    for one in found:
        _tell(desk, one, manner)
    if rules:
        _tell_rules(desk, rules, manner)
    errors = [*(one.error for one in found), rules.error if rules else None]
    return next((one.exit_code for one in errors if one), 0)


async def _carry_out(desk: Desk, found: Iterable[One], manner: Manner) -> None:
    """The sub-agents lie in folders that the connection may have made: they come after it, and go before."""
    for one in found:
        if one.plan is None or one.error is not None:
            continue
        try:
            if not manner.connects:
                write_sub_agents(one.sub_agents)
            if one.plan.has_work:
                await connections_of(desk).carry_out(one.facts, one.plan)
            if manner.connects:
                write_sub_agents(one.sub_agents)
        except MingaError as wrong:
            one.error = wrong


def _show(desk: Desk, found: Iterable[One]) -> None:
    for one in found:
        for file in one.plan.files if one.plan else ():
            sys.stdout.write(for_reader(difference(file), sys.stdout))
        for sub_agent in one.sub_agents:
            if sub_agent.changes:
                sys.stdout.write(for_reader(_line_or_difference(desk, sub_agent), sys.stdout))
        for note in one.notes:
            print(visible(f"{one.facts.agent}: {note}"), file=sys.stderr)


def _line_or_difference(desk: Desk, one: SubAgent) -> str:
    """A whole file is said in a line: it is what `minga specialists show` shows."""
    if one.text is None:
        return f"- {one.path}: {desk.say('sub-agent')}\n"
    if one.before is not None:
        return one.difference
    return f"+ {one.path}: {desk.say('sub-agent')} (minga specialists show {one.name})\n"


def _show_rules(desk: Desk, rules: ProjectRules | None) -> None:
    for change in rules.changes if rules else ():
        sys.stdout.write(for_reader(rules_difference(change), sys.stdout))
    for note in rules.notes if rules else ():
        print(visible(f"{desk.say('rules')}: {note}"), file=sys.stderr)


def _agreed(desk: Desk, found: Sequence[One], manner: Manner) -> bool:
    """Raises NoConsent where nobody can be asked."""
    waiting = [one for one in found if one.changes] or [one for one in found if one.error is None]
    names = ", ".join(one.facts.agent for one in waiting)
    if manner.as_json or not sys.stdin.isatty():
        raise NoConsent(agent=names)
    print(visible(desk.say("Write this for {agents}? [y/N] ", agents=names)), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes", "s", "si", "sí")


def _tell(desk: Desk, one: One, manner: Manner) -> None:
    if manner.as_json:
        print(msgspec.json.encode(_as_fields(desk, one, manner)).decode())
    elif one.error is not None:
        message, remedy = desk.say.error(one.error)
        complain(f"{one.facts.agent}: {message}", remedy)
    elif not (manner.dry and one.changes):
        print(f"{one.facts.agent}: {desk.say(_outcome(one, manner))}")


def _tell_rules(desk: Desk, rules: ProjectRules, manner: Manner) -> None:
    outcome = rules.outcome(is_dry=manner.dry)
    files = ", ".join(one.document.name for one in rules.changes)
    if manner.as_json:
        print(msgspec.json.encode(_rules_as_fields(desk, rules, outcome)).decode())
    elif rules.error is not None:
        message, remedy = desk.say.error(rules.error)
        complain(f"{desk.say('rules')}: {message}", remedy)
    elif rules.stay:
        said = desk.say("they stay in {files}: minga rules remove takes them out", files=", ".join(rules.stay))
        print(visible(f"{desk.say('rules')}: {said}"), file=sys.stderr)
    elif outcome == "written":
        print(visible(f"{desk.say('rules')}: {desk.say('written: {file}', file=files)}"))
    elif outcome == "already written":
        print(f"{desk.say('rules')}: {desk.say('already written')}")


def _rules_as_fields(desk: Desk, rules: ProjectRules, outcome: RulesOutcome) -> Mapping[str, object]:
    message, remedy = desk.say.error(rules.error) if rules.error else ("", "")
    return {
        "rules": outcome,
        "root": str(rules.root),
        "files": [{"path": one.document.name, "diff": rules_difference(one)} for one in rules.changes],
        "stay": rules.stay,
        "notes": rules.notes,
        "error": message,
        "remedy": remedy,
    }


def _outcome(one: One, manner: Manner) -> str:
    if one.error is not None:
        return "failed"
    done, already = _ENDS[manner.connects]
    if one.changes or (one.plan and one.plan.known and not manner.connects):
        return "would change" if manner.dry else done
    return already


def _as_fields(desk: Desk, one: One, manner: Manner) -> Mapping[str, object]:
    files = [(str(file.path), difference(file)) for file in (one.plan.files if one.plan else ()) if file.changes]
    files += [(sub_agent.path, sub_agent.difference) for sub_agent in one.sub_agents if sub_agent.changes]
    message, remedy = desk.say.error(one.error) if one.error else ("", "")
    return {
        "agent": one.facts.agent,
        "outcome": _outcome(one, manner),
        "files": [{"path": path, "diff": diff} for path, diff in files],
        "notes": one.notes,
        "error": message,
        "remedy": remedy,
    }
