"""No test runs the benchmarks; what they use of Minga must be there all the same."""

import importlib
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"

MODULES = sorted(
    ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts)
    for path in FOLDER.rglob("*.py")
    if "outside" not in path.parts and path.stem not in ("__init__", "__main__")
)
"""Those below ``outside`` run in the environments of peers."""


@pytest.mark.parametrize("module", MODULES)
def test_a_benchmark_finds_what_it_imports(module: str) -> None:
    assert importlib.import_module(module).__doc__
