"""Standing rules: instructions that were found in what persons said, and what became of them."""

from collections.abc import Iterable
from dataclasses import replace

from minga.domain.memory import ItemId, NoteKind, Passage, Rule, RuleState
from minga.domain.rules import folded
from minga.domain.secrecy import UserName
from minga.memory.ids import item_id
from minga.memory.index.noted import Noted, Proposed


def rules(proposed: Iterable[Proposed], noted: Iterable[Noted], user: UserName) -> list[Rule]:
    """One rule for all that say the same, in the order of their ids. What ``user`` said last of one counts; a rule of
    somebody else is proposed, for its project."""
    found: dict[ItemId, Rule] = {}
    for one in proposed:
        project = "" if one.proposal.scope == "user" else one.passage.project
        _add(found, one.proposal.text, project, one.passage, "proposed")
    notes = sorted(noted, key=lambda each: (str(each.passage.source.at), each.passage.id))
    for each in notes:
        is_own = each.passage.owner == user
        if each.note.kind is NoteKind.RULE:
            _add(found, each.note.text, each.passage.project, each.passage, "accepted" if is_own else "proposed")
        state = _STATES.get(each.note.kind) if is_own else None
        if state and (rule := found.get(each.note.about)):
            found[rule.id] = replace(rule, state=state)
    return [found[item] for item in sorted(found)]


def rule_id(text: str, project: str) -> ItemId:
    """The same instruction has one id, whatever its case, accents and punctuation."""
    return item_id("r", folded(text), project)


_STATES: dict[NoteKind, RuleState] = {NoteKind.ACCEPTANCE: "accepted", NoteKind.REJECTION: "rejected"}


def _add(found: dict[ItemId, Rule], text: str, project: str, said: Passage, state: RuleState) -> None:
    item = rule_id(text, project)
    before = found.get(item)
    if before is None:
        found[item] = Rule(item, text, project, state, said.source.at, (said.id,))
    else:
        sources = tuple(dict.fromkeys((*before.sources, said.id)))
        found[item] = replace(before, state="accepted" if state == "accepted" else before.state, sources=sources)
