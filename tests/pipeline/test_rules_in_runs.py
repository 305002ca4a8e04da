"""Runs know the rules of their project, each once, whoever works."""

from pathlib import Path

import pytest
from pipeline_bench import Bench

from minga.domain.events import Notice, Remembered
from minga.domain.ids import AgentName
from minga.domain.memory import Note, NoteKind
from minga.domain.rules import folded
from minga.pipeline.project_rules import read_by
from minga.rules import documents, rendering, source

RULE = "Never touch migrations."
OTHER = "Short names only."


@pytest.fixture
def project(bench: Bench) -> Path:
    (bench.work / ".git").mkdir()
    (bench.work / ".minga").mkdir()
    (bench.work / source.NAME).write_text(f"- {RULE}\n\n## Style\n\n- {OTHER}\n")
    return bench.work


def render(project: Path, *clis: str) -> None:
    for change in rendering.plan(project, source.read(project).pieces, clis).changes:
        documents.write(change)


def test_a_run_is_told_the_rules_of_its_project_once_in_a_session(bench: Bench, project: Path) -> None:
    bench.agent("alpha", [["say", "ok"]], [["say", "ok"]])
    first = bench.run(bench.task("Add a field.", "alpha"))
    bench.run(bench.task("Add another.", "alpha", session_id=first.shown[0].session_id))
    told, again = bench.prompts("alpha")
    assert "Standing rules of this project:" in told
    assert f"- {RULE}\n" in told
    assert f"- Style: {OTHER}\n" in told
    assert RULE not in again
    [remembered] = first.of(Remembered)
    assert [piece.reasons for piece in remembered.pieces] == [("it stands in .minga/rules.md",)] * 2


def test_what_the_cli_reads_by_itself_it_is_not_told(bench: Bench, project: Path) -> None:
    render(project, "qwen")
    bench.use(lambda minga: minga.notes.add(Note(NoteKind.RULE, RULE, "project"), str(project), ""))
    bench.agent("qwen", [["say", "ok"]])
    ran = bench.run(bench.task("Add a field.", "qwen"))
    assert bench.prompts("qwen") == ["Add a field."]
    assert not ran.of(Remembered)


def test_who_takes_over_is_told_what_the_first_one_reads_by_itself(bench: Bench, project: Path) -> None:
    render(project, "qwen")
    bench.use(lambda minga: minga.notes.add(Note(NoteKind.RULE, "Answer in Spanish.", "user"), "/", ""))
    bench.agent("qwen", [["exit", 3, "out of luck"]])
    bench.agent("beta", [["say", "ok"]])
    bench.run(bench.task("Add a field.", "qwen", "beta"))
    [first], [second] = bench.prompts("qwen"), bench.prompts("beta")
    assert RULE not in first
    assert OTHER not in first
    assert "Standing rules of this project" not in first
    assert "- Answer in Spanish." in first
    assert RULE in second
    assert OTHER in second


def test_the_rules_are_told_where_nothing_is_to_be_remembered(bench: Bench, project: Path) -> None:
    bench.agent("alpha", [["say", "ok"]])
    bench.run(bench.task("Add a field.", "alpha", remembers=False))
    assert RULE in bench.prompts("alpha")[0]


def test_a_rule_of_file_and_memory_is_told_once(bench: Bench, project: Path) -> None:
    bench.use(lambda minga: minga.notes.add(Note(NoteKind.RULE, "never touch MIGRATIONS", "project"), str(project), ""))
    bench.agent("alpha", [["say", "ok"]])
    bench.run(bench.task("Add a field.", "alpha"))
    assert bench.prompts("alpha")[0].lower().count("never touch migrations") == 1


def test_a_rule_below_a_heading_is_told_once_wherever_else_it_stands(bench: Bench, project: Path) -> None:
    bench.use(lambda minga: minga.notes.add(Note(NoteKind.RULE, "short NAMES only", "project"), str(project), ""))
    bench.agent("alpha", [["say", "ok"]])
    bench.agent("qwen", [["say", "ok"]])
    bench.run(bench.task("Add a field.", "alpha"))
    (project / "QWEN.md").write_text(f"- {OTHER}\n")
    bench.run(bench.task("Add a field.", "qwen"))
    [alpha], [qwen] = bench.prompts("alpha"), bench.prompts("qwen")
    assert alpha.lower().count("short names only") == 1
    assert RULE in qwen
    assert "short names only" not in qwen.lower()


def test_what_a_cli_reads_where_the_person_moved_its_configuration_it_is_not_told(bench: Bench, project: Path) -> None:
    bench.extra["XDG_CONFIG_HOME"] = str(bench.work.parent / "moved")
    (bench.work.parent / "moved/opencode").mkdir(parents=True)
    (bench.work.parent / "moved/opencode/AGENTS.md").write_text(f"- {OTHER}\n")
    bench.agent("opencode", [["say", "ok"]], facts={"variables": '{ XDG_CONFIG_HOME = "${home}/.config" }'})
    bench.run(bench.task("Add a field.", "opencode"))
    [told] = bench.prompts("opencode")
    assert RULE in told
    assert OTHER not in told


def test_who_takes_over_reads_a_rule_without_its_heading(bench: Bench, project: Path) -> None:
    (project / "QWEN.md").write_text(f"- {OTHER}\n")
    bench.agent("alpha", [["exit", 3, "out of luck"]])
    bench.agent("qwen", [["say", "ok"]])
    bench.run(bench.task("Add a field.", "alpha", "qwen"))
    [first], [second] = bench.prompts("alpha"), bench.prompts("qwen")
    assert f"- Style: {OTHER}" in first
    assert OTHER not in second


def test_rules_that_cannot_be_read_end_no_run_and_a_secret_is_not_told(bench: Bench, project: Path) -> None:
    (project / source.NAME).write_text("- The token is sk-abcdefghij0123456789abcdef\n- Use pytest.\n")
    bench.agent("alpha", [["say", "ok"]], [["say", "ok"]])
    bench.run(bench.task("Add a field.", "alpha"))
    (project / source.NAME).write_text("- a\n```\n")
    ran = bench.run(bench.task("Add a field.", "alpha"))
    first, second = bench.prompts("alpha")
    assert "sk-" not in first
    assert "- Use pytest." in first
    assert "Standing rules" not in second
    assert ["begins in line 2" in one.text for one in ran.of(Notice)] == [True]


def test_what_lies_behind_the_limit_of_a_cli_it_has_not_read(project: Path) -> None:
    (project / "AGENTS.md").write_text(f"- {OTHER}\n\n{'x' * 32_768}\n\n- {RULE}\n")
    home = (project / "none").joinpath
    assert folded(OTHER) in read_by(AgentName("codex"), project, home)
    assert folded(RULE) not in read_by(AgentName("codex"), project, home)
    assert folded(RULE) in read_by(AgentName("qwen"), project, home)
    assert read_by(AgentName("nobody"), project, home) == frozenset()
