"""What many programs allow in their settings and JSON itself does not: comments, and a comma after the last thing."""

import re

_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_LAST_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|,(?=\s{0,200}[}\]])')


def without_extras(text: str) -> str:
    bare = _COMMENT.sub(lambda met: met[1] or " ", text)
    return _LAST_COMMA.sub(lambda met: met[1] or "", bare)
