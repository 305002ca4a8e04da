"""What is there before a verb is known."""

from dataclasses import dataclass

from minga.entrypoints.cli.words import Words
from minga.settings import Settings


@dataclass(frozen=True, slots=True)
class Front:
    """What the help of all verbs needs. Where a verb is called, its `Desk` takes this place: it imports much more."""

    settings: Settings
    say: Words
