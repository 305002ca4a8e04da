"""What the engine for tax documents tells those who ask it in words: the built-in agent, and checks of answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

Language = Literal["en", "es"]

Severity = Literal["rejected", "error", "reparo", "note"]
"""``rejected``: the SII does not take the document. ``error``: against a norm, whatever the SII does at reception.
``reparo``: the SII takes it and objects. ``note``: worth knowing, such as a difference of one peso by rounding."""

SEVERITIES: tuple[Severity, ...] = ("rejected", "error", "reparo", "note")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing found in a document, in the language asked for. ``source`` is the norm and its page or article.
    ``told`` is a sentence that says it whole, in the place of the two values: what a schema says has one."""

    rule: str
    severity: Severity
    says: str
    path: str
    found: str
    expected: str
    source: str
    fix: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """One document. ``title`` names it (type, folio, issuer); ``proved`` says what was verified and how, a line each.

    ``kind`` is TipoDTE, 0 where it could not be read; ``signed`` is TmstFirma, in the time of Chile, ``total`` the
    whole part of MntTotal.
    """

    title: str
    kind: int
    issued: date | None
    signed: datetime | None
    objections: tuple[Objection, ...]
    proved: tuple[str, ...]
    total: int = 0

    @property
    def worst(self) -> Severity | None:
        """None where nothing was found."""
        return min((each.severity for each in self.objections), key=SEVERITIES.index, default=None)


@dataclass(frozen=True, slots=True)
class Compared:
    """A register (RCV) beside documents. ``differences``, a line each, begin with the most money at risk; ``unread``
    are lines and files that could not be compared. ``matched`` stand on both sides."""

    entries: int
    documents: int
    matched: int
    differences: tuple[str, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drafted:
    """A document for a trial, made from its short form. ``amounts`` are those of its totals by their elements."""

    title: str
    amounts: Mapping[str, str]
    content: bytes


class DteEngine(Protocol):
    def examine(self, name: str, content: bytes, today: date, language: Language) -> Sequence[Examined]:
        """Every tax document in a file, checked as of ``today``; none where the file holds none."""
        ...

    def compare(
        self, registers: Mapping[str, bytes], documents: Mapping[str, bytes], now: datetime, language: Language
    ) -> Compared:
        """Files of the SII's register, by name, with the documents in other files. Raises BadInput where no file is a
        register, or some are of purchases and some of sales."""
        ...

    def draft(self, short_form: str, now: datetime, language: Language) -> Drafted:
        """Make a document worth nothing from its short form. Raises BadInput for what cannot be made, saying why."""
        ...

    def explain(self, rule: str, language: Language) -> str | None:
        """What a rule demands, where it stands and what to do; None where there is no such rule."""
        ...
