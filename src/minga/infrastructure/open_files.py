"""How many files and connections this process may have open."""

import resource
from contextlib import suppress

WISHED = 65_536


def allow_many() -> int:
    """Raise the limit as far as the system lets this process, and return it: shells often begin with 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wished = WISHED if hard == resource.RLIM_INFINITY else min(WISHED, hard)
    if soft != resource.RLIM_INFINITY and soft < wished:
        with suppress(ValueError, OSError):  # a system that does not let it be set
            resource.setrlimit(resource.RLIMIT_NOFILE, (wished, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
