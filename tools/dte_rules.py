"""Make `docs/reference/dte-rules.md` and `dte-rules.es.md` anew: every rule of the check, from the book of rules.

    python tools/dte_rules.py

What stands above the mark in each page is kept.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from minga.dte.finding import Missing, Rule
from minga.dte.rulebook import missing, rules, sources

Language = Literal["en", "es"]

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
PAGES: dict[Language, Path] = {"en": FOLDER / "dte-rules.md", "es": FOLDER / "dte-rules.es.md"}
MARK = "<!-- made by tools/dte_rules.py: make docs -->"

HEADS: dict[Language, tuple[str, str, str]] = {
    "en": (
        "| rule | severity | what is wrong | types | days | where it stands |\n|---|---|---|---|---|---|",
        "## Known, not implemented",
        "| rule | what it demands | why it is not checked | where it stands |\n|---|---|---|---|",
    ),
    "es": (
        "| regla | gravedad | qué está mal | tipos | fechas | dónde está |\n|---|---|---|---|---|---|",
        "## Conocidas, no implementadas",
        "| regla | qué exige | por qué no se revisa | dónde está |\n|---|---|---|---|",
    ),
}

SEVERITIES: dict[Language, dict[str, str]] = {
    "en": {},
    "es": {"rejected": "rechazo", "error": "error", "reparo": "reparo", "note": "nota"},
}

SECONDARY: dict[Language, str] = {"en": "second hand", "es": "de segunda mano"}


def page(above: str, language: Language) -> str:
    """The whole page, with ``above`` before the mark."""
    head, title, missing_head = HEADS[language]
    lines = [above.rstrip(), "", MARK, "", head, *(_row(rule, language) for rule in rules().values())]
    lines += ["", title, "", missing_head, *(_missing_row(each, language) for each in missing().values())]
    return "\n".join(lines) + "\n"


def _row(rule: Rule, language: Language) -> str:
    where = "; ".join(str(each) for each in sources(rule))
    if rule.mark == "secondary":
        where += f" ({SECONDARY[language]})"
    severity = SEVERITIES[language].get(rule.severity, rule.severity)
    says = rule.says_es if language == "es" else rule.says
    kinds = ", ".join(map(str, sorted(rule.kinds)))
    return _line([f"`{rule.id}`", severity, says, kinds, " ".join(_days(rule)), where])


def _days(rule: Rule) -> Iterator[str]:
    if rule.valid_from:
        yield f"{rule.valid_from} →"
    if rule.valid_to:
        yield f"→ {rule.valid_to}"


def _missing_row(each: Missing, language: Language) -> str:
    what, why = (each.what_es, each.why_es) if language == "es" else (each.what, each.why)
    return _line([f"`{each.id}`", what, why, each.source])


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(path.read_text("utf-8").split(MARK)[0], language), "utf-8")
