"""A fault of a schema in words that an accountant knows, from the sentence in which libxml2 tells it."""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

import msgspec

from minga.domain.tax_documents import Language
from minga.dte.document import BODIES, NAMESPACE
from minga.dte.finding import Fault, Finding
from minga.dte.grounds import begun

RULE = "schema-invalid"

VALUE_SHOWN = 80
"""Characters of a value that a sentence quotes."""

LISTED_MAX = 12
"""Of more values that may stand somewhere, a sentence names the first and the last."""


class Saying(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of fault; see `sayings.toml`."""

    shape: str
    says: str
    says_es: str
    only: frozenset[str] = frozenset()
    expected: str = ""
    told_by: tuple[str, ...] = ()


@cache
def sayings() -> Mapping[str, Saying]:
    text = resources.files(__package__).joinpath("sayings.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Saying])


def fault(path: str, value: str, message: str) -> Fault:
    """What the validator's ``message`` says of the element at ``path``, whose text is ``value``. The path of an
    attribute ends in its name: ``@version``."""
    detail = in_words(message)
    about = _ABOUT.match(detail)
    attribute = about[2] if about else None
    said = detail[about.end() :] if about else detail
    where = "/".join(part for part in (path, f"@{attribute}" if attribute else "") if part)
    for name, saying in sayings().items():
        found = re.fullmatch(saying.shape, said, re.DOTALL)
        allowed = _allowed(found) if found else ""
        if found and (not saying.only or allowed in saying.only):
            return Fault(RULE, where, begun(value), saying.expected or allowed, "", name, begun(detail))
    raise AssertionError("the last shape takes all")


def in_words(message: str) -> str:
    """Without the namespaces that stand in each name."""
    return message.replace(f"{{{NAMESPACE}}}", "").replace("{http://www.w3.org/2000/09/xmldsig#}", "ds:")


def sentence(finding: Finding, language: Language) -> str:
    """What is wrong, in one sentence; "" for a finding of another rule than the schema's."""
    saying = sayings().get(finding.saying)
    if saying is None:
        return ""
    spanish = language == "es"
    return (saying.says_es if spanish else saying.says).format(
        element=_element(finding.detail, "el atributo {1} de {0}" if spanish else "The attribute {1} of {0}"),
        found=finding.found if len(finding.found) <= VALUE_SHOWN else f"{finding.found[:VALUE_SHOWN]}…",
        allowed=_listed(finding.expected, "o" if spanish else "or"),
        detail=finding.detail,
    )


def also(finding: Finding, others: Iterable[Finding]) -> str:
    """The rule that says of the same element what the schema says in ``finding``; "" where none does."""
    saying = sayings().get(finding.saying)
    if saying is None:
        return ""
    places = frozenset(_places(finding))
    return next(
        (each.rule.id for each in others if each.rule.id.startswith(saying.told_by) and _stands(each, places)), ""
    )


def told_once(findings: Collection[Finding]) -> list[Finding]:
    """Without what the schema says of an element of which a rule of its own says it too, or the schema itself in
    another way. Programs get all."""
    said: set[tuple[str, str]] = set()
    told: list[Finding] = []
    for each in findings:
        if also(each, findings) or (each.saying and (each.path, each.saying) in said):
            continue
        said.add((each.path, each.saying))
        told.append(each)
    return told


def _places(finding: Finding) -> Iterator[str]:
    """Where a rule of its own would tell it: at the element, at all of its name, or at what is missing there."""
    path = finding.path.partition("@")[0].rstrip("/")
    yield path
    yield re.sub(r"\[\d+\]$", "", path)
    if finding.saying in ("unexpected", "incomplete"):
        parent = path if finding.saying == "incomplete" else path.rpartition("/")[0]
        around = "" if not parent or parent in BODIES else f"{parent}/"
        yield from (around + name.removeprefix("ds:") for name in finding.expected.split(", "))


def _stands(told: Finding, places: Collection[str]) -> bool:
    """Rules of envelopes and messages begin some paths at the root, as ``SetDTE/Caratula``."""
    if told.rule.id == "signature-missing":
        return "Signature" in places
    if told.rule.id == "field-unknown":
        return told.path in places or told.path.rpartition("/")[0] in places
    if told.rule.id == "envelope-tag":
        return any(told.path == each.rpartition("/")[0] for each in places)
    below = told.path.partition("/")[2]
    return told.path in places or (below != "" and below in places)


def _allowed(found: re.Match[str]) -> str:
    """Values in quotes, or names, one after the other."""
    return found.groupdict().get("allowed", "").replace("', '", ", ").strip("'")


def _listed(allowed: str, between: str) -> str:
    values = allowed.split(", ")
    if len(values) > LISTED_MAX:
        return f"{', '.join(values[: LISTED_MAX - 2])}, …, {values[-1]}"
    return f" {between} ".join(part for part in (", ".join(values[:-1]), values[-1]) if part)


def _element(detail: str, attribute: str) -> str:
    about = _ABOUT.match(detail)
    if about is None:
        return "XML"
    return attribute.format(about[1], about[2]) if about[2] else about[1]


_ABOUT = re.compile(r"Element '([^']*)'(?:, attribute '([^']*)')?: ")
