"""Reading code without the warnings that Python has for it."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.Lock()
"""Filters of warnings belong to the process: two threads that put them back at once would leave the wrong ones."""


@contextmanager
def quiet() -> Iterator[None]:
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
