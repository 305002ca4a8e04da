"""How the library for numbers is brought in: its products are small here, and several threads only get in each other's
way (measured: ten times the processor time on a busy machine)."""

import importlib
import os
import sys

_THREADS = "OPENBLAS_NUM_THREADS"


def prepare() -> None:
    """Import numpy with one thread, where nothing has imported it yet. The environment, which processes that are
    started inherit, stays as it was."""
    if "numpy" in sys.modules:
        return
    before = os.environ.get(_THREADS)
    os.environ[_THREADS] = before or "1"
    try:
        importlib.import_module("numpy")
    finally:
        if before is None:
            del os.environ[_THREADS]
