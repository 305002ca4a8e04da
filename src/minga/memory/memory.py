"""What a user's memory holds, brought up to date whenever it is asked."""

import asyncio
import importlib
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from minga.domain.digests import DIGEST_SESSION, Episode
from minga.domain.errors import StoreFull, StoreUnwritable, UnknownSession, UnreadableModel
from minga.domain.habits import Habit
from minga.domain.ids import SessionId
from minga.domain.meaning import Encoded, Encoder, Reader
from minga.domain.memory import (
    NOTE_SESSION,
    Counts,
    Fact,
    ItemId,
    Log,
    LogKey,
    LogMessage,
    MemoryBrief,
    Note,
    NoteKind,
    Passage,
    Question,
    Recalled,
    Recollection,
    Rule,
)
from minga.domain.secrecy import UserName
from minga.infrastructure import numbers
from minga.memory import embedding, evidence
from minga.memory.checkup import Checkup, checkup
from minga.memory.evidence import Cited, Item, Span, Standing, Why
from minga.memory.exchange import Content, Kept, kept
from minga.memory.file import MemoryFile
from minga.memory.ids import item_id
from minga.memory.index import (
    counting,
    episodes,
    lexical,
    looking,
    meaning,
    noted,
    pages,
    reading,
    state,
    stated,
    writing,
)
from minga.memory.index.noted import Noted
from minga.memory.index.pages import Cache
from minga.memory.judging import READ, answers_first, holds_the_thing, is_to_be_read, judged, newer_first
from minga.memory.picture import Picture, picture
from minga.memory.recall.words import language, terms
from minga.memory.resembling import resembling
from minga.memory.rules import rules
from minga.memory.weighing import read_best
from minga.storage.database import Transaction
from minga.storage.derived import Damaged
from minga.storage.following import TRIES, Follower, OnProgress, Progress, Tables
from minga.storage.instants import to_micros

VERSION = 14
"""Of the derivation: raise it where the same log would give something else now."""

Result = TypeVar("Result")

ALL = 1 << 40
EMBEDDED_AT_ONCE = 16

OBSERVED_FOR = timedelta(days=180)
"""What was done before that weighs less than a sixtieth."""

OBSERVED_MAX = 20_000

MEANING_S = 2.0
"""For how long a question waits for vectors that are still to be made; the rest are made when there is time."""

BRIEF_OF = 20
LONG_BRIEF, LONG_BRIEF_OF = 2500, 40
"""Passages that a brief is made of, and a long one, from so many tokens on, which 20 do not fill; chosen on the
training part of the benchmark (`benchmarks.memory.keeping`)."""


