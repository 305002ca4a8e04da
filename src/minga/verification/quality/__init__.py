"""How far checks, confidences and savings can be trusted: counts in, numbers with bounds out, or why there is none.

Pure functions and frozen values; nothing here stores, asks a clock or knows what a check does. What the numbers
promise, and what not, is told in docs/reference/guarantees.md.
"""

from minga.verification.quality.agreement import AgreedOutcome, Agreement, Posterior
from minga.verification.quality.bounds import Interval
from minga.verification.quality.eprocess import EProcess
from minga.verification.quality.rates import CheckRates, LabelledVerdict, Rate, disable_cascade
from minga.verification.quality.savings import Estimate, Logged, NoSaving, Saving
from minga.verification.quality.thresholds import Calibration, Labelled, NoThreshold, Threshold, answered, calibrate

__all__ = [
    "AgreedOutcome",
    "Agreement",
    "Calibration",
    "CheckRates",
    "EProcess",
    "Estimate",
    "Interval",
    "Labelled",
    "LabelledVerdict",
    "Logged",
    "NoSaving",
    "NoThreshold",
    "Posterior",
    "Rate",
    "Saving",
    "Threshold",
    "answered",
    "calibrate",
    "disable_cascade",
]
