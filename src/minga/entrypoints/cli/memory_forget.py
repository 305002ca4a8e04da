"""`minga memory forget`: what is chosen is destroyed everywhere, and it is shown that it is gone."""

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.digests import Episode
from minga.domain.errors import BadInput, MingaError, UnknownSession
from minga.domain.habits import Habit
from minga.domain.ids import SessionId
from minga.domain.memory import NOTE_SESSION, Fact, ItemId, Passage, Rule
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.keeping import confirm
from minga.entrypoints.cli.memory_facts import row
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.receipt import keep
from minga.entrypoints.cli.spans import EARLIEST, LATEST, span
from minga.entrypoints.cli.users import say_left
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.evidence import Item
from minga.memory.index import digested, reading
from minga.memory.naming import names
from minga.memory.passages import PASSAGE_LENGTH
from minga.pipeline.forgetting import Proof
from minga.pipeline.hidden import in_messages, line_of, longest_line
from minga.pipeline.items import find_item
from minga.pipeline.remembering import places_of
from minga.sessions.looking import Topic, Words, unescaped
from minga.storage.instants import to_micros

HELP = """Forget for real: the messages, what was derived from them, and the keys that open them in backups.

Choose items, or all that holds some words, names a person, was said in a session or in a span of time. Of a fact (f…)
or rule (r…) all is forgotten that it rests on; of a session in short (d…) only what models said. What else goes with it
is shown first. A session of which messages are forgotten gets a new id; its old key is destroyed, with a signed
receipt.

\b
  minga memory forget t5ab3c
  minga memory forget f3ab07
  minga memory forget --topic "contraseña del wifi"
  minga memory forget --person "Rosa Pérez" --everywhere --yes
  minga memory forget --since 2026-03-01 --until 2026-03-02
"""

FRAGMENT_LENGTH = 80
SHOWN_MAX = 20

_NO_NAME = re.compile(r"[\d@_/]|^\W*$")
"""A RUT, an address, a handle: as it is written, and no words that may stand apart."""


@click.command("forget", cls=Verb, help=HELP)
@click.argument("items", nargs=-1)
@option("--topic", metavar="WORDS", help="All that holds every one of these words.")
@option("--person", metavar="NAME", help="All that names this person.")
@option("--session", metavar="ID", help="All of this session, and the session itself.")
@option("--since", metavar="WHEN", help="Said from this date (your time) on: 2026-11-24, or so long ago: 7d, 12h, 2w.")
@option("--until", metavar="WHEN", help="Said up to the end of this date (your time), or up to so long ago.")
@option(
    "--everywhere",
    is_flag=True,
    help="In all your projects, not only this directory's; of items also what says the same in the same words.",
)
@option("--yes", is_flag=True, help="Do not ask.")
@option("--json", "as_json", is_flag=True, help="The proof as one JSON object.")
@click.pass_obj
def forget(desk: Desk, /, items: tuple[str, ...], yes: bool, as_json: bool, **given: Any) -> int:
    return desk.run(lambda minga: _forget(desk, minga, items, given, yes=yes, as_json=as_json))


