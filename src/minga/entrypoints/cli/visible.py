"""Text of agents, tools and files, made harmless for a terminal.

A model, a command's output or a file name may hold escape sequences that retitle the window, write the clipboard, hide
text or move the cursor over a question. What is shown at a terminal shows such characters instead of obeying them.
"""

import re
from typing import TextIO

_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and newline (C0, DEL, C1), and those that turn the direction of writing."""


def visible(text: str) -> str:
    r"""``\x1b[2J`` becomes the six visible characters ``\x1b[2J``; a carriage return before a newline goes."""
    return _ACTING.sub(_name, text.replace("\r\n", "\n"))


def for_reader(text: str, stream: TextIO) -> str:
    """Visible at a terminal; byte for byte for a program or a file."""
    return visible(text) if stream.isatty() else text


def _name(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
