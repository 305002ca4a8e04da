"""`minga translate`: what becomes of a request or an answer in another wire format."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click
import msgspec

from minga.domain.errors import BadInput, UnreadableFile
from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.inspection import Inspected, Kind, inspect, kind_of

HELP = """Translate a request, an answer, an error or a stream of one wire format to another, as the gateway does it.

\b
  minga translate --from anthropic --to gemini request.json
  minga translate --from anthropic --to chat --explain request.json > translated.json
  curl -sN … | minga translate --from chat --to responses

The formats: anthropic (Messages), chat and responses (OpenAI), gemini. The translation goes to standard output; with
--explain, what was kept, changed and lost is told on standard error. Nothing is sent anywhere.
"""

NAMES: Mapping[str, Wire] = MappingProxyType(
    {"anthropic": "anthropic", "chat": "openai-chat", "responses": "openai-responses", "gemini": "gemini"}
)

KINDS: tuple[Kind, ...] = ("request", "answer", "stream", "error")

SIZE_MAX = 256 * 1024 * 1024


@click.command(cls=Verb, name="translate", help=HELP)
@click.argument("file", required=False)
@option("--from", "source", required=True, type=click.Choice(list(NAMES)), help="The format of the file.")
@option("--to", "target", required=True, type=click.Choice(list(NAMES)), help="The format that is wanted.")
@option("--kind", type=click.Choice(KINDS), help="What the file holds; found out if left out.")
@option("--model", default="", metavar="MODEL", help="The name of the model in the target; the same if left out.")
@option("--explain", is_flag=True, help="Tell on standard error what was kept, changed and lost.")
@option(
    "--json", "as_json", is_flag=True, help="One JSON object: the translation, and what was kept, changed and lost."
)
@click.pass_obj
def command(
    desk: Desk,
    /,
    file: str | None,
    source: str,
    target: str,
    kind: Kind | None,
    model: str,
    explain: bool,
    as_json: bool,
) -> None:
    body = _read(desk, file)
    try:
        found = inspect(kind or kind_of(body), body, NAMES[source], NAMES[target], model)
    except Refused as refused:
        raise BadInput(detail=refused.message) from refused
    except (Unreadable, ValueError, RecursionError) as wrong:
        detail = "this is nothing of the format {name}: {reason}"
        raise BadInput(detail=desk.say(detail, name=source, reason=str(wrong) or type(wrong).__name__)) from wrong
    if as_json:
        print(_as_json(found))
        return
    told = found.body if found.kind == "stream" else msgspec.json.format(found.body) + b"\n"
    sys.stdout.flush()
    sys.stdout.buffer.write(told)
    if explain:
        sys.stdout.flush()
        _explain(desk, found)


def _read(desk: Desk, file: str | None) -> bytes:
    if file is None or file == "-":
        if sys.stdin.isatty():
            raise click.UsageError(desk.say("Name a file, or give one on standard input."))
        body = sys.stdin.buffer.read(SIZE_MAX + 1)
    else:
        try:
            with Path(file).open("rb") as opened:
                body = opened.read(SIZE_MAX + 1)
        except OSError as wrong:
            raise UnreadableFile(path=file, detail=wrong.strerror or str(wrong)) from wrong
    if len(body) > SIZE_MAX:
        raise BadInput(detail=desk.say("it has more than {size} MB", size=SIZE_MAX // 1024 // 1024))
    return body


def _as_json(found: Inspected) -> str:
    notes = [
        {"kind": kind.id, "what": detail, "meaning": kind.meaning, "effect": kind.effect}
        for kind, detail in found.notes
    ]
    body = found.body.decode() if found.kind == "stream" else msgspec.Raw(found.body)
    told = {
        "kind": found.kind,
        "translation": body,
        "kept": found.kept,
        "changed": [one for one in notes if one["effect"] == "changed"],
        "lost": [one for one in notes if one["effect"] == "lost"],
    }
    return msgspec.json.encode(told).decode()


def _explain(desk: Desk, found: Inspected) -> None:
    lines = []
    if found.kept:
        counted = ", ".join(f"{count} {desk.say(name)}" for name, count in found.kept.items())
        lines.append(desk.say("Kept: {what}.", what=counted))
    for effect, head in (("changed", "Changed"), ("lost", "Lost")):
        for kind, detail in found.notes:
            if kind.effect == effect:
                what = f"{kind.id} ({visible(detail)})" if detail else kind.id
                lines.append(f"{desk.say(head)}: {what}: {desk.say(kind.meaning)}")
    lines = lines or [desk.say("Nothing was changed or lost.")]
    print("\n".join(lines), file=sys.stderr)