class Memory:
    """``encoder`` gives None where there is none: then only words are compared. ``reader`` likewise: then features of
    the best passage alone say whether anything is known."""

    def __init__(
        self,
        file: MemoryFile,
        log: Log,
        encoder: Callable[[], Encoder | None],
        reader: Callable[[], Reader | None] = lambda: None,
    ) -> None:
        self._file = file
        self._log = log
        self._encoder = encoder
        self._reader = reader
        self._cache = Cache()
        self._follower = Follower(self._file, log, _TABLES, self._take_in)

    async def _take_in(self, keys: Sequence[LogKey]) -> None:
        if entries := await self._log.read(keys):
            await self._file.write(partial(_add, entries=entries, user=self._log.user))

    async def catch_up(self, on_progress: OnProgress = lambda _: None) -> None:
        """Take in what the log has learned since. Raises StoreError."""
        await self._follower.catch_up(on_progress)

    async def caught_up(self, on_progress: OnProgress = lambda _: None) -> StoreFull | StoreUnwritable | None:
        """Take in what there is room for; return why what is newer may be missing. Raises StoreError for all else."""
        try:
            await self.catch_up(on_progress)
        except (StoreFull, StoreUnwritable) as wrong:
            return wrong
        return self._file.unwritable

    async def rebuild(self, on_progress: OnProgress = lambda _: None) -> None:
        """Derive all of it anew from the log. Raises StoreError."""
        with suppress(Damaged):
            await self._file.read(counting.count)  # opens it: only a file that was opened here is taken away
        await self._follower.begin_anew()
        await self.catch_up(on_progress)
        await self.embed(on_progress)

    async def embed(
        self, on_progress: OnProgress = lambda _: None, seconds: float = float("inf"), at_once: int = EMBEDDED_AT_ONCE
    ) -> int:
        """Make the vectors that are missing, the newest first, for so long; return how many are missing then.

        What was begun is finished, also when this is cancelled: ``at_once`` passages take some 20 ms each. Raises
        UnreadableModel, StoreError.
        """
        return await self._follower.mending(lambda: self._embed(on_progress, seconds, at_once), on_progress)

    async def _embed(self, on_progress: OnProgress, seconds: float, at_once: int) -> int:
        encoder = await asyncio.to_thread(self._encoder)
        return await embedding.embed(self._file, encoder, on_progress, seconds, at_once) if encoder else 0

    async def has_encoder(self) -> bool:
        """Whether there is a model that makes vectors."""
        return await asyncio.to_thread(self._encoder) is not None

    async def recall(
        self, question: Question, on_progress: OnProgress = lambda _: None, embed_s: float = MEANING_S
    ) -> Recollection:
        """What answers ``question``, best first; brings the memory up to date first, and makes vectors for at most
        ``embed_s``. Without any vector, or with a model that cannot be used, only words are compared. Where there is no
        room to take anything in, it answers from what there is. Raises StoreError."""
        wide = replace(question, limit=max(question.limit, READ))  # what is known does not depend on how many are told
        found = await self._brought(wide, on_progress, embed_s)
        read = await self._read_with(question, found)
        told = newer_first(read.recalled) if question.is_read else read.recalled
        return replace(read, recalled=told[: question.limit])

    async def _read_with(self, question: Question, found: Recollection) -> Recollection:
        """Whether one of the best passages answers, by reading them, and first the one that is likeliest to; where that
        cannot tell, or is not wanted, as it was, but what holds all words before what only asks."""
        is_possible = question.is_read and found.recalled and found.by_meaning
        can_tell = is_possible and is_to_be_read(question.words, found.recalled[:READ])
        reader = await asyncio.to_thread(self._reader) if can_tell else None
        if reader is None:
            return replace(found, recalled=answers_first(found.recalled, holds_the_thing(question.words)))
        try:
            answers = await read_best(self.read, reader, question, found)
        except UnreadableModel as wrong:
            return replace(found, unread=wrong)
        return judged(question.words, found, answers)

    async def _brought(self, question: Question, on_progress: OnProgress, embed_s: float) -> Recollection:
        work = partial(self._brought_once, question, on_progress, embed_s)
        return await self._follower.mending(work, on_progress)

    async def _brought_once(self, question: Question, on_progress: OnProgress, embed_s: float) -> Recollection:
        """Raises Damaged, and StoreError."""
        behind = await self.caught_up(on_progress)
        unread: UnreadableModel | None = None
        try:
            if embed_s and behind is None:
                await self.embed(seconds=embed_s)
        except (StoreFull, StoreUnwritable) as wrong:
            behind = wrong
        except UnreadableModel as wrong:
            unread = wrong
        found = await self._recall(question, on_progress)
        return replace(found, behind=found.behind or behind, unread=found.unread or unread)

    async def _recall(self, question: Question, on_progress: OnProgress) -> Recollection:
        made, waiting = await self._file.read(meaning.standing)
        encoded, unread = None, None
        try:
            encoded = await asyncio.to_thread(self._encoded, question.words) if made else None
        except UnreadableModel as wrong:
            unread = wrong
        numbers.prepare()
        recalling = importlib.import_module("minga.memory.recalling")  # brings a library for numbers with it
        near = importlib.import_module("minga.memory.index.near")
        work = partial(recalling.recall, cache=self._cache, question=question)
        found: Recollection
        behind: StoreFull | StoreUnwritable | None = None
        for _ in range(3):
            try:
                found = await self._file.read(partial(work, encoded=encoded, waiting=waiting))
                return replace(found, unread=unread)
            except near.PagesDamaged as damaged:
                mend = partial(pages.drop, pages=damaged.pages)
            except meaning.WrongLength:
                assert encoded is not None  # else no lengths are compared
                mend = partial(meaning.mend, dimensions=len(encoded.vector) // embedding.BYTES_A_NUMBER)
            try:
                await self._file.write(mend)
                waiting = await self._make_again(on_progress)
            except (StoreFull, StoreUnwritable) as wrong:
                behind = wrong
                break
        found = await self._file.read(partial(work, encoded=None, waiting=waiting))
        return replace(found, unread=unread, behind=behind)

    def _encoded(self, words: str) -> Encoded | None:
        encoder = self._encoder()
        return encoder.question(words) if encoder else None

    async def _make_again(self, on_progress: OnProgress) -> int:
        """Vectors that could not be used; those for which there is no time now are waiting."""
        total = await self.read(meaning.waiting)
        on_progress(Progress("damaged", 0, total))
        return await self.embed(on_progress, MEANING_S)

    async def passages(self, prefix: str) -> list[Passage]:
        """The passages whose id begins so, at most five. Only what was taken in."""
        return await self.read(partial(reading.passages_like, prefix=prefix))

    async def note(self, session_id: SessionId) -> Passage:
        """The first passage of a note that was just made; another process may make the file anew meanwhile. Raises
        StoreError, and UnknownSession where it was forgotten since."""
        for _ in range(TRIES):
            await self.catch_up()
            if passages := await self.of_session(session_id):
                return passages[0]
        raise UnknownSession(session=session_id)

    async def holding(self, words: str, places: Sequence[str] | None) -> list[Passage]:
        """All passages that hold every one of the words, the first ones first."""
        return await self.read(partial(reading.holding, terms=terms(words), places=places))

    async def same_as(self, items: Sequence[ItemId]) -> list[Passage]:
        """The items, and all passages that say just the same."""
        return await self.read(partial(reading.same_as, items=items))

    async def alike(self, item: ItemId) -> list[Passage]:
        """The passage, and all that say the same in the same words, the first one first."""
        return await self.read(partial(reading.alike, item=item))

    async def resembling(self, passage: Passage) -> list[Passage]:
        """Those that say nearly the same in other words than its own, the first one first."""
        return await self.read(partial(resembling, passage=passage))

    async def of_session(self, session_id: SessionId) -> list[Passage]:
        return await self.read(partial(reading.of_session, session_id=session_id))

    async def episode(self, session_id: SessionId) -> Episode | None:
        """The session in short; None where nothing is stated outright, and no model has read it."""
        return await self.read(partial(episodes.episode, session_id=session_id))

    async def episodes(self, prefix: str) -> dict[ItemId, Episode]:
        """The sessions of which a model made a digest and whose name in a brief begins so, at most five."""
        return await self.read(partial(episodes.named, prefix=prefix))

    async def in_time(
        self, places: Sequence[str] | None, since: datetime, until: datetime, limit: int = ALL
    ) -> list[Passage]:
        """What was said in a span of time, the first first."""
        work = partial(reading.in_time, places=places, since=to_micros(since), until=to_micros(until), limit=limit)
        return await self.read(work)

    async def timeline(
        self, words: str, places: Sequence[str] | None, since: datetime, until: datetime, limit: int
    ) -> tuple[list[Passage], bool]:
        """The last ``limit`` passages of a span of time that hold every word, in order; and whether there are earlier
        ones. What has no date is in no timeline."""
        span = to_micros(since), to_micros(until)
        work = partial(reading.latest, places=places, terms=terms(words), span=span, limit=limit + 1)
        found = await self.read(work)
        return found[:limit][::-1], len(found) > limit

    async def picture(self, places: Sequence[str] | None, until: datetime | None = None) -> Picture:
        """The network of what was known by then, or is known, with the passages that it is made of."""
        return await self.read(partial(picture, places=places, until=until))

    async def close(self) -> None:
        await self._file.close()

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Ask the tables as they are; a file that is damaged, or was taken away meanwhile, is made anew first. Raises
        StoreError."""
        return await self._follower.mending(lambda: self._file.read(work))

    async def look(self, are_in: Callable[[str], bool]) -> tuple[int, list[str]]:
        """How many texts there are in all tables, and where those stand of which ``are_in`` says so."""
        await self.catch_up()
        return await self.read(partial(looking.look, are_in=are_in))

    async def entries(self, fits: Callable[[LogMessage], bool]) -> list[LogMessage]:
        """All messages of the log that fit, whatever of them was taken in. Raises StoreError."""
        found: list[LogMessage] = []
        last = 0
        while keys := await self._log.keys(last):
            found += filter(fits, await self._log.read(keys))
            last = keys[-1].seq
        return found

    async def around(self, item: ItemId, steps: int) -> list[Passage]:
        """The passages of its session about one, in order, itself among them."""
        return await self.read(partial(reading.around, item=item, steps=steps))

    async def over(self, items: Sequence[ItemId], question: Question) -> frozenset[ItemId]:
        """Those passages that no longer hold when ``question`` is asked, as `recall` tells it of what it finds."""
        recalling = importlib.import_module("minga.memory.recalling")  # brings a library for numbers with it
        return await self.read(partial(recalling.over, items=items, question=question))

    async def rules(self, places: Sequence[str] | None = None) -> list[Rule]:
        """Standing rules: proposed, accepted and rejected ones. What other users said proposes none, and what they
        decided decides nothing here."""
        return await self.read(partial(self._rules, places=places))

    def _rules(
        self,
        transaction: Transaction,
        places: Sequence[str] | None,
        may_read: Callable[[SessionId], bool] = lambda _: True,
    ) -> list[Rule]:
        own = noted.proposals(transaction, places, self._log.user)
        notes = noted.notes(transaction, places)
        return rules(
            [one for one in own if may_read(one.passage.source.session_id)],
            [one for one in notes if may_read(one.passage.source.session_id)],
            self._log.user,
        )

    async def notes(self, places: Sequence[str] | None = None) -> list[Kept]:
        """All notes, whole, the oldest first; of rules and habits only what the user decided, not what others did."""
        return await self.read(partial(kept, places=places, user=self._log.user))

    async def content(self, places: Sequence[str] | None, *, with_passages: bool) -> Content:
        """What can be written into a file: notes and corrections, rules, facts; with passages also these."""
        kinds = (NoteKind.NOTE, NoteKind.CORRECTION)
        passages = await self.read(partial(reading.all_of, places=places)) if with_passages else []
        known = await self.notes(places)
        notes = [one for one in known if one.note.kind in kinds and not one.note.about.startswith("h")]
        return Content(notes, await self.rules(places), await self.facts(places), passages)

    async def correction(self, wrong: Passage | Fact, text: str, valid_from: datetime | None, now: datetime) -> Note:
        """The note that says what is true in the place of an item."""
        correcting = importlib.import_module("minga.memory.correcting")  # the reading of texts is large
        meant = correcting.meant(wrong, text, await self.facts())
        made: Note = correcting.correction(meant, text, valid_from, now)
        return made

    async def facts(self, places: Sequence[str] | None = None) -> list[Fact]:
        """What passages state, in the light of all of them and of corrections; the earliest in the world first."""
        return await self.read(partial(stated.known_facts, places=places))

    async def facts_with(self, drafted: Sequence[LogMessage]) -> list[Fact]:
        """All facts, as if the log held these, too."""
        digested = importlib.import_module("minga.memory.taking").digested
        more = [one for entry in drafted for one in digested(entry)]
        return await self.read(partial(stated.facts_if, more=more))

    async def facts_without(self, items: Collection[ItemId], sessions: Collection[SessionId]) -> list[Fact]:
        """All facts, as if these passages were not there, nor the digests that are or are of these sessions."""
        return await self.read(partial(stated.facts_if, without=items, undigested=sessions))

    async def why(self, item: Item) -> Why:
        """What says it, compared with the log as it is now, and what took its place. Raises StoreError."""

        def work(transaction: Transaction) -> tuple[list[Span], Note | None, ItemId | None]:
            newer = evidence.superseded_by(transaction, item, stated.known_facts(transaction, None))
            return evidence.spans(transaction, item), evidence.note_of(transaction, evidence.id_of(item)), newer

        spans, note, newer = await self.read(work)
        standing = await self.verify([one.passage.id for one in spans])
        return Why(tuple(Cited(one, standing[one.passage.id]) for one in spans), note, newer)

    async def verify(self, items: Sequence[ItemId]) -> dict[ItemId, Standing]:
        """Read what these passages say from the log again, and compare. Raises StoreError."""
        kept = await self.read(partial(evidence.stored, items=items))
        key = await self.read(state.digest_key)
        entries = await self._log.read(list({key: None for key, _ in kept.values()}))
        return evidence.standings(kept, entries, key)

    async def brief(
        self,
        question: Question,
        budget_tokens: int,
        given: Collection[str] = (),
        project_rules: Sequence[Rule] = (),
        already: Collection[str] = (),
    ) -> tuple[MemoryBrief, bool]:
        """What an agent is told before its task, without what it was ``given`` before, and without rules that it
        knows ``already`` (`folded`); and whether passages were found by meaning, too. Raises StoreError."""
        await self.catch_up()
        if not await self.read(partial(counting.holds, question=question)):
            return rules_brief(question.words, budget_tokens, project_rules), False
        untold = importlib.import_module("minga.memory.briefs.untold")
        touching = importlib.import_module("minga.memory.touching")
        writing_briefs = importlib.import_module("minga.memory.briefs.brief")
        rules = await self.rules(question.places)
        notes = await self.read(partial(noted.notes, places=question.places))
        limit = BRIEF_OF if budget_tokens < LONG_BRIEF else LONG_BRIEF_OF
        found = await self.recall(replace(question, limit=limit), embed_s=0)
        recalled = untold.passages(found, rules, notes, given)
        made: MemoryBrief = writing_briefs.compose(
            untold.rules(rules, given, already),
            recalled,
            untold.facts(await self.read(partial(touching.touched, question=question)), given),
            await self._told_habits(question, notes, given),
            question.words,
            budget_tokens,
            _texts(question.words),
            await self._digests(recalled, given),
            user=self._log.user,
            project_rules=untold.of_project(project_rules, rules),
        )
        return made, found.by_meaning

    async def told_rules(
        self,
        question: Question,
        budget_tokens: int,
        given: Collection[str] = (),
        project_rules: Sequence[Rule] = (),
        already: Collection[str] = (),
    ) -> MemoryBrief:
        """As `brief`, but of rules alone, however much there is to take in: of what was taken in before, may still be
        read, and of notes. Of a file that is damaged there are none. Raises StoreError."""
        rules: list[Rule] = []
        with suppress(Damaged):  # whoever catches up makes it anew
            with suppress(StoreFull, StoreUnwritable):
                await self._follower.ahead(_is_note)
            work = partial(self._rules, places=question.places, may_read=self._log.may_read)
            rules = await self._file.read(work)
        if not rules:
            return rules_brief(question.words, budget_tokens, project_rules)
        untold = importlib.import_module("minga.memory.briefs.untold")
        told, of_project = untold.rules(rules, given, already), untold.of_project(project_rules, rules)
        return rules_brief(question.words, budget_tokens, of_project, told)

    async def _told_habits(
        self, question: Question, notes: Sequence[Noted], given: Collection[str]
    ) -> dict[ItemId, str]:
        """None was accepted where no note is about one."""
        if not any(one.note.about.startswith("h") for one in notes):
            return {}
        habits = await self.habits(question.places, question.asked_at)
        telling = importlib.import_module("minga.memory.habits.telling")
        lines: dict[ItemId, str] = telling.told(habits, language(question.words))
        return {item: line for item, line in lines.items() if item not in given}

    async def _digests(self, recalled: Sequence[Recalled], given: Collection[str]) -> list[Episode]:
        """Of the sessions of these passages."""
        sessions = dict.fromkeys(one.passage.source.session_id for one in recalled if one.passage.kind == "turn")
        read = await self.read(partial(episodes.read_by_models, session_ids=sessions))
        return [one for one in read if item_id("d", one.session_id) not in given]

    async def habits(self, places: Sequence[str] | None, now: datetime) -> list[Habit]:
        """What was done again and again, of the passages that still count, at most `OBSERVED_MAX`, the newest."""
        since = to_micros(now - OBSERVED_FOR)

        def work(transaction: Transaction) -> list[Habit]:
            done = reading.done_since(transaction, places, since, OBSERVED_MAX)
            own = noted.notes(transaction, places, self._log.user)
            found: list[Habit] = learning.habits(reading_done.observed(done), own, now)
            return found

        learning = importlib.import_module("minga.memory.habits.habits")
        reading_done = importlib.import_module("minga.memory.habits.observed")
        return await self.read(work)

    async def checkup(self) -> Checkup:
        """Whether what is derived is whole. Raises StoreError."""
        encoder, reader = await asyncio.to_thread(self._encoder), await asyncio.to_thread(self._reader)
        return await checkup(self._file, self._log, encoder, reader)

    async def unwritable(self) -> StoreFull | StoreUnwritable | None:
        """Why nothing more can be taken in; None where it can. Raises StoreError for all else."""
        try:
            await self._file.write(state.touch)
        except (StoreFull, StoreUnwritable) as wrong:
            return wrong
        except Damaged:
            return None
        return None

    async def counts(self) -> Counts:
        """How much there is of everything."""
        counted = await self.read(counting.count)
        return replace(counted, bytes=self._file.size())


def _is_note(key: LogKey) -> bool:
    """A person's word or an agent's, which decides of rules; no digest."""
    return key.session_id.startswith(NOTE_SESSION) and not key.session_id.startswith(DIGEST_SESSION)


def rules_brief(
    words: str, budget_tokens: int, project_rules: Sequence[Rule], accepted: Sequence[Rule] = ()
) -> MemoryBrief:
    """What an agent is told before its task where nothing is recalled."""
    if not (project_rules or accepted):
        return MemoryBrief("", (), 0)
    writing_briefs = importlib.import_module("minga.memory.briefs.brief")
    made: MemoryBrief = writing_briefs.compose(
        accepted, (), (), {}, words, budget_tokens, _texts(words), project_rules=project_rules
    )
    return made


def _texts(words: str) -> Any:
    """The sentences of a brief, in the language of these words."""
    return importlib.import_module("minga.memory.briefs.texts").texts(language(words))


def _set_last(transaction: Transaction, last: LogKey | None) -> None:
    state.set_last(transaction, last, VERSION)
    lexical.merge(transaction)


_TABLES = Tables(
    known=partial(state.known, version=VERSION),
    between=state.between,
    sessions=state.sessions,
    set_last=_set_last,
    set_generation=state.set_generation,
    forget_messages=state.forget_messages,
    forget_session=state.forget_session,
)


def _add(transaction: Transaction, entries: Sequence[LogMessage], user: UserName) -> None:
    taking = importlib.import_module("minga.memory.taking")
    key = state.digest_key(transaction)
    for entry in (taking.believed(one, user) for one in entries):
        writing.add(transaction, entry, taking.digested(entry), key)
