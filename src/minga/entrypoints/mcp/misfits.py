"""What does not fit a tool's schema, in the person's language; msgspec says it in English alone."""

import re

from minga.domain.saying import Say

MISFITS = (
    "Object missing required field `{name}`",
    "Object contains unknown field `{name}`",
    "Expected `{wanted}`, got `{given}`",
    "Expected `{wanted}` of length >= {count}",
    "Expected `{wanted}` of length <= {count}",
    "Expected `{wanted}` >= {count}",
    "Expected `{wanted}` > {count}",
    "Expected `{wanted}` <= {count}",
    "Expected `{wanted}` matching regex {pattern}",
    "Invalid enum value {given}",
)
"""As msgspec writes them, before where they stand."""

_GAP = re.compile(r"\\\{(\w+)\\\}")
_PATTERNS = {one: re.compile(_GAP.sub(r"(?P<\1>.+)", re.escape(one)), re.DOTALL) for one in MISFITS}


def told(say: Say, wrong: str) -> str:
    """``wrong`` is the text of a msgspec.ValidationError; one that is not known stays as it is."""
    misfit, at, place = wrong.partition(" - at `")
    for text, pattern in _PATTERNS.items():
        if found := pattern.fullmatch(misfit):
            misfit = say(text, **found.groupdict())
            break
    return say("{misfit} - at `{place}`", misfit=misfit, place=place.removesuffix("`")) if at else misfit