async def _forget(
    desk: Desk, minga: Minga, items: Sequence[str], given: dict[str, Any], *, yes: bool, as_json: bool
) -> int:
    if behind := await minga.memory.caught_up():
        raise behind  # before anything is chosen
    session = await minga.history.resolve(given["session"]) if given["session"] else None
    named = [await find_item(minga.memory, item, datetime.now(UTC)) for item in items]
    chosen = await _chosen(desk, minga, named, given, session)
    digests = await _digests(desk, minga, named, given)
    if not chosen and not digests and session is None:
        print(desk.say("Nothing of that is remembered."), file=sys.stderr)
        return 1
    going = await _going(minga, chosen, [*digests, *([session] if session else [])])
    if not yes:
        again = await _said_again(minga, named, chosen)
        confirm(desk, [*_lines(desk, chosen, list(digests.values()), going), *_again(desk, again)])
    sought = _sought(given) or await _fragments(minga, chosen, digests.values())
    destroyed = await _destroy(desk, minga, chosen, session)
    await _destroy_digests(desk, minga, digests)
    facts = await _gone(desk, minga, going.facts)
    proofs: dict[str, Proof] = {}
    for one in sought:
        proofs[_unlike(one.shown, proofs)] = await minga.forgetting.proof(one.words, one.are_in)
    if as_json:
        print(msgspec.json.encode({"forgotten": len(destroyed), "facts": facts, "proofs": proofs}).decode())
    else:
        _tell(desk, len(destroyed), facts, proofs)
    if any(place.unread for proof in proofs.values() for place in proof.places):
        complain(
            desk.say("Not everything could be looked at; what is told as forgotten is gone all the same."),
            desk.say("Make room where a disk is full, then look for the words: minga memory search, sessions search."),
        )
    return 0 if all(proof.is_gone for proof in proofs.values()) else 1


@dataclass(frozen=True, slots=True)
class _Sought:
    """``are_in``: whether ``words`` stand in a text, as what is forgotten is chosen, and so as it is looked for;
    ``fit``: whether they are meant where all of them stand by their stems."""

    shown: str
    words: str
    are_in: Callable[[str], bool]
    fit: Callable[[str], bool] = bool


def _sought(given: dict[str, Any]) -> list[_Sought]:
    """A topic and a person."""
    topic, person = ((given[name] or "").strip() for name in ("topic", "person"))
    found = [_topic(topic)] if topic else []
    if person and not _NO_NAME.search(person):
        is_named = names(person)

        def are_in(text: str) -> bool:
            return is_named(unescaped(text))

        found.append(_Sought(person, person, are_in, are_in))
    elif person:
        found.append(_topic(person))
    return found


def _topic(words: str) -> _Sought:
    topic = Topic(words, PASSAGE_LENGTH)
    return _Sought(words, words, topic.are_in, topic.signs_are_in)


def _unlike(shown: str, others: Collection[str]) -> str:
    """Two passages may look the same where each hides a secret of its own."""
    names = (f"{shown} ({number})" if number > 1 else shown for number in count(1))
    return next(name for name in names if name not in others)


def _tell(desk: Desk, forgotten: int, facts: Sequence[ItemId], proofs: Mapping[str, Proof]) -> None:
    print(desk.say.counted(forgotten, "Forgotten: 1 passage.", "Forgotten: {count} passages."))
    if facts:
        print(desk.say("With them went: {facts}.", facts=", ".join(facts)))
    for text, proof in proofs.items():
        _show(desk, text, proof)


@dataclass(frozen=True, slots=True)
class _Going:
    """What becomes of facts and rules: those that rest on nothing else, and facts that are believed ``again``, since
    what corrected them goes."""

    facts: Sequence[Fact]
    rules: Sequence[Rule]
    again: Sequence[Fact]


async def _going(minga: Minga, chosen: Sequence[Passage], whole: Sequence[SessionId]) -> _Going:
    """With any message of a session go all that models said of it; ``whole`` sessions and digests go themselves."""
    gone, sessions = {one.id for one in chosen}, {*whole, *(one.source.session_id for one in chosen)}
    left = {one.id: one for one in await minga.memory.facts_without(gone, sessions)}
    before = await minga.memory.facts()
    again = [one for one in before if one.recorded_to and one.id in left and left[one.id].recorded_to is None]
    rules = [one for one in await minga.memory.rules() if gone.issuperset(one.sources)]
    return _Going([one for one in before if one.id not in left], rules, again)


