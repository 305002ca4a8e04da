"""Writes docs/reference/translation.md: what tests have shown of each direction, and what it loses.

`make translations` runs both:

MINGA_WRITE_TRANSLATIONS=folder python -m pytest tests/gateway/test_translated_sdks.py \
    tests/gateway/test_npm_sdks.py tests/gateway/test_clis_on_other_families.py
python tests/gateway/write_translations.py folder
"""

import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec

from minga.providers.translation.notes import Kind, kinds

TARGET = Path(__file__).parents[2] / "docs" / "reference" / "translation.md"

WIRES = ("openai-chat", "openai-responses", "anthropic", "gemini")

CLIS = ("claude", "codex", "copilot", "gemini", "opencode", "qwen")

DISTRIBUTIONS = ("openai", "anthropic", "google-genai")

HEAD = """\
# Translation between the wire formats

Written by `tests/gateway/write_translations.py` from a run of the tests and from the tables that the gateway itself
goes by; not edited by hand. How it is used: [the gateway](../howto/gateway.md).
"""

ABOUT_SDKS = """\
A row is a caller, a column the format of the model. What each cell counts was shown: text with accents and emoji,
tokens (cached ones too), a picture, two tool calls at once and their results, an error, a stream that breaks, and that
signed thoughts do not go to the wrong family; whole and as a stream where both exist.
"""

ABOUT_CLIS = """\
Each real CLI was given a task on a model of a format that it does not speak, called its shell tool, and ended with the
model's answer. *In the middle*: its own family answered the first request with a tool call and then failed; a model of
another one got the whole history and went on, and the CLI noticed nothing.
"""

ABOUT_LOSSES = """\
What cannot be said in the target is told in the headers `x-minga-lost` and `x-minga-changed` and in the call log; what
is lost of an answer that streams only in the log. The first format is the one that a message is in, the second one what
it becomes: a request goes from the caller's format to the model's, an answer back. What holds for every source, or for
every target, stands under *any*.

That this is all is what `tests/translation/test_every_field.py` shows: it walks each field of the types of the official
SDKs; what becomes of it stands in `tests/translation/fields`, and what nothing is told of with the reason in
`silent.toml` there.
"""


def render(shown: Mapping[str, Mapping[str, str]]) -> str:
    """``shown``: module -> ``row column`` -> cell."""
    parts = [HEAD, "## Official SDKs", ABOUT_SDKS]
    versions = ", ".join(f"{name} {version(name)}" for name in DISTRIBUTIONS)
    parts += [f"Python: {versions}.", _table("caller", _rows(shown["test_translated_sdks"]), WIRES)]
    if npm := dict(shown.get("test_npm_sdks", {})):
        parts += [f"Node: {npm.pop('versions')}.", _table("caller", _rows(npm), WIRES)]
    clis = shown["test_clis_on_other_families"]
    columns = (*WIRES, "in the middle")
    parts += ["## CLIs", ABOUT_CLIS, _table("CLI", {cli: _cells(clis, cli, columns) for cli in CLIS}, columns)]
    parts += ["## What is lost, what is changed", ABOUT_LOSSES, *_losses()]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _rows(cells: Mapping[str, str]) -> dict[str, list[str]]:
    rows = dict.fromkeys(pair.rpartition(" ")[0] for pair in cells)
    return {row: [_count(cells.get(f"{row} {wire}", "")) for wire in WIRES] for row in rows}


def _count(names: str) -> str:
    return f"yes ({len(names.split())})" if names else "–"


def _cells(clis: Mapping[str, str], cli: str, columns: tuple[str, ...]) -> list[str]:
    return [_worked(clis.get(f"{cli} {column}", "–")) for column in columns]


def _worked(seen: str) -> str:
    return f"yes, {seen}" if seen[:1].isdigit() else seen


def _table(corner: str, rows: Mapping[str, list[str]], columns: tuple[str, ...]) -> str:
    lines = [f"| {corner} | {' | '.join(columns)} |", "| --- |" + " --- |" * len(columns)]
    return "\n".join([*lines, *(f"| {row} | {' | '.join(cells)} |" for row, cells in rows.items())])


def _losses() -> Iterator[str]:
    wires = (*WIRES, "openai-embeddings", "")
    for source in wires:
        for target in wires:
            found = [one for one in kinds().values() if _is_of(one, source, target)]
            if (found and source != target) or (found and not source):
                yield f"### {source or 'any'} → {target or 'any'}"
                lines = [f"| `{one.id}` | {one.effect} | {one.at} | {one.meaning} |" for one in found]
                yield "\n".join(["| kind | | in | |", "| --- | --- | --- | --- |", *lines])


def _is_of(kind: Kind, source: str, target: str) -> bool:
    return (source in kind.sources if source else not kind.sources) and (
        target in kind.targets if target else not kind.targets
    )


if __name__ == "__main__":
    files = Path(sys.argv[1]).glob("*.json")
    shown = {file.stem: msgspec.json.decode(file.read_bytes(), type=dict[str, str]) for file in files}
    TARGET.write_text(render(shown), "utf-8")
