"""Standing rules: what holds in a project for whoever works in it, and where each rule is known from."""

import re
import unicodedata
from dataclasses import dataclass

from minga.domain.memory import ItemId, Scope

_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class StandingRule:
    """A rule in force. ``section``: the heading under which it stands, if any. ``file`` and ``line``: where it stands
    in the project's own rules, relative to its root; ``item``: the accepted rule of the memory that says it. A rule of
    both has both. ``scope`` user: it holds wherever its user works, and goes into no file of a project."""

    text: str
    scope: Scope
    section: str = ""
    file: str = ""
    line: int = 0
    item: ItemId | None = None

    @property
    def told(self) -> str:
        """As one line that can be understood alone."""
        return f"{self.section}: {self.text}" if self.section else self.text


def folded(text: str) -> str:
    """The same for texts that say the same, whatever their case, accents and punctuation."""
    plain = text.lower()
    if not plain.isascii():
        plain = "".join(one for one in unicodedata.normalize("NFD", plain) if not unicodedata.combining(one))
    return _NOT_WORD.sub(" ", plain).strip()
