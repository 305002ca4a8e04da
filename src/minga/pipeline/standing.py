"""The standing rules in force in a directory: of its project's file, and of the memory."""

from dataclasses import replace
from pathlib import Path

from minga.domain.rules import StandingRule, folded
from minga.memory.memory import Memory
from minga.pipeline.project_rules import of_file
from minga.pipeline.remembering import places_of
from minga.rules import source


async def in_force(memory: Memory, cwd: Path) -> list[StandingRule]:
    """All rules that hold at ``cwd``, once each: those of its project's file in their order, then those that a person
    accepted in the memory. Raises StoreError, RulesUnreadable, RulesElsewhere."""
    of_project = of_file(cwd)
    accepted = {folded(one.text): one for one in await accepted_at(memory, cwd)}
    told = [
        replace(rule, item=accepted.pop(folded(rule.text)).item) if folded(rule.text) in accepted else rule
        for rule in of_project
    ]
    return [*told, *accepted.values()]


async def accepted_at(memory: Memory, cwd: Path) -> list[StandingRule]:
    """Those that a person accepted, for this project or for wherever they work. Raises StoreError."""
    await memory.catch_up()
    rules = await memory.rules(await places_of(cwd))
    accepted = (one for one in rules if one.state == "accepted")
    return [StandingRule(one.text, "project" if one.project else "user", item=one.id) for one in accepted]


async def not_in_file(memory: Memory, cwd: Path) -> list[StandingRule]:
    """Rules that the memory holds for this project, and that its file does not say."""
    said = {piece.said for piece in source.read(source.root_of(cwd)).pieces}
    accepted = await accepted_at(memory, cwd)
    return [one for one in accepted if one.scope == "project" and folded(one.text) not in said]
