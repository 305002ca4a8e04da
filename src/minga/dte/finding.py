"""What a check tells: the fault that a function saw, the rule it breaks, and the finding that a person reads."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from minga.domain.tax_documents import Severity

Mark = Literal["official", "code", "measured", "secondary"]
"""Where a rule is known from: an official text, the schema or program code, measured on real files, or a second hand
(not the norm itself: to be confirmed)."""

Edits = dict[str, str | bool]
"""Changes of an example: the new text at a path, or False to take the element away. See `minga.dte.editing`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule is broken at ``path``. ``found`` and ``expected`` are the two values, "" where there is none.

    ``at`` is where this very fault stands (as ``F25 p.30``) if its rule has one text for many: a field's own page.
    ``saying`` is a key of ``schemas/sayings.toml`` and ``detail`` the validator's own words, if a schema is broken.
    """

    rule: str
    path: str
    found: str = ""
    expected: str = ""
    at: str = ""
    saying: str = ""
    detail: str = ""


class Norm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that rules stand in. ``dated`` is the day of the text, ``url`` where the SII or Congress publishes it."""

    name: str
    version: str = ""
    dated: date | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule stands: a norm, and the page or article."""

    norm: Norm
    at: str

    def __str__(self) -> str:
        return ", ".join(part for part in (self.norm.name, self.norm.version, self.at) if part)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule of the book. ``kinds``: the types of document it holds for, empty for all; it holds on both days named.

    ``says`` tells what is wrong, ``fix`` what to do, ``why`` what the rule is for; with ``_es`` in Spanish. ``sources``
    are a key of ``norms.toml`` and a place each, as ``F25 p.30``. ``example`` names the document of ``examples/`` that
    the ``passing`` edits leave right and each of the ``mutants`` makes wrong (none where a test of its own makes them).
    """

    id: str
    severity: Severity
    mark: Mark
    says: str
    says_es: str
    fix: str
    fix_es: str
    why: str
    why_es: str
    sources: tuple[str, ...]
    kinds: frozenset[int] = frozenset()
    valid_from: date | None = None
    valid_to: date | None = None
    example: str = ""
    passing: Edits = {}
    mutants: tuple[Edits, ...] = ()

    def holds(self, kind: int, issued: date | None) -> bool:
        """Whether it holds for a document of that type and day. One without a readable day falls under all."""
        if self.kinds and kind not in self.kinds:
            return False
        if issued is None:
            return True
        return (self.valid_from is None or issued >= self.valid_from) and (
            self.valid_to is None or issued <= self.valid_to
        )


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule that is known and not implemented: what it demands, why it is not, and where it stands."""

    id: str
    what: str
    what_es: str
    why: str
    why_es: str
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault with the rule that it breaks; all else is as in the fault. `rulebook.places` reads ``at``, and
    `schemas.telling` what the schema says."""

    rule: Rule
    path: str
    found: str
    expected: str
    at: str = ""
    saying: str = ""
    detail: str = ""

    @property
    def severity(self) -> Severity:
        return self.rule.severity
