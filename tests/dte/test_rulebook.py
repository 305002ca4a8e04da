"""Every rule of the book against its own examples: the right one passes, each mutant is caught."""

from datetime import date
from decimal import Decimal

import pytest
from pieces import edited_example

from minga.dte import Grounds, check_piece, rules, sources
from minga.dte.content import LOOKS
from minga.dte.examples import names
from minga.dte.finding import Rule

RATES = {(date(2026, 11, day), "DOLAR USA"): Decimal(950) for day in (10, 20)}
GROUNDS = Grounds(date(2026, 11, 26), {date(2026, 11, 10): Decimal(40_000)}, rates=RATES)
WITH_MUTANTS = [rule for rule in rules().values() if rule.mutants and rule.example in names()]


def found(rule: Rule, edits: dict[str, str | bool]) -> set[str]:
    checked = check_piece(edited_example(rule.example, rule.passing | edits), GROUNDS, LOOKS)
    return {each.rule.id for each in checked.findings}


@pytest.mark.parametrize("name", names())
def test_an_example_breaks_no_rule_of_content(name: str) -> None:
    checked = check_piece(edited_example(name, {}), GROUNDS, LOOKS)
    assert [(each.rule.id, each.path, each.found, each.expected) for each in checked.findings] == []


@pytest.mark.parametrize("rule", WITH_MUTANTS, ids=lambda rule: rule.id)
def test_each_mutant_is_caught_and_the_right_example_is_not(rule: Rule) -> None:
    assert rule.id not in found(rule, {})
    for mutant in rule.mutants:
        assert rule.id in found(rule, mutant), mutant


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.id)
def test_a_rule_names_norms_that_are_known(rule: Rule) -> None:
    assert sources(rule)
    assert rule.valid_from is None or rule.valid_to is None or rule.valid_from <= rule.valid_to
