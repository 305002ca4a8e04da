"""How much there is of everything."""

from minga.domain.memory import Counts, Question
from minga.memory.index import digested
from minga.memory.index.reading import at_places
from minga.storage.database import Transaction


def count(transaction: Transaction) -> Counts:
    """Its size in bytes is the file's matter."""
    tables = ("sessions", "messages", "passages", "vectors", "entities", "statements", "notes")
    numbers = [transaction.execute(f"SELECT COUNT(*) FROM {table}")[0][0] for table in tables]  # noqa: S608 - constants
    [(encoder,)] = transaction.execute("SELECT encoder FROM state")
    [(again,)] = transaction.execute("SELECT COUNT(*) FROM passages WHERE NOT leads")
    sessions, messages, passages, vectors, entities, statements, notes = numbers
    made = digested.count(transaction)
    of_model = made.digests, made.claims, made.refused, made.dropped
    return Counts(sessions, messages, passages, again, vectors, entities, statements, notes, encoder, 0, *of_model)


def holds(transaction: Transaction, question: Question) -> bool:
    """Whether there is anything at all where it is asked, beside the session that is known already."""
    rows = transaction.execute(
        f"SELECT 1 FROM sessions s WHERE s.id <> ?{at_places(transaction, question.places)} LIMIT 1",  # noqa: S608
        (question.without or "",),
    )
    return bool(rows)
