"""Which outputs of tools tell something that may be asked for."""

import re

_CUT = " … "
"""As `passages` marks what it left out of an output."""

_WRONG = re.compile(r"\b(?:failed|failure|fatal|denied|traceback|\w*(?:error|exception))\b", re.IGNORECASE)


def tells_something(done: str) -> bool:
    """Whether it is short enough to stand there whole, or something went wrong. A long one is mostly a file that was
    read, or a list."""
    return _CUT not in done or bool(_WRONG.search(done))
