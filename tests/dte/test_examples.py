"""Every example against the SII's own schemas: only what is put in later, stamp and signatures, may be missing."""

import pytest
from verdicts import needs_schemas, refusals

from minga.dte.examples import names

KINDS = (33, 34, 39, 41, 43, 46, 52, 56, 61, 110, 111, 112)


@needs_schemas
@pytest.mark.parametrize("name", names())
def test_an_example_is_valid_but_for_stamp_and_signatures(name: str) -> None:
    assert refusals(name, {}) == []


def test_there_is_an_example_of_every_type() -> None:
    assert {str(kind) for kind in KINDS} <= set(names())
