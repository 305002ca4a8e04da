"""Whose specialist counts: the person's before Minga's, a project's text over both, and no project widens anything."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.errors import BadSpecialist, UnknownSpecialist
from minga.domain.events import ToolKind
from minga.domain.ids import AgentName
from minga.domain.task import NARROWEST_FIRST, Demands, Permissions, Specialist, Task
from minga.domain.verdict import CHECKS
from minga.memory.extraction.hygiene import own_words
from minga.specialists.assign import assign
from minga.specialists.prompt import block
from minga.specialists.reading import BLOCK
from minga.specialists.shelf import IN_PROJECT, Shelf

AGENTS = ("claude", "codex")


def write(folder: Path, name: str, more: str = "", rules: str = "Be brief.") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(f'+++\ntitle = "T"\npurpose = "P"\n{more}+++\n{rules}\n')
    return path


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "own", AGENTS)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project" / ".git").mkdir(parents=True)
    (tmp_path / "project" / "deep" / "er").mkdir(parents=True)
    return tmp_path / "project"


def test_a_persons_file_takes_the_place_of_mingas_and_that_is_shown(shelf: Shelf, project: Path) -> None:
    path = write(shelf.own, "reviewer", 'permissions = "all"\n')
    one = shelf.get("reviewer", project)
    assert (one.permissions, one.source, one.instead_of) == (Permissions.ALL, str(path), ("Minga",))
    assert one.checks == ()


def test_a_projects_file_has_its_text_and_only_narrows(shelf: Shelf, project: Path) -> None:
    mine = write(shelf.own, "tester", 'permissions = "edits"\ntools = ["edit"]\nchecks = ["command"]\nbudget_usd = 1\n')
    theirs = write(
        project / IN_PROJECT,
        "tester",
        'permissions = "all"\ntools = ["edit", "shell"]\nchecks = ["names"]\nbudget_usd = 9\nagents = ["codex"]\n',
        "Their rules.",
    )
    one = shelf.get("tester", project / "deep" / "er")
    assert (one.rules, one.source, one.instead_of) == ("Their rules.", str(theirs), ("Minga", str(mine)))
    assert (one.permissions, one.checks, one.agents) == (Permissions.EDITS, ("command", "names"), ("codex",))
    assert ToolKind.SHELL not in one.tools
    assert one.budget_micro_usd == 1_000_000


def test_the_project_ends_at_its_repository_and_counts_for_no_home(shelf: Shelf, project: Path) -> None:
    write(project.parent / IN_PROJECT, "outside")
    write(project / IN_PROJECT, "inside")
    assert "inside" in shelf.names(project / "deep")
    assert "outside" not in shelf.names(project / "deep")
    assert "inside" not in shelf.names(None)
    with pytest.raises(UnknownSpecialist):
        shelf.get("inside", None)


@pytest.mark.parametrize(
    ("name", "near"), [("reviewr", "'reviewer'"), ("../own/x", ""), ("", ""), ("x" * 300, ""), ("a\0", "")]
)
def test_an_unknown_one_is_told_with_the_nearest(shelf: Shelf, project: Path, name: str, near: str) -> None:
    write(shelf.own, "x")
    with pytest.raises(UnknownSpecialist) as caught:
        shelf.get(name, project)
    assert near in caught.value.remedy_text


def test_a_broken_file_hides_none_of_the_others(shelf: Shelf, project: Path) -> None:
    write(shelf.own, "aa", "nonsense\n")
    found = list(shelf.all_at(project))
    assert [isinstance(one, BadSpecialist) for one in found] == [True, False, False, False, False, False]


def test_a_broken_one_is_never_replaced_by_the_one_below(shelf: Shelf, project: Path) -> None:
    write(shelf.own, "dte", "nonsense\n")
    with pytest.raises(BadSpecialist):
        shelf.get("dte", project)


limits = st.none() | st.integers(1, 10**9)
specialists = st.builds(
    Specialist,
    name=st.just("x"),
    title=st.just("T"),
    purpose=st.just("P"),
    rules=st.just("R"),
    permissions=st.sampled_from(Permissions),
    tools=st.sets(st.sampled_from(ToolKind)).map(lambda kinds: tuple(sorted(kinds))),
    checks=st.sets(st.sampled_from(CHECKS)).map(lambda names: tuple(sorted(names))),
    agents=st.just(()),
    budget_micro_usd=limits,
)


@given(specialists, st.sampled_from(Permissions), limits, st.booleans())
def test_no_specialist_widens_what_the_person_allows(
    specialist: Specialist, permissions: Permissions, budget: int | None, is_checked: bool
) -> None:
    task = Task("x", Path("/"), permissions=permissions, budget_micro_usd=budget, demands=Demands(checked=is_checked))
    done = assign(task, specialist)
    order = NARROWEST_FIRST.index
    assert order(done.permissions) == min(order(permissions), order(specialist.permissions))
    given_budgets = [each for each in (budget, specialist.budget_micro_usd) if each is not None]
    assert done.budget_micro_usd == (min(given_budgets) if given_budgets else None)
    assert done.demands.checked == (is_checked or bool(specialist.checks))
    assert (done.prompt, done.agents, done.specialist) == (task.prompt, task.agents, specialist)


def test_the_order_of_permissions_names_each_once() -> None:
    assert sorted(NARROWEST_FIRST) == sorted(Permissions)


def test_the_block_is_marked_names_its_source_and_is_the_same_each_time(shelf: Shelf, project: Path) -> None:
    law = shelf.get("law", project)
    told = block(law)
    assert told.startswith(f'<{BLOCK} name="law" source="Minga">\n')
    assert told.endswith(f"</{BLOCK}>\n\n")
    assert told == block(shelf.get("law", project))
    assert "no tools" not in told
    assert "You may not use tools of these kinds: edit, shell." in told
    assert "Programs check your answer (sources)" in told


def test_no_name_of_a_folder_ends_the_block(shelf: Shelf, tmp_path: Path) -> None:
    odd = tmp_path / f'a"></{BLOCK}>' / "b"
    odd.mkdir(parents=True)
    write(odd / IN_PROJECT, "x")
    told = block(shelf.get("x", odd))
    assert told.count(f"</{BLOCK}>") == 1
    assert told.count('"') == 4


def test_the_memory_takes_no_block_for_a_persons_words_however_deep_its_file_lies(shelf: Shelf, tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["a folder with a long name"] * 40)
    write(deep / IN_PROJECT, "x")
    assert own_words(block(shelf.get("x", deep)) + "Is folio 7 right?", "user") == "Is folio 7 right?"


def test_the_block_for_others_promises_no_check(shelf: Shelf, project: Path) -> None:
    told = block(shelf.get("dte", project), checked=False)
    assert "Programs check your answer" not in told
    assert "Answers need a proof (dte): have Minga's tool answer_verify look" in told


def test_preferences_are_names_of_agents(shelf: Shelf, project: Path) -> None:
    write(shelf.own, "mine", 'agents = ["codex", "claude", "codex"]\n')
    assert shelf.get("mine", project).agents == (AgentName("codex"), AgentName("claude"))
