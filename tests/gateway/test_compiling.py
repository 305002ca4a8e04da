"""What `MINGA_COMPILE=1` builds: the modules that a plain call passes, as machine code (docs/decisions/0028)."""

import ast
import shutil
import subprocess
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]

MODULES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"][
    "custom"
]["modules"]


def unreadable(tree: ast.Module) -> list[str]:
    """What mypyc refuses, or reads as something else."""
    found = []
    for one in ast.walk(tree):
        if isinstance(one, ast.AsyncFunctionDef) and any(isinstance(part, ast.Yield) for part in ast.walk(one)):
            found.append(f"{one.name}: an asynchronous generator")
        if isinstance(one, ast.ClassDef) and one.keywords:
            found.append(f"{one.name}: a class with options")
        if isinstance(one, ast.ClassDef) and one.decorator_list and any("Generic" in ast.dump(b) for b in one.bases):
            found.append(f"{one.name}: a generic class with slots")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_what_is_compiled_has_nothing_that_the_compiler_cannot_read(module: str) -> None:
    assert unreadable(ast.parse((ROOT / "src" / module).read_text())) == []


RECORDS = '''
from dataclasses import dataclass, field

@dataclass(frozen=True, slots=True)
class Used:
    """What it says."""

    model: str
    tokens: int = 0

    @property
    def half(self) -> int:
        return self.tokens // 2

@dataclass(frozen=True, slots=True)
class Long(Used):
    hours: int = 1

@dataclass(slots=True)
class Running:
    used: Used
    parts: list[int] = field(default_factory=list)
    hidden: str = field(default="x", repr=False)

@dataclass
class Own:
    one: int

    def __init__(self) -> None:
        self.one = 7
'''


def hook() -> ModuleType:
    spec = spec_from_file_location("compiling", ROOT / "tools/compiling.py")
    assert spec is not None
    assert spec.loader is not None
    compiling = module_from_spec(spec)
    spec.loader.exec_module(compiling)
    return compiling


CONSTANTS = '''"""What is «told»
of it."""

from collections.abc import Mapping

MOST = 4
_FIRST, _LAST = 0, MOST - 1
KNOWN: Mapping[str,
    int] = {"«": MOST}
later = MOST

def most() -> int:
    WORD = MOST
    return WORD
'''


def test_constants_are_said_to_be_final_and_no_line_moves() -> None:
    made = hook().with_finals(CONSTANTS)
    changed = [two for one, two in zip(CONSTANTS.splitlines(), made.splitlines(), strict=True) if one != two]
    assert changed == [
        'of it."""; from typing import Final',
        "MOST: Final = 4",
        "_FIRST: Final = 0; _LAST: Final = MOST - 1",
        "KNOWN: Final[Mapping[str,",
        '    int]] = {"«": MOST}',
    ]
    there: dict[str, Any] = {}
    exec(made, there)
    assert (there["_LAST"], there["KNOWN"], there["later"], there["most"]()) == (3, {"«": 4}, 4, 4)
    assert hook().with_finals("import os\n") == "import os\n"


def test_records_get_the_constructor_that_they_would_have_and_no_line_moves() -> None:
    (made,) = hook().with_inits([RECORDS])
    written = [line for line in made.splitlines() if "def __init__" in line]
    assert len(written) == 4, "three, and the one that was there"
    names = [(line, at) for at, line in enumerate(RECORDS.splitlines()) if line.startswith("class ")]
    assert [(line, at) for at, line in enumerate(made.splitlines()) if line.startswith("class ")] == names
    plain: dict[str, Any] = {"__name__": "plain"}
    other: dict[str, Any] = {"__name__": "other"}
    exec(RECORDS, plain)
    exec(made, other)
    for space in (plain, other):
        used = space["Used"]("m", tokens=4)
        assert (used.half, hash(used) == hash(space["Used"]("m", 4)), used == space["Used"]("m", 5)) == (2, True, False)
        long = space["Long"]("m", hours=3)
        assert (long.model, long.tokens, long.hours) == ("m", 0, 3)
        one, two = space["Running"](used), space["Running"](used=used, parts=[1])
        assert (one.parts, two.parts, one.hidden) == ([], [1], "x")
        assert one.parts is not space["Running"](used).parts
        assert repr(two) == "Running(used=Used(model='m', tokens=4), parts=[1])"
        assert space["Own"]().one == 7


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_a_wheel_that_was_asked_for_it_holds_machine_code_that_does_the_same(tmp_path: Path) -> None:
    """One module, as all of them take minutes: `make test-compiled`."""
    project = tmp_path / "project"
    package = project / "src" / "minga" / "policy"
    package.mkdir(parents=True)
    for name in ("__init__.py", "policy/__init__.py", "policy/rates.py"):
        shutil.copy(ROOT / "src/minga" / name, project / "src/minga" / name)
    (project / "tools").mkdir()
    shutil.copy(ROOT / "tools/compiling.py", project / "tools/compiling.py")
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "minga"\nversion = "1"\n[tool.mypy]\nmypy_path = "src"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["src/minga"]\n'
        '[tool.hatch.build.targets.wheel.hooks.custom]\npath = "tools/compiling.py"\n'
        'modules = ["minga/policy/rates.py"]\n'
    )
    plain, compiled = (
        built(project, tmp_path / "plain", {}),
        built(project, tmp_path / "compiled", {"MINGA_COMPILE": "1"}),
    )
    assert plain.name.endswith("-none-any.whl")
    assert not compiled.name.endswith("-any.whl")
    with ZipFile(compiled) as wheel:
        wheel.extractall(tmp_path / "there")
    told = "import minga.policy.rates as r; print(r.__file__); print(r.taken(5, 3, 60, 7))"
    done = subprocess.run(
        (sys.executable, "-c", told),
        env={"PYTHONPATH": str(tmp_path / "there")},
        capture_output=True,
        text=True,
        check=True,
    )
    where, figure = done.stdout.split()
    assert where.startswith(str(tmp_path / "there"))
    assert not where.endswith(".py")
    assert figure == "3000007"


def built(project: Path, into: Path, environment: dict[str, str]) -> Path:
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into))
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin", **environment}
    done = subprocess.run(command, cwd=project, env=path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (wheel,) = into.glob("*.whl")
    return wheel