def _lines(desk: Desk, chosen: Sequence[Passage], headlines: Sequence[str], going: _Going) -> list[str]:
    say = desk.say
    shown = [f"{one.id}  {' '.join((one.text or one.done).split())[:100]}" for one in chosen]
    lines = _some(desk, [*shown, *(say("in short: {headline}", headline=one) for one in headlines)])
    facts = [row(desk, one).splitlines()[0] for one in going.facts]
    rules = [f"{one.id}  {visible(one.text)}" for one in going.rules]
    if told := [*facts, *rules]:
        lines += [say("With them go, as they rest on nothing else:"), *_some(desk, told)]
    if going.again:
        again = [row(desk, one).splitlines()[0] for one in going.again]
        lines += [say("Believed again, as what corrects it goes:"), *_some(desk, again)]
    return lines


def _again(desk: Desk, again: Sequence[Passage]) -> list[str]:
    if not again:
        return []
    shown = [f"{one.id}  {visible(one.project)}" for one in again]
    return [desk.say("Said in the same words here too, and kept unless you add --everywhere:"), *_some(desk, shown)]


def _some(desk: Desk, lines: Sequence[str]) -> list[str]:
    more = [desk.say("… and {count} more", count=len(lines) - SHOWN_MAX)] if len(lines) > SHOWN_MAX else []
    return [*lines[:SHOWN_MAX], *more]


async def _chosen(
    desk: Desk, minga: Minga, named: Sequence[Item], given: dict[str, Any], session: SessionId | None
) -> list[Passage]:
    """Raises BadInput where nothing is said to choose by, or a habit is named."""
    memory = minga.memory
    places = None if given["everywhere"] else await places_of(Path.cwd())
    since, until = span(desk.say, given["since"], given["until"], datetime.now(UTC))
    if any(isinstance(one, Habit) for one in named):
        raise BadInput(detail=desk.say("what was seen of a habit is forgotten so: minga memory habits forget"))
    items = [item for one in named for item in _rests_on(one)]
    found = list((await memory.read(partial(reading.by_ids, items=items))).values())
    found += await memory.same_as(items) if given["everywhere"] else []
    if session:
        found += await memory.of_session(session)
    for sought in _sought(given):
        holding = await memory.holding(sought.words, places)
        held = [one for one in holding if sought.fit(one.text) or sought.fit(one.done)]
        hidden = await in_messages(memory, sought.are_in, places, only_secrets=bool(held))
        found += [
            one for one in (*held, *hidden) if (since or EARLIEST) <= (one.source.at or EARLIEST) <= (until or LATEST)
        ]
    if (since or until) and not given["topic"] and not given["person"]:
        found += await memory.in_time(places, since or EARLIEST, until or LATEST)
    elif not (named or session or given["topic"] or given["person"]):
        raise BadInput(detail=desk.say("say what to forget: items, --topic, --person, --session, --since or --until"))
    return await _whole_messages(minga, {one.id: one for one in found})


async def _said_again(minga: Minga, named: Sequence[Item], chosen: Sequence[Passage]) -> list[Passage]:
    """Passages that say just what an item says, or rests on, and that are not chosen."""
    known = {one.id for one in chosen}
    same = await minga.memory.same_as([item for one in named for item in _rests_on(one)])
    return [one for one in same if one.id not in known]


async def _whole_messages(minga: Minga, chosen: dict[ItemId, Passage]) -> list[Passage]:
    """A message is forgotten whole, however many passages it was cut into."""
    messages = {(one.source.session_id, one.source.message_id) for one in chosen.values() if one.kind == "turn"}
    for session_id in {one for one, _ in messages}:
        for one in await minga.memory.of_session(session_id):
            if (session_id, one.source.message_id) in messages:
                chosen.setdefault(one.id, one)
    return list(chosen.values())


def _rests_on(item: Item) -> tuple[ItemId, ...]:
    match item:
        case Passage():
            return (item.id,)
        case Rule() | Fact():
            return item.sources
        case Habit() | Episode():
            return ()


