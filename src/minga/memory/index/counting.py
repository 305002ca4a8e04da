"""How much there is of everything."""

from minga.domain.memory import Counts
from minga.storage.database import Transaction


def count(transaction: Transaction) -> Counts:
    """Its size in bytes is the file's matter."""
    tables = ("sessions", "messages", "passages", "vectors", "entities", "statements", "notes")
    numbers = [transaction.execute(f"SELECT COUNT(*) FROM {table}")[0][0] for table in tables]  # noqa: S608 - constants
    [(encoder,)] = transaction.execute("SELECT encoder FROM state")
    return Counts(*numbers, encoder=encoder, bytes=0)
