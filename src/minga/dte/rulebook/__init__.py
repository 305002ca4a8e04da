"""The book of rules: a table a rule in ``*.toml``; ``norms.toml``, the texts they stand in; ``missing/*.toml``, what is
known and not implemented."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TypeVar

import msgspec

from minga.dte.finding import Fault, Finding, Missing, Norm, Rule, Source

_NORMS = "norms.toml"

_Table = TypeVar("_Table", Rule, Missing)


@cache
def rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the files."""
    return _tables(resources.files(__package__), Rule)


@cache
def missing() -> Mapping[str, Missing]:
    """The rules that are known and not implemented."""
    return _tables(resources.files(__package__).joinpath("missing"), Missing)


def _tables(folder: Traversable, kind: type[_Table]) -> Mapping[str, _Table]:
    found: dict[str, _Table] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml") and file.name != _NORMS:
            for id_, fields in tomllib.loads(file.read_text("utf-8")).items():
                assert id_ not in found, f"two rules are called {id_}"
                found[id_] = msgspec.convert({**fields, "id": id_}, kind)
    return found


@cache
def norms() -> Mapping[str, Norm]:
    text = resources.files(__package__).joinpath(_NORMS).read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, Norm])


def sources(rule: Rule) -> tuple[Source, ...]:
    """Where the rule stands."""
    return tuple(_source(each) for each in rule.sources)


def places(finding: Finding) -> tuple[Source, ...]:
    """Where the finding stands: its own place first, if it has one, then those of its rule; each once."""
    own = (_source(finding.at),) if finding.at else ()
    return tuple(dict.fromkeys((*own, *sources(finding.rule))))


def _source(written: str) -> Source:
    key, _, at = written.partition(" ")
    return Source(norms()[key], at)


def findings(faults: Iterable[Fault], kind: int, issued: date | None) -> Iterator[Finding]:
    """The faults whose rule holds for a document of that type and day (None: of a day that cannot be read)."""
    book = rules()
    for fault in faults:
        rule = book[fault.rule]
        if rule.holds(kind, issued):
            yield Finding(rule, fault.path, fault.found, fault.expected, fault.at, fault.saying, fault.detail)
