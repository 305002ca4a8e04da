"""`minga translate`: what becomes of a request or an answer in another wire format."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click
import msgspec

from minga.domain.errors import BadInput, UnreadableFile, Untranslatable
from minga.domain.model_calls import Refused, Wire
from minga.entrypoints.cli.ending import EXIT_FAILED, complain
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.inspection import Between, Inspected, Kind, inspect, kind_of

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

COUNTED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "system": ("the system text", "the system text"),
        "turn": ("1 turn", "{count} turns"),
        "text": ("1 text", "{count} texts"),
        "image": ("1 picture", "{count} pictures"),
        "file": ("1 file", "{count} files"),
        "audio": ("1 sound", "{count} sounds"),
        "thought": ("1 thought", "{count} thoughts"),
        "tool_call": ("1 tool call", "{count} tool calls"),
        "tool_result": ("1 tool result", "{count} tool results"),
        "refusal": ("1 refusal", "{count} refusals"),
        "tool": ("1 tool", "{count} tools"),
        "setting": ("1 setting", "{count} settings"),
    }
)
"""How one and how several of each sort of `Inspected.kept` are told, in this order."""

SIZE_MAX = 256 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"


@click.command(cls=Verb, name="translate", help=HELP)
@click.argument("file", required=False)
@option("--from", "source", required=True, type=click.Choice(list(NAMES)), help="The format of the file.")
@option("--to", "target", required=True, type=click.Choice(list(NAMES)), help="The format that is wanted.")
@option("--kind", type=click.Choice(KINDS), help="What the file holds; found out if left out.")
@option("--model", default="", metavar="MODEL", help="The name of the model in the target; the same if left out.")
@option(
    "--provider",
    default="",
    metavar="NAME",
    help="Who is to get the request: ollama, vllm and llama-cpp take less than the vendor of the format.",
)
@option(
    "--status",
    type=click.IntRange(400, 599),
    metavar="STATUS",
    help="The HTTP status of an error; 500 if left out.",
)
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
    provider: str,
    status: int | None,
    explain: bool,
    as_json: bool,
) -> int:
    body = _read(desk, file)
    kind = kind or _kind_of(desk, body)
    for name, given, of in (("--status", status, "error"), ("--provider", provider, "request")):
        if given and kind != of:
            raise click.UsageError(desk.say("{option} is not for this: {kind}", option=name, kind=desk.say(kind)))
    if kind == "request" and source == "gemini" and not model:
        raise click.UsageError(desk.say("A request of Gemini's does not name its model: give --model"))
    found = _inspect(desk, kind, body, source, Between(NAMES[source], NAMES[target], model, provider, status or 500))
    _print(_as_json(found) if as_json else _as_text(found))
    if explain:
        sys.stdout.flush()
        _explain(desk, found)
    if not found.whole:
        sys.stdout.flush()
        remedy = desk.say(
            "It was cut while it was received or stored: receive it again, or take this as far as it goes."
        )
        complain(desk.say("The stream stops before its end, and so does the translation."), remedy)
    return 0 if found.whole else EXIT_FAILED


def _kind_of(desk: Desk, body: bytes) -> Kind:
    try:
        return kind_of(body)
    except RecursionError as wrong:
        raise BadInput(detail=desk.say("it is nested too deeply")) from wrong
    except ValueError as wrong:
        reason = desk.say("it is neither a JSON object nor a stream of events: {reason}", reason=str(wrong))
        raise BadInput(detail=reason) from wrong


def _inspect(desk: Desk, kind: Kind, body: bytes, source: str, between: Between) -> Inspected:
    try:
        return inspect(kind, body, between)
    except RecursionError as wrong:
        reason = desk.say("it is nested too deeply")
        raise Untranslatable(kind=desk.say(kind), format=source, detail=reason) from wrong
    except Refused as refused:
        raise Untranslatable(kind=desk.say(kind), format=source, detail=refused.message) from refused
    except (Unreadable, ValueError) as wrong:
        raise Untranslatable(kind=desk.say(kind), format=source, detail=str(wrong)) from wrong


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
    if not body.strip():
        raise BadInput(detail=desk.say("it is empty"))
    return body.removeprefix(_BOM)


def _print(told: bytes) -> None:
    """Byte for byte, but harmless at a terminal."""
    sys.stdout.flush()
    sys.stdout.buffer.write(visible(told.decode("utf-8", "replace")).encode() if sys.stdout.isatty() else told)


def _as_text(found: Inspected) -> bytes:
    return found.body if found.kind == "stream" else msgspec.json.format(found.body) + b"\n"


def _as_json(found: Inspected) -> bytes:
    notes = [
        {"kind": kind.id, "what": detail, "meaning": kind.meaning, "effect": kind.effect}
        for kind, detail in found.notes
    ]
    told = {
        "kind": found.kind,
        "translation": found.body.decode() if found.kind == "stream" else msgspec.Raw(found.body),
        "whole": found.whole,
        "kept": found.kept,
        "changed": [one for one in notes if one["effect"] == "changed"],
        "lost": [one for one in notes if one["effect"] == "lost"],
    }
    return msgspec.json.encode(told) + b"\n"


def _explain(desk: Desk, found: Inspected) -> None:
    lines = []
    if found.kept:
        lines.append(desk.say("Kept: {what}.", what=", ".join(_kept(desk, found.kept))))
    for effect, head in (("changed", desk.say("Changed")), ("lost", desk.say("Lost"))):
        for kind, detail in found.notes:
            if kind.effect == effect:
                what = f"{kind.id} ({visible(detail)})" if detail else kind.id
                lines.append(f"{head}: {what}: {kind.es if desk.say.language == 'es' else kind.meaning}")
    if not found.notes:
        lines.append(desk.say("Nothing was changed or lost."))
    print("\n".join(lines), file=sys.stderr)


def _kept(desk: Desk, kept: Mapping[str, int]) -> list[str]:
    return [desk.say(COUNTED[sort][kept[sort] > 1], count=kept[sort]) for sort in COUNTED if sort in kept]
