"""What every verb gets before it needs a Minga: the settings and the words."""

from dataclasses import dataclass

from minga.entrypoints.cli.words import Words
from minga.settings import Settings


@dataclass(frozen=True, slots=True)
class Front:
    """Enough for the help, and for a verb that must answer at once. Where any other verb is called, its `Desk` takes
    this place: it imports much more."""

    settings: Settings
    say: Words
