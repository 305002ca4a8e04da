"""What an agent was not told yet, of all that may stand in its brief; and nothing twice."""

from collections.abc import Collection, Sequence

from minga.domain.memory import NoteKind, Recalled, Recollection, Rule
from minga.domain.rules import folded
from minga.memory.briefs.lines import Sourced
from minga.memory.index.noted import Noted


def passages(
    found: Recollection, known_rules: Sequence[Rule], notes: Sequence[Noted], given: Collection[str]
) -> list[Recalled]:
    """Those near the task, without what the agent was ``given``. A rule, and what was decided about rules and habits,
    is told as such, or not at all."""
    if not found.is_near:
        return []
    said = {source for rule in known_rules for source in rule.sources}
    ruling = [one for one in notes if one.note.kind is NoteKind.RULE or one.note.about[:1] in ("r", "h")]
    apart = {one.passage.source.session_id for one in ruling}
    elsewhere = [one for one in found.recalled if one.passage.source.session_id not in apart]
    return [one for one in elsewhere if one.passage.id not in given and one.passage.id not in said]


def rules(known: Sequence[Rule], given: Collection[str], already: Collection[str]) -> list[Rule]:
    """``already``: those that the agent knows by itself (`folded`)."""
    return [rule for rule in known if rule.id not in given and folded(rule.text) not in already]


def of_project(in_file: Sequence[Rule], known: Sequence[Rule]) -> list[Rule]:
    """Those of the project's file that are not among the accepted ones."""
    accepted = {folded(rule.text) for rule in known if rule.state == "accepted"}
    return [rule for rule in in_file if folded(rule.text) not in accepted]


def facts(touched: Sequence[Sourced], given: Collection[str]) -> list[Sourced]:
    """Without those of which the agent was given the fact, or what says it."""
    return [one for one in touched if not {one.fact.id, *one.fact.sources} & set(given)]
