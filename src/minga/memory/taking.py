"""What of a message is taken in. The reading of texts is large, and most commands read none."""

from dataclasses import replace

from minga.domain.memory import Extraction, LogMessage, Passage
from minga.domain.secrecy import UserName
from minga.memory.digests.answers import bears_out
from minga.memory.extraction.extract import extract
from minga.memory.index.writing import Digested
from minga.memory.passages import is_agents_task, passages_of


def digested(entry: LogMessage) -> list[Digested]:
    """Its passages, each with what it says."""
    return [Digested(one, _extraction(one, entry), entry.note) for one in passages_of(entry)]


def believed(entry: LogMessage, user: UserName) -> LogMessage:
    """As far as ``user`` may believe it. What another user noted to hold everywhere holds where they noted it. Of a
    digest only what its quotes bear out is claimed: whoever wrote it need not have looked."""
    if entry.note is not None and entry.owner != user:
        return replace(entry, note=replace(entry.note, scope="project"))
    if entry.digest is None:
        return entry
    claims = tuple(filter(bears_out, entry.digest.claims))
    return replace(entry, digest=replace(entry.digest, claims=claims))


def _extraction(passage: Passage, entry: LogMessage) -> Extraction:
    """A note is a rule where it says so, and proposes none. What it states is true since when it says; what corrects a
    fact states nothing beside the value that it puts there. What an agent noted, or asked another, states nothing: it
    ends no value."""
    found, note = extract(passage), entry.note
    if note is None:
        return replace(found, statements=(), proposals=()) if is_agents_task(entry) else found
    if note.subject or note.by == "agent":
        return replace(found, statements=(), proposals=())
    since = note.valid_from
    stated = tuple(replace(one, valid_from=one.valid_from or since) for one in found.statements)
    return replace(found, statements=stated, proposals=())
