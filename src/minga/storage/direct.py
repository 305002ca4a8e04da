"""Transactions in the thread that asks, one at a time: for the keys, which are used inside other work."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from minga.domain.errors import KeysDamaged, StoreDamaged, StoreUnreachable
from minga.storage.database import Migration, Transaction, migrate, transact
from minga.storage.engine import Engine

Result = TypeVar("Result")


class DirectDatabase:
    """``open_engine`` is called at the first use, and again after a connection was lost."""

    def __init__(self, open_engine: Callable[[], Engine], migrations: Sequence[Migration]) -> None:
        self._open_engine = open_engine
        self._migrations = migrations
        self._lock = threading.RLock()
        self._engine: Engine | None = None

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run ``work`` alone among all writers; it is durable when this returns. Raises errors under `StoreError`."""

        def alone(transaction: Transaction) -> Result:
            transaction.hold("keys")
            return work(transaction)

        return self.use(lambda engine: transact(engine, alone, writing=True), writing=True)

    def read(self, work: Callable[[Transaction], Result]) -> Result:
        return self.use(lambda engine: transact(engine, work, writing=False))

    def use(self, work: Callable[[Engine], Result], *, writing: bool = False) -> Result:
        """Run ``work`` outside of any transaction. Raises errors under `StoreError`; KeysDamaged, not StoreDamaged."""
        with self._lock:
            try:
                return work(self._ready(writing=writing))
            except StoreUnreachable:
                self.close()
                raise
            except StoreDamaged as wrong:  # backups of the store are no help here: they hold no keys
                raise KeysDamaged(store=wrong.values["store"], detail=wrong.values["detail"]) from wrong

    def name(self) -> str:
        """Of the engine, as errors show it."""
        return self.use(lambda engine: engine.name)

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def _ready(self, *, writing: bool) -> Engine:
        if self._engine is not None and not self._engine.serves(writing=writing):
            self.close()
        if self._engine is None:
            engine = self._open_engine()
            try:
                migrate(engine, self._migrations)
            except BaseException:
                engine.close()
                raise
            self._engine = engine
        return self._engine
