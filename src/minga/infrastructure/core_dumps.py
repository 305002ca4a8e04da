"""Keeps what processes have in memory out of crash dumps."""

import resource
from contextlib import suppress

LIMIT_BYTES = 1
"""No dump fits into it, so that none is written (Linux wants a page at least). Not 0: to a program that collects dumps
(``core_pattern`` with a pipe) the kernel gives them also under a limit of 0, and under 1 it does not. core(5), and
``do_coredump`` in fs/coredump.c."""


def forbid() -> None:
    """From here on neither this process nor what it starts leaves a core dump, whatever the person's shell allows.

    Whoever wants one of a CLI can raise the limit again for it: the hard limit stays. A process that is not dumpable
    at all (prctl) would be hidden from Minga too, which looks for what is left of a tree.
    """
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = LIMIT_BYTES if hard == resource.RLIM_INFINITY else min(LIMIT_BYTES, hard)
    with suppress(ValueError, OSError):  # a system that does not let it be set
        resource.setrlimit(resource.RLIMIT_CORE, (limit, hard))