async def _digests(desk: Desk, minga: Minga, named: Sequence[Item], given: dict[str, Any]) -> dict[SessionId, str]:
    """What models said, with its headline, in which the words stand: whichever messages it was read out of, of sessions
    of the span of time; and all that they said of the sessions ``named``."""
    places = None if given["everywhere"] else await places_of(Path.cwd())
    since, until = span(desk.say, given["since"], given["until"], datetime.now(UTC))
    within = (to_micros(since or EARLIEST), to_micros(until or LATEST)) if since or until else None
    found: dict[SessionId, str] = {}
    for one in named:
        if isinstance(one, Episode):
            found.update(await minga.memory.read(partial(digested.kept, session_id=one.session_id)))
    for sought in _sought(given):
        work = partial(digested.holding, places=places, are_in=sought.are_in, within=within)
        found.update(await minga.memory.read(work))
    return found


async def _destroy(desk: Desk, minga: Minga, chosen: Sequence[Passage], whole: SessionId | None) -> list[Passage]:
    """What of it is gone. A note is a session of its own. What was shared by others stays theirs, and is told."""
    messages: dict[SessionId, set[str]] = {whole: set()} if whole else {}
    for one in sorted(chosen, key=lambda one: one.kind):  # notes first: none that goes is copied with a session
        messages.setdefault(one.source.session_id, set()).add(one.source.message_id)
    left = partial(say_left, desk)
    kept: set[SessionId] = set()
    for session_id, ids in messages.items():
        try:
            if session_id == whole or session_id.startswith(NOTE_SESSION):
                keep(desk.settings, await minga.retention.delete(session_id, left))
            else:
                done = await minga.forgetting.forget_messages(session_id, ids, left)
                for receipt in (done.receipt, *done.notes):
                    keep(desk.settings, receipt)
        except UnknownSession:  # another process has forgotten it
            continue
        except MingaError as wrong:
            kept.add(session_id)
            message, remedy = desk.say.error(wrong)
            complain(message, remedy)
    return [one for one in chosen if one.source.session_id not in kept]


async def _gone(desk: Desk, minga: Minga, facts: Sequence[Fact]) -> list[ItemId]:
    """Those of them that are known no more. Where there is no room to find out, that is told."""
    if behind := await minga.memory.caught_up():
        complain(*desk.say.error(behind))
        return []
    known = {one.id for one in await minga.memory.facts()}
    return [one.id for one in facts if one.id not in known]


async def _destroy_digests(desk: Desk, minga: Minga, digests: Iterable[SessionId]) -> None:
    """Those that have not gone with their session. What was shared by others stays theirs, and is told."""
    for digest in digests:
        try:
            with suppress(UnknownSession):
                keep(desk.settings, await minga.retention.delete(digest))
        except MingaError as wrong:
            message, remedy = desk.say.error(wrong)
            complain(message, remedy)


async def _fragments(minga: Minga, chosen: Sequence[Passage], headlines: Iterable[str]) -> list[_Sought]:
    """Of what is to be forgotten, something to look for: the longest line of each, as it was said, and headlines. What
    is shown of it hides secrets, as passages do."""
    lines = [(one, one) for one in headlines]
    for one in chosen[:SHOWN_MAX]:
        with suppress(UnknownSession):  # another process has forgotten it
            lines.append((longest_line(one.text or one.done), await line_of(minga.history, one)))
    cut = ((shown.strip()[:FRAGMENT_LENGTH], words.strip()[:FRAGMENT_LENGTH]) for shown, words in lines)
    return [_Sought(shown, words, Words(words).are_in) for shown, words in dict.fromkeys(cut) if words]


def _show(desk: Desk, text: str, proof: Proof) -> None:
    say = desk.say
    print(say("Looked for {words!r}:", words=visible(text)))
    for place in proof.places:
        gone = say("nothing found") if not place.found else say("found: {where}", where=", ".join(place.found[:5]))
        unread = "; " + say("could not be read: {what}", what=", ".join(place.unread)) if place.unread else ""
        closed = "; " + say("{count} that no key opens any more", count=place.closed) if place.closed else ""
        print(f"  {say(place.name)}: {place.looked}, {visible(gone)}{closed}{unread}")
