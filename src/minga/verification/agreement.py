"""Whether two answers say the same, as far as that can be told without a model: by what they conclude.

A conclusion is, in this order: JSON; what stands after "Answer:" or the like in the last lines; the whole of a short
answer; the figures of a longer one together with its yes or no. Prose without any of these cannot be compared.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Literal

import msgspec

from minga.verification.parts import parts

Comparison = Literal["same", "different", "unclear"]

SHORT = 160
"""Characters of an answer that is a conclusion as a whole."""

LAST_LINES = 6

DIFFERENCES_MAX = 40

LENGTH_MAX = 200_000
"""Characters of an answer that are compared; of a longer one the beginning."""

_FINAL = re.compile(
    r"^\W{0,6}(?:final answer|answer|result|conclusion|respuesta final|respuesta|resultado|conclusi[oó]n)\W{0,4}:"
    r"\W{0,4}(.{1,160}?)\W{0,4}$",
    re.IGNORECASE,
)

_FIGURE = re.compile(r"(?<![\w.,])[-−]?\$?\d[\d.,]{0,24}(?:-[\dkK]\b)?%?(?!\w)")

_YES = re.compile(r"^\W{0,6}(?:s[ií]|yes|correct[oa]?|verdadero|true|puede|es correct[oa])\b", re.IGNORECASE)
_NO = re.compile(r"^\W{0,6}(?:no|not|incorrect[oa]?|falso|false)\b", re.IGNORECASE)

_FILLERS = frozenset({"the", "a", "an", "is", "it", "el", "la", "los", "las", "un", "una", "es", "son", "de", "of"})


@dataclass(frozen=True, slots=True)
class Conclusion:
    """``how`` it was found; ``value`` is what is compared, canonical; ``stance``: the answer begins with it."""

    how: Literal["json", "stated", "whole", "figures"]
    value: str
    stance: Literal["yes", "no", ""] = ""


def conclusion(answer: str) -> Conclusion | None:
    """None for prose that concludes nothing that can be compared."""
    text = answer[:LENGTH_MAX].strip()
    if (found := _json(text)) is not None:
        return Conclusion("json", found)
    stance: Literal["yes", "no", ""] = "yes" if _YES.match(text) else "no" if _NO.match(text) else ""
    for line in reversed(text.splitlines()[-LAST_LINES:]):
        if stated := _FINAL.match(line):
            return Conclusion("stated", _canonical(stated[1]), stance)
    if 0 < len(text) <= SHORT and "\n" not in text:
        return Conclusion("whole", _canonical(text), stance)
    figures = sorted({_figure(each) for each in _FIGURE.findall(_spaced(parts(text).prose))})
    return Conclusion("figures", " ".join(figures), stance) if figures or stance else None


def compare(one: str, other: str) -> Comparison:
    """Figures that differ in longer answers need not contradict each other: that is unclear, not different."""
    first, second = conclusion(one), conclusion(other)
    if first is None or second is None:
        return "unclear"
    if first.stance and second.stance and first.stance != second.stance:
        return "different"
    if first.value == second.value:
        return "same" if first.value or first.stance else "unclear"
    if "figures" in (first.how, second.how):
        short, long = sorted((first, second), key=lambda each: each.how == "figures")
        held = short.how != "figures" and set(short.value.split()) <= set(long.value.split())
        return "same" if held else "unclear"
    if "json" in (first.how, second.how) and first.how != second.how:
        return "unclear"
    return "different"


def clusters(answers: Sequence[str]) -> list[list[int]]:
    """Places of answers that say the same, the largest cluster first, else in their order."""
    found: list[list[int]] = []
    for place, answer in enumerate(answers):
        home = next((group for group in found if compare(answers[group[0]], answer) == "same"), None)
        if home is None:
            found.append([place])
        else:
            home.append(place)
    return sorted(found, key=lambda group: (-len(group), group[0]))


def differences(one: str, other: str) -> list[str]:
    """Lines of the one (``-``) and of the other (``+``) that differ."""
    lines = unified_diff(one.splitlines(), other.splitlines(), n=0, lineterm="")
    shown = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return shown if len(shown) <= DIFFERENCES_MAX else [*shown[:DIFFERENCES_MAX], f"… +{len(shown) - DIFFERENCES_MAX}"]


def _json(text: str) -> str | None:
    blocks = [block.text for block in parts(text).blocks if block.language in ("json", "")]
    for candidate in (text, *(blocks if len(blocks) == 1 else ())):
        if candidate.lstrip()[:1] not in ("{", "["):
            continue
        try:
            return msgspec.json.encode(msgspec.json.decode(candidate), order="sorted").decode()
        except (msgspec.DecodeError, RecursionError):
            continue
    return None


def _canonical(text: str) -> str:
    """Case, accents, punctuation and small words do not count; a figure is one however it is written."""
    with_figures = _FIGURE.sub(lambda match: f" {_figure(match[0])} ", _spaced(text))
    plain = unicodedata.normalize("NFD", with_figures.casefold())
    words = re.findall(r"[-\w.%]+", "".join(each for each in plain if not unicodedata.combining(each)))
    kept = [word.strip(".") for word in words if word.strip(".") and word not in _FILLERS]
    return " ".join(kept)


def _spaced(text: str) -> str:
    """``19 %`` as ``19%``."""
    return re.sub(r"(\d) {1,2}%", r"\1%", text)


def _figure(written: str) -> str:
    """``1.234.567,80``, ``1,234,567.8`` and ``$1234567.8`` are one; of a single mark before three digits it is taken
    that it groups, as amounts are written in Chile."""
    percent = "%" if written.endswith("%") else ""
    text = written.strip("$%").replace("−", "-").replace("$", "")
    if re.fullmatch(r"[\d.]{7,10}-[\dkK]", text):
        return text.replace(".", "").lower()
    text = text.rstrip(".,-")
    whole, point, rest = text, "", ""
    last = max(text.rfind("."), text.rfind(","))
    if last >= 0:
        mark = text[last]
        tail = text[last + 1 :]
        groups = text.count(mark) > 1 or (len(tail) == 3 and not {".", ","} - {mark} & set(text[:last]))
        both = {".", ","} <= set(text)
        if both or not (groups and len(tail) == 3):
            whole, point, rest = text[:last], ".", tail.rstrip("0")
    digits = re.sub(r"[.,]", "", whole).lstrip("0") or "0"
    sign = "-" if digits.startswith("-") else ""
    digits = digits.lstrip("-").lstrip("0") or "0"
    return f"{sign}{digits}{point + rest if rest else ''}{percent}"
