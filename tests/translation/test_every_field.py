"""Nothing is dropped silently: what becomes of each field that the official SDKs have is known."""

import tomllib
from fnmatch import fnmatchcase

import pytest
from field_fates import FIELDS, KINDS, Kind, file_of, stored, table

REASONS = tomllib.loads((FIELDS / "silent.toml").read_text("utf-8"))["reasons"]

PATTERNS = [pattern for reason in REASONS for pattern in reason["fields"]]


def silent(kind: Kind) -> list[str]:
    told = stored(kind).items()
    return [f"{kind.wire} {kind.name} {type_}.{field}" for type_, fates in told for field in fates.get("silent", ())]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.wire} {kind.name}")
def test_each_field_of_the_sdks_becomes_what_its_table_says(kind: Kind) -> None:
    """After a new version of an SDK: ``python tests/translation/field_fates.py``, and look at what is new."""
    assert table(kind) == stored(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.wire} {kind.name}")
def test_a_field_of_which_nothing_is_told_has_a_reason(kind: Kind) -> None:
    assert [one for one in silent(kind) if not any(fnmatchcase(one, pattern) for pattern in PATTERNS)] == []


def test_each_reason_has_a_field() -> None:
    found = [one for kind in KINDS for one in silent(kind)]
    assert [pattern for pattern in PATTERNS if not any(fnmatchcase(one, pattern) for one in found)] == []
    assert all(len(reason["why"].split()) > 5 for reason in REASONS)


def test_all_tables_are_looked_at() -> None:
    assert {file.name for file in FIELDS.glob("*.toml")} == {"silent.toml", *(file_of(kind).name for kind in KINDS)}
