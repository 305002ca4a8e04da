"""The contract of the store also holds for the plain file, which the search index and the key store are."""

from pathlib import Path

import pytest

from stores import Place


@pytest.fixture(params=["encrypted", "plain", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "postgres":
        return Place("postgres", request.getfixturevalue("postgres_cluster")(), tmp_path)
    return Place(request.param, "", tmp_path / "store" / "minga.db")
