"""Looks through every text of the tables: so it is shown that something is forgotten."""

from collections.abc import Callable

from minga.memory.index import digested
from minga.memory.index.indexed import body_of
from minga.storage.database import Transaction

_TEXTS = {
    "entity": "SELECT name, name FROM entities",
    "fact": "SELECT value, predicate || ' ' || value FROM statements",
    "rule": "SELECT text, text FROM proposals",
    "project": "SELECT name, name FROM projects",
    "digest": "SELECT of, headline || ' ' || summary FROM digests",
    "claim": f"SELECT quote, {digested.CLAIM} FROM claims",  # noqa: S608 - a constant
}
"""What is found is named by the first column and looked for in the second."""


def look(transaction: Transaction, are_in: Callable[[str], bool]) -> tuple[int, list[str]]:
    """How many texts there are, and the places of those of which ``are_in`` says so."""
    looked, found = 0, list[str]()
    for item, body in transaction.execute("SELECT id, body FROM passages"):
        looked += 1
        if any(map(are_in, body_of(body))):
            found.append(str(item))
    for place, select in _TEXTS.items():
        for name, text in transaction.execute(select):
            looked += 1
            if are_in(text):
                found.append(f"{place} {name}")
    return looked, found
