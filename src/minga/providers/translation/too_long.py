"""Whether a provider says that a request is longer than its model reads: a CLI shortens its history where it is told so
in the words that it knows."""

import re

from minga.providers.translation.form import Fault

_CODE = "context_length_exceeded"

_WORDS = re.compile(
    r"(?:prompt|input) is too long|maximum context length|context (?:window|length)|token count .* exceeds",
    re.I,
)
"""How Anthropic, Bedrock, servers of the chat form and Google say it."""


def is_too_long(fault: Fault) -> bool:
    return fault.kind == _CODE or (fault.status in (400, 413) and _WORDS.search(fault.message) is not None)
