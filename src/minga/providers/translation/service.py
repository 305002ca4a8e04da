"""Settings of OpenAI's service, which both of its formats have, and no other.

Source: the types of OpenAI's SDK 3.57, seen November 2026. That metadata of a completion must be stored is what the API
says where they are not: "The 'metadata' parameter is only allowed when 'store' is enabled."
"""

from collections.abc import Iterable, Mapping

from minga.providers.translation.notes import Notes

NAMES = (
    "metadata",
    "moderation",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "service_tier",
    "store",
    "user",
    "verbosity",
)
"""As both formats call them; Responses has ``verbosity`` below ``text``."""

_NOTHING = frozenset({b"", b"null", b"{}", b"[]", b'""', b"false"})

_USUAL: Mapping[str, frozenset[bytes]] = {
    "service_tier": frozenset({b'"auto"', b'"default"'}),
    "verbosity": frozenset({b'"medium"'}),
}
"""What happens without the setting too."""


def given(values: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, bytes], ...]:
    """Those that say something, as JSON: a deployment stores nothing unless it is asked to."""
    return tuple((name, value) for name, value in values if value not in _NOTHING)


def leave_out(settings: Iterable[tuple[str, bytes]], notes: Notes) -> None:
    for name, value in settings:
        if value not in _USUAL.get(name, frozenset()):
            notes.add("service-setting", name)
