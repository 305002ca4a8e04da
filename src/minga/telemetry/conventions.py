"""The names under which others know what Minga tells: read from the pinned file beside this module."""

from pathlib import Path

import msgspec

FILE = Path(__file__).parent / "genai.toml"


class Distribution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A histogram: ``bounds`` are its buckets' upper edges, inclusive."""

    name: str
    help: str
    bounds: tuple[float, ...]


class Distributions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tokens: Distribution
    duration: Distribution
    first_chunk: Distribution


class Labels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    operation: str
    provider: str
    model: str
    token: str
    error: str


class Conventions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``version`` of the conventions, and where they were read."""

    version: str
    source: str
    operations: dict[str, str]
    providers: dict[str, str]
    attributes: dict[str, str]
    labels: Labels
    metrics: Distributions

    def operation(self, wire: str) -> str:
        return self.operations[wire]

    def provider(self, name: str) -> str:
        return self.providers.get(name, name)


def load() -> Conventions:
    return msgspec.toml.decode(FILE.read_bytes(), type=Conventions)
