"""The rule that keeps the built-in agent honest: every word of the task must be accounted for.

A skill names the spans it understood and the few other words that may stand around them. One word beyond those can
change what is asked ("… and refactor it", "do not …"), so the task is refused with the words that were not understood.
"""

import re
from collections.abc import Iterable

Span = tuple[int, int]

_COURTESY = frozenset({"hola", "gracias", "hello", "hi", "thanks"})

_WORD = re.compile(r"(?:[^\s¿?¡!.,;:()\"'’‘«»“”]|(?<=[0-9])[.,:](?=[0-9]))+")


def vocabulary(text: str) -> frozenset[str]:
    """The words of ``text``, which are separated by white space."""
    return frozenset(text.split())


def blank(text: str, spans: Iterable[Span]) -> str:
    """``text`` with spaces in place of ``spans``; the other positions stay."""
    signs = list(text)
    for start, end in spans:
        signs[start:end] = " " * (end - start)
    return "".join(signs)


def unaccounted(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """The words of ``text`` outside ``known``, in order, each once; greetings and thanks ask for nothing."""
    return tuple(dict.fromkeys(word for word in _WORD.findall(text) if word not in known and word not in _COURTESY))


def quoted(words: Iterable[str], limit: int = 8) -> str:
    """``words`` for a message: quoted, the first ``limit`` of them."""
    every = list(words)
    shown = ", ".join(f"«{word}»" for word in every[:limit])
    return f"{shown} …" if len(every) > limit else shown
