"""Code that does not parse is found; fragments, dialogues and what is shown as wrong are left alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.code.compiling import Compiles


@dataclass(frozen=True)
class Before:
    files: dict[str, bytes] = field(default_factory=dict)

    def paths(self) -> Sequence[str]:
        return list(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def looked(answer: str, prompt: str = "") -> Checked | None:
    return Compiles().look(Work(prompt, answer, Path("/nonexistent")))


def block(code: str, language: str = "python", before: str = "Así:") -> str:
    return f"{before}\n\n```{language}\n{code}\n```\n"


def changed(cwd: Path, name: str, text: str | bytes, before: dict[str, bytes] | None = None) -> Checked | None:
    place = cwd / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    originals = Before(before) if before else None
    return Compiles().look(Work("", "Listo.", cwd, (FileChange(name, "modified"),), originals=originals))


@pytest.mark.parametrize(
    "code",
    [
        "x = 1\nprint(x)",
        "    def f(self):\n        return 1",
        ">>> 1 + 1\n2\n>>> for x in 'ab':\n...     print(x)\na\nb",
        ">>> def f(x):\n...     return x\n...\n>>> f(2)\n2",
        "    x = 1\n    return x",
        "class A:\n    ...",
        "s = '\\d'",
    ],
)
def test_python_that_parses_passes(code: str) -> None:
    checked = looked(block(code))
    assert checked is not None
    assert checked.state is CheckState.PASSED
    assert not checked.proves


@pytest.mark.parametrize(
    "code",
    [
        "def f(x, ...):\n    pass",
        "else:\n    x = 2",
        "def total(items: list[int]) -> int:",
        "for x in items:\n    # tu código aquí",
        "def f():\n    # here it goes\n\nprint(f())",
        "pip install requests",
        "$ python app.py",
        "%matplotlib inline\nimport x",
        "-    old = 1\n+    new = 1\n     print(old new)",
        "x = <your key>",
        "si el total es mayor\nentonces avisar",
        "if a:\n        b = 1\n    c = 2",
        "x = {{ cookiecutter.name }}\ny = = 2",
        "def f():\n    x = 1\n  }",
    ],
)
def test_fragments_and_what_is_no_python_are_not_looked_at(code: str) -> None:
    assert looked(block(code)) is None


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("def f(x)\n    return x", "line 4: "),
        ("def f(x):\nreturn x", "line 5: "),
        ("print('total:', (a + b)\nx = 2", "line 4: "),
        ("for i in range(10)\n    print(i)", "line 4: "),
        ("x = 1\nif x = 1:\n    print(x)", "line 5: "),
        ("total = precio * 1,19 19\nprint(total)", "line 4: "),
        ("import json\ndata = json.loads('{'\n", "line 5: "),
        ("return x +", "line 4: "),
        ("def f():\n    return [1, 2\n\nprint(f())", "line 5: "),
        ("x = 'abc\ny = 2", "line 4: "),
        ("def f(a=1, b):\n    return a", "line 4: "),
        (">>> print('a'\nb", "line 4: "),
    ],
)
def test_a_syntax_error_is_told_with_its_line(code: str, place: str) -> None:
    checked = looked(block(code))
    assert checked is not None
    assert checked.state is CheckState.FAILED
    assert checked.evidence[0].startswith(place)
    assert "no valid Python (" in checked.evidence[0]


@pytest.mark.parametrize(
    "before",
    [
        "This is wrong:",
        "Your code:",
        "Esto lanza SyntaxError:",
        "Antes:",
        "Código incorrecto:",
        "❌",
        "In Python 2 it was:",
    ],
)
def test_what_is_shown_as_wrong_is_no_fault_of_the_answer(before: str) -> None:
    assert looked(block("print 'x'", before=before)) is None
    assert looked(block("x = = 1", before=before) + block("x = 1", before="Corregido:")) == Checked(
        "compiles", CheckState.PASSED, evidence=("line 9: the code parses",), proves=False
    )


@pytest.mark.parametrize("before", ["This fixes the error:", "El código corregido, sin el error:"])
def test_what_is_said_to_mend_an_error_is_looked_at(before: str) -> None:
    checked = looked(block("x = = 1", before=before))
    assert checked is not None
    assert checked.state is CheckState.FAILED


@pytest.mark.parametrize(
    "code",
    ["type Point = tuple[int int]", "def f[T](x: T) -> T:\n    return x", "try:\n    f()\nexcept A, B:\n    pass"],
)
def test_what_a_newer_python_may_read_is_never_failed(code: str) -> None:
    checked = looked(block(code))
    assert checked is not None
    assert checked.state is not CheckState.FAILED


def test_blocks_of_other_languages_are_not_looked_at() -> None:
    assert looked(block("x = = 1", "js") + block("x = = 1", "") + "no code") is None


@pytest.mark.parametrize(
    ("name", "text", "state"),
    [
        ("a.py", "x = 1\n", CheckState.PASSED),
        ("a.py", b"# -*- coding: latin-1 -*-\nx = '\xf1'\n", CheckState.PASSED),
        ("a.py", "def f(:\n", CheckState.FAILED),
        ("a.py", "x = '{{ y }}\n", CheckState.UNPROVEN),
        ("tests/fixtures/bad_syntax.py", "def f(:\n", CheckState.UNPROVEN),
        ("a.json", '{"a": [1, 2]}', CheckState.PASSED),
        ("a.json", '{"a": [1, 2}', CheckState.FAILED),
        ("a.json", '{"a": 1 "b": 2}', CheckState.FAILED),
        ("a.json", '{"a": "x, y, }", "b": "la ñ"}', CheckState.PASSED),
        ("tsconfig.json", '{\n// with comments\n"a": "http://x", /* and\nmore */ "b": [1, 2,],\n}', CheckState.PASSED),
        ("a.toml", "a = 1\n[b]\nc = 'x'\n", CheckState.PASSED),
        ("a.toml", "a = 1\na = 2\n", CheckState.FAILED),
        ("a.toml", "a = si\n", CheckState.FAILED),
    ],
)
def test_changed_files_have_to_parse(tmp_path: Path, name: str, text: str | bytes, state: CheckState) -> None:
    checked = changed(tmp_path, name, text)
    assert checked is not None
    assert checked.state is state
    assert not checked.proves
    assert checked.evidence[0].startswith(name)


def test_a_file_that_did_not_parse_before_is_not_held_against_the_work(tmp_path: Path) -> None:
    checked = changed(tmp_path, "old.py", "print 'new'\n", {"old.py": b"print 'old'\n"})
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN


def test_files_that_are_deleted_outside_or_of_another_kind_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "out.py").write_text("def f(:\n")
    (tmp_path / "below" / "link.py").symlink_to(tmp_path / "out.py")
    changes = (
        FileChange("gone.py", "deleted"),
        FileChange("../out.py", "modified"),
        FileChange("link.py", "added"),
        FileChange("app.js", "added"),
    )
    assert Compiles().look(Work("", "", tmp_path / "below", changes)) is None


@given(st.text(alphabet="abx=+-*/()[]{}:.,'\"\n \t\\#@é>`", max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    looked(block(text))
    looked(f"```python\n{text}")


@pytest.mark.parametrize("text", ["(" * 50_000, "-" * 50_000 + "1", "a" + ".a" * 50_000, "[" * 90 + "\n" * 9000, "\0"])
def test_what_is_too_deep_for_the_parser_is_never_failed_for_it(text: str) -> None:
    checked = looked(block(text))
    assert checked is None or checked.state is not CheckState.PASSED
