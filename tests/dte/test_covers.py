"""Rules of envelopes, messages and books: the right example passes, each mutant is caught."""

from datetime import date

import pytest
from files import edited_file

from minga.dte import Grounds, rules
from minga.dte.examples import container_names
from minga.dte.finding import Edits, Rule
from minga.dte.reading import check_container

GROUNDS = Grounds(date(2026, 11, 26))
WITH_MUTANTS = [rule for rule in rules().values() if rule.example in container_names()]


def found(name: str, edits: Edits) -> dict[str, str]:
    return {each.rule.id: each.path for each in check_container(edited_file(name, edits), GROUNDS)}


@pytest.mark.parametrize("name", container_names())
def test_an_example_of_a_container_breaks_no_rule(name: str) -> None:
    assert found(name, {}) == {}


@pytest.mark.parametrize("rule", WITH_MUTANTS, ids=lambda rule: rule.id)
def test_each_mutant_of_a_container_is_caught_and_the_right_example_is_not(rule: Rule) -> None:
    assert len(rule.mutants) >= 3 or rule.id == "envelope-documents"
    assert rule.id not in found(rule.example, rule.passing)
    for mutant in rule.mutants:
        assert rule.id in found(rule.example, rule.passing | mutant), mutant
