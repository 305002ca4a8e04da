"""What a translation could not keep. Each kind stands in ``losses/*.toml``, of which the table in the docs is made."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple, TypeAlias

import msgspec

Effect: TypeAlias = Literal["lost", "changed"]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``lost``: the target cannot say it; ``changed``: it says it in another way. ``sources`` and ``targets`` are
    dialects, empty for all: that of the message, and the one that it becomes. ``at`` is where it can happen; ``es`` is
    ``meaning`` in Spanish."""

    id: str
    effect: Effect
    at: Literal["request", "answer", "both"]
    meaning: str
    es: str
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


class Note(NamedTuple):
    """``detail`` names the thing: a field, a tool, a type; never what the person or the model said."""

    kind: Kind
    detail: str


@cache
def kinds() -> Mapping[str, Kind]:
    found: dict[str, Kind] = {}
    for file in sorted(resources.files(__package__).joinpath("losses").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            for id_, fields in tomllib.loads(file.read_text("utf-8")).items():
                assert id_ not in found, f"two losses are called {id_}"
                found[id_] = msgspec.convert({**fields, "id": id_}, Kind)
    return found


@dataclass(slots=True)
class Notes:
    """Those of one call, each once."""

    found: dict[Note, None] = field(default_factory=dict)

    def add(self, kind: str, detail: str = "") -> None:
        """``kind`` is an id of ``losses/*.toml``."""
        self.found[Note(kinds()[kind], detail)] = None

    def told(self, effect: Effect) -> list[str]:
        """As a header says it: the kind, and what it is about in brackets."""
        return [f"{kind.id}({detail})" if detail else kind.id for kind, detail in self.found if kind.effect == effect]
