"""How far agreement of two agents can be trusted, from what became of their answers: a confidence for each task label.

Agents of different families fail together far more often than chance would have it, so agreement is counted, never
computed from the accuracy of each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from minga.verification.quality import bounds

PRIOR = 1.0
"""Right and wrong answers that are imagined before any is seen: each confidence is as likely as any other."""


@dataclass(frozen=True, slots=True)
class AgreedOutcome:
    """The answer that was selected of a panel, whether the others agreed with it, and whether it was ``right``."""

    label: str
    agreed: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Posterior:
    """Beta(``right`` + 1, ``wrong`` + 1): what is known of the chance to be right."""

    right: int = 0
    wrong: int = 0

    @property
    def mean(self) -> float:
        """The confidence; .5 while nothing is known."""
        return (self.right + PRIOR) / (self.right + self.wrong + 2 * PRIOR)

    def lower(self, delta: float = 0.05) -> float:
        """What the chance to be right exceeds with probability 1 - ``delta``. Raises ValueError."""
        return bounds.beta_quantile(delta, self.right + PRIOR, self.wrong + PRIOR)


@dataclass(frozen=True, slots=True)
class Agreement:
    """P(right | agreed) and P(right | not agreed) of one task label."""

    agreed: Posterior = Posterior()
    disagreed: Posterior = Posterior()

    def after(self, *, agreed: bool) -> Posterior:
        return self.agreed if agreed else self.disagreed


def learn(outcomes: Iterable[AgreedOutcome]) -> dict[str, Agreement]:
    """By task label, in the order of labels."""
    counts: dict[str, dict[tuple[bool, bool], int]] = {}
    for one in outcomes:
        of_label = counts.setdefault(one.label, {})
        key = one.agreed, one.right
        of_label[key] = of_label.get(key, 0) + 1
    return {
        label: Agreement(_posterior(counts[label], True), _posterior(counts[label], False)) for label in sorted(counts)
    }


def _posterior(counts: Mapping[tuple[bool, bool], int], agreed: bool) -> Posterior:
    return Posterior(counts.get((agreed, True), 0), counts.get((agreed, False), 0))
