"""The book of rules: one table a rule in ``*.toml``, and ``norms.toml``, the texts they stand in."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources

import msgspec

from minga.dte.finding import Fault, Finding, Norm, Rule, Source

_NORMS = "norms.toml"


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the files."""
    found: dict[str, Rule] = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != _NORMS:
            for id_, fields in tomllib.loads(file.read_text("utf-8")).items():
                assert id_ not in found, f"two rules are called {id_}"
                found[id_] = msgspec.convert({**fields, "id": id_}, Rule)
    return found


@cache
def norms() -> Mapping[str, Norm]:
    text = resources.files(__package__).joinpath(_NORMS).read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, Norm])


def sources(rule: Rule) -> tuple[Source, ...]:
    """Where the rule stands."""
    return tuple(Source(norms()[key], at) for key, _, at in (each.partition(" ") for each in rule.sources))


def findings(faults: Iterable[Fault], kind: int, issued: date | None) -> Iterator[Finding]:
    """The faults whose rule holds for a document of that type and day (None: of a day that cannot be read)."""
    book = rules()
    for fault in faults:
        rule = book[fault.rule]
        if rule.holds(kind, issued):
            yield Finding(rule, fault.path, fault.found, fault.expected)
