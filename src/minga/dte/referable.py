"""The documents that a document may refer to, by TpoDocRef as written: `referable.toml`."""

import tomllib
from functools import cache
from importlib import resources

import msgspec


class Referable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``paper`` and ``electronic`` are tax documents, ``other`` are none; ``boleta`` are what boletas may refer to."""

    paper: frozenset[str]
    electronic: frozenset[str]
    other: frozenset[str]
    boleta: frozenset[str]


@cache
def referable() -> Referable:
    text = resources.files(__package__).joinpath("referable.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Referable)


def is_tax_document(kind: str) -> bool:
    return kind in referable().electronic or kind in referable().paper


def is_known(kind: str) -> bool:
    return is_tax_document(kind) or kind in referable().other
