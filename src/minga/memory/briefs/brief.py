"""The block that an agent gets before its task: rules, habits, and the pieces of memory that are worth their tokens."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from minga.domain.digests import Episode
from minga.domain.memory import ItemId, MemoryBrief, Piece, Recalled, Rule
from minga.domain.secrecy import UserName
from minga.memory.briefs import tokens
from minga.memory.briefs.choosing import choose
from minga.memory.briefs.defusing import TAG, defused, one_line
from minga.memory.briefs.lines import Line, Option, Sourced, of_episode, of_fact, of_passage, says
from minga.memory.briefs.salience import asked
from minga.memory.briefs.texts import ENGLISH, SPANISH, Texts

HABITS_SHARE = 0.2
"""Of the room behind the rules, that habits take at most."""

FACTS_SHARE = 0.25
"""Of the room behind rules and habits, that facts take at most."""

ACCEPTED = "you accepted it"
"""Why a rule or a habit is told."""

OF_PROJECT = "it stands in .minga/rules.md"
"""Why a rule of the project is told."""


def compose(
    rules: Sequence[Rule],
    recalled: Sequence[Recalled],
    facts: Sequence[Sourced],
    habits: Mapping[ItemId, str],
    question: str,
    budget_tokens: int,
    words: Texts,
    episodes: Sequence[Episode] = (),
    user: UserName | None = None,
    project_rules: Sequence[Rule] = (),
) -> MemoryBrief:
    """At most ``budget_tokens`` tokens, as `tokens.count` counts; empty where there is nothing to tell or no room.

    All accepted rules; if they alone need more, as many as fit, those first that were said first, and how many are left
    out. Then in the same way ``project_rules``, which the project keeps in a file. Then habits, in the order given.
    Then, in order of day and session, so that the same pieces give the same bytes, what of ``recalled`` is worth most
    to ``question``, and of ``facts``, the most important first, what these do not say. What was corrected is left out;
    what something newer has ended, too, unless it is told until when it was true. ``episodes``: sessions of
    ``recalled`` that may be told in short. ``user``: whose memory it is, so that the words of others are told as
    theirs; None where all are one user's.
    """
    room = budget_tokens - sum(map(_size, (f"<{TAG}>", words.head, f"</{TAG}>")))
    told_rules, rules_text = _rules(rules, room, words, words.rules, ACCEPTED)
    room -= sum(map(_size, rules_text))
    of_project, project_text = _rules(project_rules, room, words, words.project_rules, OF_PROJECT)
    told_rules, rules_text = [*told_rules, *of_project], [*rules_text, *project_text]
    left_out = sum(one.state == "accepted" for one in (*rules, *project_rules)) - len(told_rules)
    room -= sum(map(_size, project_text))
    told_habits, habits_text = _habits(habits, int(room * HABITS_SHARE), words)
    room -= sum(map(_size, habits_text))
    told = [one for one in facts if one.fact.recorded_to is None]
    pieces, record = _record(_lines(recalled, episodes, question, words, user), told, room, words)
    if not (rules_text or habits_text or record):
        return MemoryBrief("", (), 0, left_out)
    text = "\n".join([f"<{TAG}>", words.head, *rules_text, *habits_text, *record, f"</{TAG}>"]) + "\n"
    return MemoryBrief(text, (*told_rules, *told_habits, *pieces), tokens.count(text), left_out)


def _size(line: str) -> int:
    return tokens.count(line + "\n")


def without_rules(brief: MemoryBrief, is_known: Callable[[str], bool]) -> str:
    """The text for whom some of its rules are known already; empty where nothing else is left."""
    known = {f"- {piece.text}" for piece in brief.pieces if piece.kind == "rule" and is_known(piece.rule)}
    lines = [line for line in brief.text.split("\n") if line not in known]
    heads = {head for each in (ENGLISH, SPANISH) for head in (each.rules, each.project_rules)}
    kept = [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if line not in heads or after.startswith(("- ", "("))
    ]
    return "\n".join(kept) if len(kept) > _FRAME else ""


_FRAME = 4
"""Lines of a block that says nothing: its tags, its head, and the end."""


def _rules(rules: Sequence[Rule], room: int, words: Texts, head: str, why: str) -> tuple[list[Piece], list[str]]:
    accepted = sorted(
        (one for one in rules if one.state == "accepted"),
        key=lambda one: (one.first_said is None, one.first_said or datetime.min, one.id),
    )
    lines = {one.id: f"- {one_line(defused(one.told))}" for one in accepted}
    kept = list(lines)
    while kept and sum(map(_size, _listing(lines, kept, words, head))) > room:
        kept.pop()
    pieces = [
        Piece(one.id, "rule", lines[one.id][2:], None, _size(lines[one.id]), reasons=(why,), rule=one.text)
        for one in sorted(accepted, key=lambda one: one.id)
        if one.id in kept
    ]
    listing = _listing(lines, kept, words, head)
    return pieces, listing if sum(map(_size, listing)) <= room else []


def _listing(lines: dict[ItemId, str], kept: Sequence[ItemId], words: Texts, head: str) -> list[str]:
    missing = len(lines) - len(kept)
    told = [words.left_out.format(missing)] if missing else []
    return [head, *(lines[one] for one in sorted(kept)), *told] if lines else []


def _habits(habits: Mapping[ItemId, str], room: int, words: Texts) -> tuple[list[Piece], list[str]]:
    """As many as fit, in the order given."""
    room -= _size(words.habits)
    kept: list[Piece] = []
    for item, habit in habits.items():
        text = one_line(defused(habit))
        size = _size(f"- {text}")
        if text and size <= room:
            kept.append(Piece(item, "habit", text, None, size, reasons=(ACCEPTED,)))
            room -= size
    return kept, [words.habits, *(f"- {one.text}" for one in kept)] if kept else []


def _lines(
    recalled: Sequence[Recalled], episodes: Sequence[Episode], question: str, words: Texts, user: UserName | None
) -> list[Line]:
    since = {one.passage.id: one.passage.source.at for one in recalled}
    wanted = asked(question, [one.passage.text for one in recalled])
    lines: dict[ItemId, Line] = {}
    for one in recalled:
        until = one.ended or (since.get(one.superseded_by) if one.superseded_by else None)
        if until or not one.superseded_by:
            lines[one.passage.id] = of_passage(one, until, wanted, words, user)
    for episode in episodes:
        own = [one.confidence for one in recalled if one.passage.source.session_id == episode.session_id]
        line = of_episode(episode, max(own, default=0.0), wanted, words)
        lines[line.item] = line
    return sorted((one for one in lines.values() if one.options), key=lambda one: one.order)


def _record(lines: Sequence[Line], facts: Sequence[Sourced], room: int, words: Texts) -> tuple[list[Piece], list[str]]:
    room -= _size(words.record)
    chosen = choose(lines, room, _cost)
    stated = _unsaid(facts, chosen, int(room * FACTS_SHARE), words)
    pieces, texts = _told([*chosen, *stated])
    if sum(map(_size, texts)) > room:
        taken = sum(_size(_with_source(line, option, stands=False)) for line, option in stated)
        chosen = choose(lines, room - taken, _cost)
        unsaid = {line.item for line, _ in _unsaid(facts, chosen, int(room * FACTS_SHARE), words)}
        pieces, texts = _told([*chosen, *(one for one in stated if one[0].item in unsaid)])
    while chosen and sum(map(_size, texts)) > room:  # marks are in full again where sources take turns
        chosen = chosen[:-1]
        pieces, texts = _told([*chosen, *(one for one in stated if one[0].item in {each.item for each in pieces})])
    return pieces, [words.record, *texts] if texts else []


def _told(chosen: Sequence[tuple[Line, Option]]) -> tuple[list[Piece], list[str]]:
    pieces: list[Piece] = []
    texts: list[str] = []
    before = ""
    for line, option in sorted(chosen, key=lambda one: one[0].order):
        text = _with_source(line, option, stands=line.group == before)
        pieces.append(line.piece(option, text))
        texts.append(text)
        before = line.group
    return pieces, texts


def _unsaid(
    facts: Sequence[Sourced], chosen: Sequence[tuple[Line, Option]], room: int, words: Texts
) -> list[tuple[Line, Option]]:
    """The facts that no piece tells, as many as fit. What is disputed is told whole: a piece tells one side of it."""
    kept: list[tuple[Line, Option]] = []
    for one in facts:
        line = of_fact(one, words)
        size = _size(_with_source(line, line.options[0], stands=False))
        if size <= room and (
            one.fact.disputed or not any(says(each.item, option.text, one.fact) for each, option in chosen)
        ):
            kept.append((line, line.options[0]))
            room -= size
    return kept


def _cost(line: Line, stands: bool) -> int:
    return tokens.count(_mark(line, stands=stands))


def _with_source(line: Line, option: Option, *, stands: bool) -> str:
    return _mark(line, stands=stands) + option.text


def _mark(line: Line, *, stands: bool) -> str:
    """In full where another day or session begins."""
    return f"[{line.own}] " if stands else f"[{line.group} {line.own}] "
