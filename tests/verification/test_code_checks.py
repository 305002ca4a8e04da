"""All checks of code together: long answers, large workspaces and garbage end soon and never break them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Check, Work
from minga.verification.code.compiling import Compiles
from minga.verification.code.imports import Names
from minga.verification.files import tree as trees
from minga.verification.files.patches import Patches
from minga.verification.files.paths import ChangedPaths
from minga.verification.files.references import References

CHECKS: tuple[Check, ...] = (Compiles(), Names(), References(), ChangedPaths(), Patches())

GARBAGE = {
    "blanks": " " * 100_000,
    "fences": "```python\n" * 5_000,
    "backticks": "`" * 100_000,
    "paths": "a/b.py:1 " * 10_000,
    "one long path": "a/" * 50_000 + "b.py",
    "dots": "." * 100_000,
    "brackets": "```python\n" + "(" * 100_000,
    "links": "[a](b.md" * 10_000,
    "names in files": "`a` in `b.py` " * 5_000,
    "names": "`a.b.c.d.e.f` " * 5_000,
    "hunks": "--- a/x\n+++ b/x\n" + "@@ -1,9 +1,9 @@\n" * 5_000,
    "files": "--- a/x\n+++ b/x\n" * 5_000,
    "pluses": "```diff\n--- a/x\n+++ b/x\n@@ -1 +1,99999 @@\n" + "+\n" * 50_000,
    "dialogue": "```python\n" + ">>> x\n" * 5_000,
    "imports": "```python\n" + "import a.b\n" * 5_000,
    "attributes": "```python\nimport os\n" + "os" + ".path" * 900,
    "letters": "línea 1 de `ñandú.py` " * 4_000,
    "digits": "1" * 100_000,
    "quotes": "```python\n'" + "\\'" * 50_000,
    "of the stars": "```python\nfrom os import *\n" * 1_000,
}


PIECES = [*"`:.@+-/ \n()", "```python\n", "```diff\n", "import os\n", "a.py", "@@ -1 +1 @@\n", "--- a/x\n"]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    for part in range(20):
        folder = root / "shop" / f"part{part}"
        folder.mkdir(parents=True)
        for number in range(100):
            (folder / f"m{number}.py").write_text("def f(a, b=1):\n    return a\n")
    (root / "node_modules" / "left").mkdir(parents=True)
    (root / "node_modules" / "left" / "deep.js").write_text("")
    return root


def looked(work: Work) -> Iterator[Checked | None]:
    for check in CHECKS:
        yield check.look(work)


@pytest.mark.parametrize("name", GARBAGE)
def test_long_garbage_breaks_none_of_them(tmp_path: Path, name: str) -> None:
    assert [each for each in looked(Work("", GARBAGE[name], tmp_path)) if each and each.check == ""] == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [*"`:.@+-/ \n()", "```python\n", "```diff\n", "import os\n", "a.py", "@@ -1 +1 @@\n", "--- a/x\n"]
        )
    )
)
def test_no_mixture_breaks_any_of_them(tmp_path: Path, pieces: list[str]) -> None:
    list(looked(Work("", "".join(pieces), tmp_path, (FileChange("".join(pieces), "modified"),))))


def test_a_large_workspace_is_listed_once_and_without_what_tools_put_there(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []
    walk = trees.os.walk

    def counted(root: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        listed.append(str(root))
        return walk(root)

    monkeypatch.setattr(trees.os, "walk", counted)
    answer = "".join(f"See `gone{n}.py:3` and `m{n}.py:1`, deep.js:1.\n" for n in range(100))
    checked = References().look(Work("", answer, large))
    assert checked is not None
    assert checked.state is CheckState.PASSED
    assert len(listed) == 1
    assert all("node_modules" not in path for path in trees.Tree(large).files)
    assert len(trees.Tree(large).files) == 2000


def test_a_workspace_that_is_listed_in_part_only_refutes_no_file(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work("", "See `shop/part1/gone.py:3`.", large)
    before = References().look(work)
    assert before is not None
    assert before.state is CheckState.FAILED
    monkeypatch.setattr(trees, "LISTED_MAX", 100)
    after = References().look(work)
    assert after is not None
    assert after.state is CheckState.UNPROVEN


def test_ten_megabytes_are_looked_at_within_bounds(tmp_path: Path) -> None:
    answer = "Mira `a.py:3`.\n```python\nimport json\njson.loads('1')\n```\n" * 170_000
    for checked in looked(Work("", answer[:10_000_000], tmp_path)):
        assert checked is None or checked.state is not CheckState.FAILED
