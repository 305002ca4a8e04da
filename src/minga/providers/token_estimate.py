"""How many tokens a request has, roughly and at once: counting them would take longer than the gateway may.

Against o200k on a request of Claude Code (87 kB), the same with forty source files, source code, statutes in Spanish,
JSON of prices, lists of hashes, Markdown and Chinese (measured November 2026): between 3 % low and 40 % high, 1.7 ms
for 350 kB. Anthropic's own tokenizer is not public; it makes more tokens of a text than o200k.
"""

import re

from minga.infrastructure import text_tokens

OF_MEDIA = 1600
"""Tokens of a picture: docs.anthropic.com/en/docs/build-with-claude/vision, the largest before it is scaled down."""

_MEDIA = re.compile(rb'"[A-Za-z0-9+/]{2000,}={0,2}"')


def of_request(body: bytes) -> int:
    """Tokens of a request's JSON; never 0. Pictures and files in base64 count by the piece, not by their bytes."""
    text, media = _MEDIA.subn(b"", body)
    return int(text_tokens.roughly(text)) + media * OF_MEDIA + 1
