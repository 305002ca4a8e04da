"""The block that an agent gets before its task: rules, habits, and the pieces of memory that are worth their tokens."""

from collections.abc import Sequence
from datetime import datetime

from minga.domain.digests import Episode
from minga.domain.memory import Fact, ItemId, MemoryBrief, Piece, Recalled, Rule
from minga.memory.briefs import tokens
from minga.memory.briefs.choosing import choose
from minga.memory.briefs.defusing import TAG, defused, one_line
from minga.memory.briefs.lines import Line, Option, of_episode, of_fact, of_passage
from minga.memory.briefs.salience import asked
from minga.memory.briefs.texts import Texts

HABITS_SHARE = 0.2
"""Of the room behind the rules, that habits take at most."""

_AS_ABOVE = "…"


def compose(
    rules: Sequence[Rule],
    recalled: Sequence[Recalled],
    facts: Sequence[Fact],
    habits: Sequence[str],
    question: str,
    budget_tokens: int,
    words: Texts,
    episodes: Sequence[Episode] = (),
) -> MemoryBrief:
    """At most ``budget_tokens`` tokens, as `tokens.count` counts; empty where there is nothing to tell or no room.

    All accepted rules; if they alone need more, as many as fit, those first that were said first, and how many are left
    out. Then, in order of day and session, so that the same pieces give the same bytes, what of ``recalled`` and
    ``facts`` is worth most to ``question``. What was corrected is left out; what something newer has ended, too, unless
    it is told until when it was true. ``episodes``: sessions of ``recalled`` that may be told in short.
    """
    room = budget_tokens - sum(map(_size, (f"<{TAG}>", words.head, f"</{TAG}>")))
    told_rules, rules_text = _rules(rules, room, words)
    room -= sum(map(_size, rules_text))
    told_habits, habits_text = _habits(habits, int(room * HABITS_SHARE), words)
    room -= sum(map(_size, habits_text))
    pieces, record = _record(_lines(recalled, facts, episodes, question, words), room, words)
    if not (rules_text or habits_text or record):
        return MemoryBrief("", (), 0)
    text = "\n".join([f"<{TAG}>", words.head, *rules_text, *habits_text, *record, f"</{TAG}>"]) + "\n"
    return MemoryBrief(text, (*told_rules, *told_habits, *pieces), tokens.count(text))


def _size(line: str) -> int:
    return tokens.count(line + "\n")


def _rules(rules: Sequence[Rule], room: int, words: Texts) -> tuple[list[Piece], list[str]]:
    accepted = sorted(
        (one for one in rules if one.state == "accepted"),
        key=lambda one: (one.first_said is None, one.first_said or datetime.min, one.id),
    )
    lines = {one.id: f"- {one_line(defused(one.text))}" for one in accepted}
    kept = list(lines)
    while kept and sum(map(_size, _listing(lines, kept, words))) > room:
        kept.pop()
    pieces = [
        Piece(one.id, "rule", lines[one.id][2:], None, _size(lines[one.id]))
        for one in sorted(accepted, key=lambda one: one.id)
        if one.id in kept
    ]
    listing = _listing(lines, kept, words)
    return pieces, listing if sum(map(_size, listing)) <= room else []


def _listing(lines: dict[ItemId, str], kept: Sequence[ItemId], words: Texts) -> list[str]:
    missing = len(lines) - len(kept)
    told = [words.left_out.format(missing)] if missing else []
    return [words.rules, *(lines[one] for one in sorted(kept)), *told] if lines else []


def _habits(habits: Sequence[str], room: int, words: Texts) -> tuple[list[Piece], list[str]]:
    """As many as fit, in the order given."""
    room -= _size(words.habits)
    kept: list[Piece] = []
    for habit in habits:
        text = one_line(defused(habit))
        size = _size(f"- {text}")
        if text and size <= room:
            kept.append(Piece(ItemId(""), "habit", text, None, size))
            room -= size
    return kept, [words.habits, *(f"- {one.text}" for one in kept)] if kept else []


def _lines(
    recalled: Sequence[Recalled], facts: Sequence[Fact], episodes: Sequence[Episode], question: str, words: Texts
) -> list[Line]:
    since: dict[ItemId, datetime | None] = {one.id: one.valid_from for one in facts}
    since |= {one.passage.id: one.passage.source.at for one in recalled}
    wanted = asked(question, [one.passage.text for one in recalled])
    lines: dict[ItemId, Line] = {}
    for one in recalled:
        until = since.get(one.superseded_by) if one.superseded_by else None
        if until or not one.superseded_by:
            lines[one.passage.id] = of_passage(one, until, wanted, words)
    for fact in facts:
        if fact.recorded_to is None:
            lines[fact.id] = of_fact(fact, wanted, words)
    for episode in episodes:
        own = [one.confidence for one in recalled if one.passage.source.session_id == episode.session_id]
        line = of_episode(episode, max(own, default=0.0), wanted, words)
        lines[line.item] = line
    return sorted((one for one in lines.values() if one.options), key=lambda one: one.order)


def _record(lines: Sequence[Line], room: int, words: Texts) -> tuple[list[Piece], list[str]]:
    room -= _size(words.record)
    chosen = choose(lines, room, lambda line, stands: tokens.count(_mark(line, stands=stands)))
    pieces: list[Piece] = []
    texts: list[str] = []
    before = ""
    for line, option in sorted(chosen, key=lambda one: one[0].order):
        text = _with_source(line, option, stands=line.group == before)
        pieces.append(line.piece(option, text))
        texts.append(text)
        before = line.group
    return pieces, [words.record, *texts] if texts else []


def _with_source(line: Line, option: Option, *, stands: bool) -> str:
    return _mark(line, stands=stands) + option.text


def _mark(line: Line, *, stands: bool) -> str:
    """In full where another day or session begins."""
    return f"[{_AS_ABOVE if stands else line.group} · {line.own}] "
