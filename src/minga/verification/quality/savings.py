"""What was saved against one named way to work, from a log that also holds that way; or why it cannot be told.

The log chose by chance: each request notes the chance that its arm had. The baseline's cost and quality are those of
its own requests, each weighed by one over its chance (self-normalised inverse propensities, SNIPS); list prices and
guesses play no part. The interval is a bootstrap over clusters (a session, a user), whose outcomes go together.
"""

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from itertools import starmap
from typing import Literal, TypeAlias

CLIP = 20.0
"""The most that one request weighs."""

ESS_MIN = 100
CLUSTERS_MIN = 20
ROUNDS = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Logged:
    """A request: the ``arm`` that it began with, with which chance, what it cost in all, and the outcome, 0..1.

    Where others took over from the arm, ``alone`` is what its own answer cost, and how that turned out.
    """

    arm: str
    propensity: float
    cost_micro_usd: int
    quality: float
    cluster: str
    alone: tuple[int, float] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.propensity <= 1:
            raise ValueError(f"a propensity is above 0 and at most 1, not {self.propensity!r}")
        if not 0 <= self.quality <= 1:
            raise ValueError(f"a quality is in 0..1, not {self.quality!r}")
        if self.cost_micro_usd < 0:
            raise ValueError(f"a cost is not negative: {self.cost_micro_usd!r}")


@dataclass(frozen=True, slots=True)
class Estimate:
    """``low`` and ``high`` hold it with a chance of about `LEVEL`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Saving:
    """``cost``: the share of the baseline's cost that was saved. ``quality``: what was gained, on the scale 0..1.

    ``ess``: how many requests of equal weight would tell as much of the baseline. ``clipped``: the share of its
    requests whose weight was cut, which biases the estimate.
    """

    baseline: str
    requests: int
    cost: Estimate
    quality: Estimate
    ess: float
    clipped: float


@dataclass(frozen=True, slots=True)
class NoSaving:
    """``ess`` and ``clusters`` are those of the baseline."""

    baseline: str
    reason: Literal["never chosen", "too few", "too few clusters", "free"]
    ess: float = 0.0
    clusters: int = 0

    def __str__(self) -> str:
        match self.reason:
            case "never chosen":
                return f"no number: {self.baseline!r} was never chosen, so what it would cost is not known"
            case "too few":
                return f"no number: of {self.baseline!r} as much is known as of {self.ess:.0f} requests, not {ESS_MIN}"
            case "too few clusters":
                return f"no number: {self.baseline!r} was chosen in {self.clusters} clusters, not in {CLUSTERS_MIN}"
            case "free":
                return f"no number: {self.baseline!r} cost nothing"


Told: TypeAlias = Saving | NoSaving


def against(
    baseline: str, log: Iterable[Logged], chance: random.Random, clip: float = CLIP, rounds: int = ROUNDS
) -> Told:
    """What all requests of ``log`` cost and were worth, beside sending every one of them to ``baseline``.

    ``log`` must hold every request that could have gone to the baseline, chosen by the propensities that it notes.
    """
    records = list(log)
    theirs = [one for one in records if one.arm == baseline]
    if not theirs:
        return NoSaving(baseline, "never chosen")
    weights = [min(clip, 1 / one.propensity) for one in theirs]
    ess = sum(weights) ** 2 / sum(weight * weight for weight in weights)
    clusters = len({one.cluster for one in theirs})
    if ess < ESS_MIN:
        return NoSaving(baseline, "too few", ess, clusters)
    if clusters < CLUSTERS_MIN:
        return NoSaving(baseline, "too few clusters", ess, clusters)
    sums = _sums(baseline, records, clip)
    whole = _total(sums)
    if not whole.baseline_cost:
        return NoSaving(baseline, "free", ess, clusters)
    drawn = [one for one in _resampled(sums, chance, rounds) if one.baseline_cost]
    cost = _estimate(whole.saved, [one.saved for one in drawn])
    quality = _estimate(whole.gained, [one.gained for one in drawn])
    clipped = sum(1 / one.propensity > clip for one in theirs) / len(theirs)
    return Saving(baseline, len(records), cost, quality, ess, clipped)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Of a cluster, or of several; the baseline's are weighed."""

    requests: float = 0.0
    cost: float = 0.0
    quality: float = 0.0
    weight: float = 0.0
    baseline_cost: float = 0.0
    baseline_quality: float = 0.0

    @property
    def saved(self) -> float:
        return 1 - (self.cost / self.requests) / (self.baseline_cost / self.weight)

    @property
    def gained(self) -> float:
        return self.quality / self.requests - self.baseline_quality / self.weight


def _sums(baseline: str, records: Iterable[Logged], clip: float) -> list[_Sums]:
    """Of each cluster, in the order in which they first come."""
    clusters: dict[str, list[_Sums]] = {}
    for one in records:
        weight = min(clip, 1 / one.propensity) if one.arm == baseline else 0.0
        cost, quality = one.cost_micro_usd, one.quality
        own_cost, own_quality = one.alone or (cost, quality)
        sums = _Sums(1, cost, quality, weight, weight * own_cost, weight * own_quality)
        clusters.setdefault(one.cluster, []).append(sums)
    return [_total(each) for each in clusters.values()]


def _total(sums: Iterable[_Sums]) -> _Sums:
    return _Sums(*map(math.fsum, zip(*map(astuple, sums), strict=True)))


def _resampled(sums: Sequence[_Sums], chance: random.Random, rounds: int) -> list[_Sums]:
    rows = [astuple(one) for one in sums]
    drawn = (chance.choices(rows, k=len(rows)) for _ in range(rounds))
    return list(starmap(_Sums, (map(math.fsum, zip(*some, strict=True)) for some in drawn)))


def _estimate(value: float, drawn: Iterable[float]) -> Estimate:
    ordered = sorted(drawn)
    cut = round(len(ordered) * (1 - LEVEL) / 2)
    return Estimate(value, ordered[cut], ordered[-1 - cut])
