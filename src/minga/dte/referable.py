"""The documents that a document may refer to, by TpoDocRef: `referable.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

import msgspec


class Referable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    name_es: str
    is_tax: bool = False
    is_paper: bool = False


@cache
def referables() -> Mapping[str, Referable]:
    """By their code, as written."""
    text = resources.files(__package__).joinpath("referable.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Referable])


@cache
def tax_documents() -> frozenset[str]:
    """Codes of tax documents, paper and electronic."""
    return frozenset(code for code, each in referables().items() if each.is_tax)
