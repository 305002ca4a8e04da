"""One built-in agent on a known day, asked through its driver."""

import pytest
from builtin_asking import Ask, Shelf, asker


@pytest.fixture
def shelf() -> Shelf:
    return Shelf("Hablamos de la migración a PostgreSQL", "deploy and rollback")


@pytest.fixture
def ask(shelf: Shelf) -> Ask:
    return asker(shelf)
