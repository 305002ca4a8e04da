"""Commands that check work on files: real ones, run on a copy of a real repository."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.infrastructure.originals import keep
from minga.infrastructure.sandbox import Isolation, Sandbox
from minga.infrastructure.watchdog import Watchdog
from minga.verification.judge import FAILED_BEFORE
from minga.verification.programs.commands import Commands
from minga.verification.programs.found import Runner
from minga.verification.programs.project_file import ProjectFile, parse
from minga.verification.programs.reach import unreached

CALC = "def add(a, b):\n    return a - b\n"
RIGHT = "def add(a, b):\n    return a + b\n"
TEST = "from calc import add\n\n\ndef test_add():\n    assert add(2, 3) == 5\n"
OTHER = "def test_other():\n    assert 'a'.upper() == 'A'\n"
BASE = {"calc.py": CALC, "tests/test_calc.py": TEST, "tests/test_other.py": OTHER, "conftest.py": ""}

PERSON = {
    **os.environ,
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # ours would load for seconds
}


@dataclass
class Repository:
    """A folder before and after a run: ``before`` is committed, then ``after`` is written over it (None: deleted)."""

    folder: Path
    before: dict[str, str]
    after: dict[str, str | None]
    prompt: str = "fix the failing test"
    commands: tuple[str, ...] = ()
    is_git: bool = True
    keeps: bool = True
    isolation: Isolation | None = None
    states: list[CheckState] = field(default_factory=list)

    def checked(self) -> list[Checked]:
        self._write(self.before)
        if self.is_git:
            for command in ("init -q", "add -A", "-c user.name=n -c user.email=e commit -qm 1"):
                subprocess.run(["git", *command.split()], cwd=self.folder, check=True)
        return asyncio.run(self._checked())

    async def _checked(self) -> list[Checked]:
        changes = tuple(FileChange(path, self._kind(path, text)) for path, text in self.after.items())
        watchdog = Watchdog()
        try:
            async with keep(self.folder) as originals:
                self._write(self.after)
                work = Work(
                    self.prompt,
                    "done",
                    self.folder,
                    changes,
                    commands=self.commands,
                    originals=originals if self.keeps else None,
                )
                found = await Commands(Sandbox(PERSON, watchdog, isolation=self.isolation)).look(work)
        finally:
            watchdog.close()
        return list(found)

    def one(self) -> Checked:
        [checked] = self.checked()
        return checked

    def _kind(self, path: str, text: str | None) -> "str":
        if text is None:
            return "deleted"
        return "modified" if path in self.before else "added"

    def _write(self, files: "dict[str, str] | dict[str, str | None]") -> None:
        for name, text in files.items():
            path = self.folder / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)


def told(checked: Checked) -> str:
    return "\n".join(checked.evidence)


def test_a_failing_test_that_is_mended_passes(tmp_path: Path) -> None:
    checked = Repository(tmp_path, BASE, {"calc.py": RIGHT}).one()
    assert (checked.check, checked.state) == ("command: pytest", CheckState.PASSED), checked
    assert checked.proves
    assert "2 passed" in told(checked)


def test_a_failing_test_that_is_not_mended_fails_with_what_it_said(tmp_path: Path) -> None:
    checked = Repository(tmp_path, BASE, {"calc.py": CALC.replace("a - b", "b - a")}).one()
    assert checked.state is CheckState.FAILED
    assert "tests/test_calc.py::test_add" in told(checked)
    assert "assert 1 == 5" in told(checked)


def test_what_passed_before_and_fails_now_is_the_works_fault(tmp_path: Path) -> None:
    base = {**BASE, "calc.py": RIGHT}
    checked = Repository(tmp_path, base, {"calc.py": CALC}, prompt="add a docstring").one()
    assert checked.state is CheckState.FAILED
    assert "it passed before the change" in told(checked)


def test_what_failed_before_too_is_no_fault_of_work_on_something_else(tmp_path: Path) -> None:
    after = {"other.py": "x = 1\n"}
    checked = Repository(tmp_path, BASE, after, prompt="add a module other with x = 1").one()
    assert checked.state is CheckState.UNPROVEN
    assert "it failed before the change too: 1 failed before, 1 failed now" in told(checked)


def test_a_new_failure_beside_an_old_one_is_found(tmp_path: Path) -> None:
    after = {"tests/test_new.py": "def test_new():\n    assert 1 == 2\n"}
    checked = Repository(tmp_path, BASE, after, prompt="add a test").one()
    assert checked.state is CheckState.FAILED
    assert "tests/test_new.py::test_new" in told(checked)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"tests/test_calc.py": TEST.replace("== 5", "== -1")}, "tests/test_calc.py was changed"),
        ({"tests/test_calc.py": None}, "tests/test_calc.py was deleted"),
        ({"tests/test_calc.py": "import pytest\n@pytest.mark.skip\n" + TEST.split("\n\n\n")[1]}, "skip or xfail added"),
        ({"tests/test_calc.py": TEST.replace("assert add(2, 3) == 5", "add(2, 3)")}, "1 assertions before, 0 now"),
        ({"conftest.py": "collect_ignore = ['tests/test_calc.py']\n"}, "conftest.py was changed"),
        (
            {"pytest.ini": "[pytest]\naddopts = --deselect tests/test_calc.py::test_add\n"},
            "pytest.ini, which configures",
        ),
        ({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-k other'\n"}, "pyproject.toml"),
        ({"calc.py": CALC + "\n", "pytest.py": "print('1 passed in 0.1s')\n"}, "pytest.py, which configures"),
    ],
    ids=["changed", "deleted", "skipped", "emptied", "conftest", "ini", "pyproject", "in-its-place"],
)
def test_tests_that_were_changed_to_pass_are_caught(tmp_path: Path, after: dict[str, str | None], said: str) -> None:
    checked = Repository(tmp_path, BASE, after).one()
    assert checked.state is CheckState.FAILED, checked
    assert "tests were changed to pass" in told(checked)
    assert said in told(checked)
    assert "--verify" in told(checked)


UNIT = "import unittest, calc\n\nclass T(unittest.TestCase):\n    def test_add(self): assert calc.add(2, 3) == 5\n"
MAKEFILE = "test:\n\tgrep -q + calc.py\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"test_calc.py": TEST}, {"test_calc.py": None}, "test_calc.py was deleted"),
        ({"test_calc.py": UNIT}, {"test_calc.py": None}, "test_calc.py was deleted"),
        ({"Makefile": MAKEFILE}, {"Makefile": None}, "nothing got better"),
        ({"Makefile": MAKEFILE}, {"Makefile": "build:\n\ttrue\n"}, "nothing got better"),
    ],
    ids=["the-only-test", "unittest", "makefile", "rule"],
)
def test_a_run_cannot_take_away_what_checks_it(
    tmp_path: Path, before: dict[str, str], after: dict[str, str | None], said: str
) -> None:
    checked = Repository(tmp_path, {"calc.py": CALC, **before}, after).one()
    assert checked.state is CheckState.FAILED, checked
    assert said in told(checked)


def test_the_only_test_is_missed_by_work_that_it_would_have_passed(tmp_path: Path) -> None:
    after = {"calc.py": RIGHT, "test_calc.py": None}
    checked = Repository(tmp_path, {"calc.py": CALC, "test_calc.py": TEST}, after).one()
    assert checked.state is CheckState.UNPROVEN, checked
    assert "the tests as they were before pass too (1 passed)" in told(checked)
    assert "test_calc.py was deleted" in told(checked)


def test_an_emptied_test_is_made_up_for_by_the_one_of_before(tmp_path: Path) -> None:
    after: dict[str, str | None] = {"calc.py": RIGHT, "test_calc.py": "def test_add():\n    assert True\n"}
    checked = Repository(tmp_path, {"calc.py": CALC, "test_calc.py": TEST}, after).one()
    assert checked.state is CheckState.PASSED, checked
    assert "asserts nothing: test_calc.py:1 test_add" in told(checked)
    assert "the tests as they were before pass too (1 passed)" in told(checked)


def test_tests_that_grow_are_welcome(tmp_path: Path) -> None:
    more = TEST + "\n\ndef test_more():\n    assert add(1, 1) == 2\n"
    new = "from calc import add\n\n\ndef test_new(two):\n    assert add(two, 2) == 4\n"
    fixture = "import pytest\n\n\n@pytest.fixture\ndef two():\n    return 2\n"
    after = {"calc.py": RIGHT, "tests/test_calc.py": more, "tests/test_new.py": new, "conftest.py": fixture}
    checked = Repository(tmp_path, BASE, after).one()
    assert checked.state is CheckState.PASSED, checked
    assert "the tests as they were before pass too" in told(checked)


def test_a_change_of_tests_that_was_asked_for_is_left_to_the_person(tmp_path: Path) -> None:
    base = {**BASE, "calc.py": RIGHT}
    after = {"calc.py": RIGHT.replace("add", "plus"), "tests/test_calc.py": TEST.replace("add", "plus")}
    prompt = "rename add to plus and update the tests"
    assert Repository(tmp_path, base, after, prompt=prompt).one().state is CheckState.UNPROVEN


def test_layout_and_comments_of_a_test_may_change(tmp_path: Path) -> None:
    after = {"calc.py": RIGHT, "tests/test_calc.py": "# the sum\n" + TEST}
    checked = Repository(tmp_path, BASE, after).one()
    assert checked.state is CheckState.PASSED
    assert "were changed" not in told(checked)


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({"a.py": "x = 1\n"}, ("pytest -q",)),
        ({"a.py": "x = 1\n"}, ("pytest -q || true",)),
        ({"test_a.py": "import pytest\n@pytest.mark.skip\ndef test_a():\n    assert 1\n"}, ()),
        ({"test_a.py": "def helper():\n    pass\n"}, ()),
        ({"test_a.py": "x = 1\n"}, ("python3 -m unittest -q || true",)),
        ({"package.json": '{"scripts": {"test": "echo nothing to do"}}'}, ()),
        ({"Makefile": "test:\n\t@echo fine\n"}, ()),
        ({"check.sh": "echo '0 passing'\n"}, ("sh check.sh",)),
    ],
    ids=["no-tests", "no-tests-hidden", "all-skipped", "no-test-function", "unittest", "npm", "make", "says-none"],
)
def test_without_a_test_nothing_is_proven(tmp_path: Path, files: dict[str, str], commands: tuple[str, ...]) -> None:
    after: dict[str, str | None] = {"new.txt": "x"}
    checked = Repository(tmp_path, files, after, commands=commands).one()
    assert checked.state is CheckState.UNPROVEN, checked
    assert "no test ran" in told(checked)


def test_a_command_of_the_persons_own_passes_with_its_exit_code(tmp_path: Path) -> None:
    files = {"check.sh": 'grep -q wanted "$1"\n'}
    passed, failed = Repository(
        tmp_path, files, {"a.txt": "wanted"}, commands=("sh check.sh a.txt", "sh check.sh check2.txt")
    ).checked()
    assert passed.state is CheckState.PASSED
    assert failed.state is CheckState.FAILED
    assert [passed.check, failed.check] == ["command: sh check.sh a.txt", "command: sh check.sh check2.txt"]


def test_a_hang_says_nothing_of_the_answer_unless_it_is_new(tmp_path: Path) -> None:
    files = {".minga.toml": '[verify]\ncommands = ["sh check.sh"]\ntimeout_s = 1\n', "check.sh": "sleep 315\n"}
    checked = Repository(tmp_path / "always", files, {"a.txt": "x"}).one()
    assert checked.state is CheckState.BROKEN
    assert "no end within 1 s" in told(checked)
    files["check.sh"] = "test ! -e a.txt || sleep 315\n"
    checked = Repository(tmp_path / "new", files, {"a.txt": "x"}).one()
    assert checked.state is CheckState.FAILED
    assert "it passed before the change; now it has no end within 1 s" in told(checked)


def test_a_missing_program_is_no_fault_of_the_answer(tmp_path: Path) -> None:
    checked = Repository(tmp_path, {"a": ""}, {"b": ""}, commands=("no-such-program --check",)).one()
    assert checked.state is CheckState.BROKEN
    assert "install" in told(checked)


def test_who_needs_the_network_is_no_fault_of_the_answer(tmp_path: Path) -> None:
    script = "import urllib.request\nurllib.request.urlopen('http://example.invalid/')\n"
    checked = Repository(tmp_path, {"check.py": script}, {"b": ""}, commands=("python3 check.py",)).one()
    assert checked.state is CheckState.BROKEN, checked
    assert "it needs the network" in told(checked)


def test_a_command_that_deletes_everything_harms_nothing_and_is_told(tmp_path: Path) -> None:
    checked = Repository(tmp_path, BASE, {"calc.py": RIGHT}, commands=('rm -rf "$PWD"/* "$HOME"; true',)).one()
    assert "deleted 4 files of the copy" in told(checked)
    assert (tmp_path / "calc.py").read_text() == RIGHT
    assert sorted(path.name for path in tmp_path.glob("tests/*")) == ["test_calc.py", "test_other.py"]


@pytest.mark.parametrize("command", ["true", "echo all good", "exit 0"])
def test_a_command_that_always_ends_well_proves_nothing(tmp_path: Path, command: str) -> None:
    checked = Repository(tmp_path, BASE, {"calc.py": RIGHT}, commands=(command,)).one()
    assert checked.state is CheckState.UNPROVEN, checked


@pytest.mark.parametrize(
    "body",
    [
        "value()",
        "assert (value() == 2, 'must be 2')",
        "try:\n        assert value() == 2\n    except Exception:\n        pass",
    ],
    ids=["calls", "tuple", "caught"],
)
def test_tests_that_were_asked_for_and_assert_nothing_prove_nothing(tmp_path: Path, body: str) -> None:
    base = {"thing.py": "def value():\n    return 1\n", "conftest.py": ""}
    test = f"from thing import value\n\n\ndef test_value():\n    {body}\n"
    checked = Repository(tmp_path, base, {"tests/test_thing.py": test}, prompt="write tests for thing.py").one()
    assert checked.state is CheckState.UNPROVEN, checked
    assert "asserts nothing: tests/test_thing.py:4 test_value" in told(checked)


def test_a_test_that_asserts_nothing_proves_nothing(tmp_path: Path) -> None:
    base = {"tests/test_other.py": OTHER}
    test = "from thing import value\n\n\ndef test_value():\n    value()\n    assert True\n"
    after = {"thing.py": "def value():\n    return 1\n", "tests/test_thing.py": test}
    checked = Repository(tmp_path / "alone", base, {**after, "conftest.py": ""}, prompt="write thing.value").one()
    assert checked.state is CheckState.UNPROVEN, checked
    assert "asserts nothing: tests/test_thing.py:4 test_value" in told(checked)
    after["tests/test_thing.py"] = test.replace("assert True", "assert value() == 1")
    checked = Repository(tmp_path / "right", base, {**after, "conftest.py": ""}, prompt="write thing.value").one()
    assert checked.state is CheckState.PASSED, checked


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ({"README.md": "The sum of 1 and 2 is 4.\n"}, "there is no code in it"),
        ({"page.js": "let x = 1\n"}, "it is in another language"),
        ({"apart.py": "x = 1\n"}, "no test reaches what was changed: apart.py"),
        ({"deep.py": "x = 1\n"}, ""),
        ({"shell.py": "x = 1\n"}, ""),
    ],
    ids=["prose", "javascript", "apart", "through-another", "as-a-program"],
)
def test_tests_that_reach_nothing_of_the_change_prove_nothing(tmp_path: Path, after: dict[str, str], said: str) -> None:
    program = {
        "pyproject.toml": "[project.scripts]\nmytool = 'shell:main'\n",
        "tests/test_program.py": "def test_it():\n    assert run('mytool')\n",
    }
    for name, text in {**BASE, **program, "calc.py": "import deep\n" + RIGHT, "deep.py": "", **after}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    work = Work("write it", "done", tmp_path, tuple(FileChange(path, "modified") for path in after))
    found = unreached(work, Runner.PYTEST)
    assert said in found
    assert bool(found) is bool(said)


def test_a_change_that_no_test_reaches_is_not_proven_by_tests_that_pass(tmp_path: Path) -> None:
    checked = Repository(tmp_path, {**BASE, "calc.py": RIGHT}, {"apart.py": "x = 1\n"}, prompt="write it").one()
    assert checked.state is CheckState.UNPROVEN, checked
    assert checked.evidence[:2] == ("no test reaches what was changed: apart.py", "2 passed")


def test_the_project_names_its_checks_and_a_run_cannot_change_them(tmp_path: Path) -> None:
    base = {".minga.toml": '[verify]\ncommands = ["test -e wanted"]\n', "a": ""}
    after: dict[str, str | None] = {".minga.toml": '[verify]\ncommands = ["true"]\n'}
    checked = Repository(tmp_path, base, after).one()
    assert (checked.check, checked.state) == ("command: test -e wanted", CheckState.FAILED)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[verify", "Expected ']'"),
        ("[verify]\ncommand = []\n", "knows no 'command'"),
        ("[verify]\ncommands = 'pytest'\n", "a list of texts"),
        ("[verify]\ntimeout_s = -1\n", "a number of seconds"),
        ("verify = 1\n", "is a table"),
    ],
    ids=["toml", "unknown", "text", "seconds", "table"],
)
def test_a_project_file_that_cannot_be_read_is_told_with_its_remedy(tmp_path: Path, text: str, said: str) -> None:
    checked = Repository(tmp_path, {".minga.toml": text}, {"a": ""}).one()
    assert checked.state is CheckState.BROKEN
    assert said in checked.evidence[0]
    assert "Correct it" in checked.evidence[1]


def test_linters_that_the_project_configured_find_what_is_new(tmp_path: Path) -> None:
    base = {"pyproject.toml": "[tool.ruff]\n", "old.py": "import os\n", "a.py": "x = 1\n"}
    after: dict[str, str | None] = {"old.py": "import os\n\n\ny = 2\n", "a.py": "x = undefined_name\n"}
    checked = Repository(tmp_path, base, after).one()
    assert (checked.check, checked.state, checked.proves) == ("command: ruff check", CheckState.FAILED, False)
    assert "a.py: F821" in told(checked)
    assert "old.py" not in told(checked)


def test_without_git_and_without_originals(tmp_path: Path) -> None:
    after: dict[str, str | None] = {"tests/test_calc.py": TEST.replace("== 5", "== -1")}
    caught = Repository(tmp_path / "bare", BASE, after, is_git=False).one()
    assert caught.state is CheckState.FAILED
    unknown = Repository(tmp_path / "unkept", BASE, after, keeps=False).one()
    assert unknown.state is CheckState.UNPROVEN
    assert "is not kept: tests/test_calc.py" in told(unknown)


def test_a_copy_alone_does_and_is_told(tmp_path: Path) -> None:
    checked = Repository(tmp_path, BASE, {"calc.py": RIGHT}, isolation=Isolation.COPY).one()
    assert checked.state is CheckState.PASSED, checked
    assert "without isolation by the kernel" in told(checked)


def test_the_guide_shows_a_project_file_that_is_read() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/verify.md").read_text("utf-8")
    block = page.split("```toml\n")[1].split("```")[0]
    assert parse(block.encode(), "verify.md") == ProjectFile(("pytest -q",), 300, ("src/", "tests/"))


def test_what_failed_before_is_said_in_the_words_that_are_looked_for(tmp_path: Path) -> None:
    checked = Repository(tmp_path, {"a": ""}, {"b": ""}, commands=("echo no; false",)).one()
    assert checked.state is CheckState.FAILED
    assert any(line.startswith(FAILED_BEFORE) for line in checked.evidence)


def test_a_linter_that_the_person_names_counts(tmp_path: Path) -> None:
    checked = Repository(tmp_path, {"a.py": "x = 1\n"}, {"b.py": "y = 1\n"}, commands=("ruff check .",)).one()
    assert (checked.state, checked.proves) == (CheckState.PASSED, True)


def test_nothing_runs_where_nothing_was_changed_and_nobody_asked(tmp_path: Path) -> None:
    assert Repository(tmp_path, BASE, {}).checked() == []
