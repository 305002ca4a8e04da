"""A process that takes messages into an index and is killed in the midst."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from minga.sessions import index_source, volumes
from minga.storage.database import Transaction
from shelf import Shelf
from stores import Place

BATCH = 5


def main(kind: str, url: str, file: str, folder: str, after: int) -> None:
    """Die inside of the transaction that takes in the message number ``after``."""
    left = iter(range(after - 1))
    put = volumes.put

    def put_or_die(transaction: Transaction, number: int, texts: tuple[str, str, str]) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        put(transaction, number, texts)

    index_source.BATCH = BATCH
    volumes.put = put_or_die
    shelf = Shelf(Place(kind, url, Path(file)).database(), Path(folder))
    asyncio.run(shelf.search.catch_up())


if __name__ == "__main__":
    kind, url, file, folder, after = sys.argv[1:]
    main(kind, url, file, folder, int(after))
