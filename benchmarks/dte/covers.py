"""Examples of envelopes, messages and books as files, and their mutants; where a signature belongs an empty element
stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minga.dte import rules
from minga.dte.editing import edited
from minga.dte.examples import container_names, example
from minga.dte.finding import Edits, Rule
from minga.dte.reading import Container, opened
from minga.dte.reading.seals import SIGNED
from minga.dte.writing import Tree, text

_SIGNED = re.compile(f"(</(?:{'|'.join({name for names in SIGNED.values() for name in names})})>)")


@dataclass(frozen=True, slots=True)
class CoverMutant:
    """``container`` breaks ``rule``."""

    rule: Rule
    container: Container


def written(name: str, tree: Tree) -> bytes:
    root = name.partition("-")[0]
    inside = _SIGNED.sub(r"\1<Signature/>", text(tree, {}).replace("<DTE>", '<DTE version="1.0">'))
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
    return f'{head}<{root} xmlns="http://www.sii.cl/SiiDte" version="1.0">{inside}</{root}>'.encode("iso-8859-1")


def edited_file(name: str, edits: Edits) -> Container:
    return opened(written(name, edited(example(name), edits)), f"{name}.xml")


def covers() -> Iterator[Container]:
    """The right ones."""
    for name in container_names():
        yield edited_file(name, {})


def cover_mutants() -> Iterator[CoverMutant]:
    """Those of the book of rules."""
    for rule in rules().values():
        for edits in rule.mutants if rule.example in container_names() else ():
            yield CoverMutant(rule, edited_file(rule.example, rule.passing | edits))
