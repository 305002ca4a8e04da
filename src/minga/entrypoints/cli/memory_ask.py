"""`minga memory ask`: a model reads what is remembered, and its answer counts where its quotes bear it out."""

import importlib
import sys
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.answers import Refusal
from minga.domain.errors import BadInput, NoMemoryModel
from minga.domain.memory import Question
from minga.entrypoints.cli.memory_items import head, places, tell_unknown
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.spans import span
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.pipeline.answering import Answered

HELP = """Have a question answered out of what is remembered, by a model, with the words that say so.

The model is that of the setting memory_model, within memory_budget_usd a day. It is told the passages that
`minga memory search` finds. Its answer counts only where it quotes them word by word, and has no figure and no name
that they lack; else nothing is known.

\b
  MINGA_MEMORY_MODEL=gpt-5-mini minga memory ask "¿en cuánto quedó el arriendo de la bodega?"
"""

QUESTION_MAX = 4_000
"""Characters: all of it is sent."""

WHY = {
    Refusal.NOT_FOUND: "nothing was found that could answer",
    Refusal.NOT_SAID: "{count} passages were read, and none says it",
    Refusal.NO_JSON: "the model's answer is not the JSON that was asked for",
    Refusal.TOO_LONG: "the model's answer is too long",
    Refusal.LANGUAGE: "the model's answer is in another language than the question",
    Refusal.INVENTED: "the model's answer has figures or names that its quotes do not have",
    Refusal.INSTRUCTS: "the model's answer tries to instruct",
    Refusal.NOT_QUOTED: "the model's answer quotes nothing that was said",
}
"""Why there is no answer."""


@click.command("ask", cls=Verb, help=HELP)
@click.argument("words", nargs=-1)
@option("--everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--project", metavar="DIR|REMOTE", help="In the project of this directory, or of this git remote.")
@option("--since", metavar="WHEN", help="Said from this date (your time) on: 2026-11-24, or so long ago: 7d, 12h, 2w.")
@option("--until", metavar="WHEN", help="Said up to the end of this date (your time), or up to so long ago.")
@option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def ask(desk: Desk, /, words: tuple[str, ...], as_json: bool, **given: Any) -> int:
    asked = _readable(" ".join(words).strip())
    if not asked:
        raise BadInput(detail=desk.say("a question is needed: minga memory ask WORDS"))
    if len(asked) > QUESTION_MAX:
        raise BadInput(detail=desk.say("a question has at most {count} characters", count=QUESTION_MAX))
    if not desk.settings.text("memory_model"):
        raise NoMemoryModel
    since, until = span(desk.say, given["since"], given["until"], datetime.now(UTC))

    async def work(minga: Minga) -> Answered:
        asked_at = await places(given["project"], everywhere=given["everywhere"])
        found = await _answer(minga, Question(asked, asked_at, datetime.now(UTC), since=since, known_by=until))
        await tell_unknown(desk, minga.memory, given["project"], asked_at)
        return found

    found = desk.run(work)
    print(_as_json(found)) if as_json else _tell(desk, found)
    return 0 if found.answer.refusal is None else 1


def _readable(text: str) -> str:
    """Bytes that are no UTF-8 stand in arguments as what cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")


async def _answer(minga: Minga, question: Question) -> Answered:
    wiring = importlib.import_module("minga.gateway_wiring")  # brings the HTTP client with it
    answering = importlib.import_module("minga.pipeline.answering")
    wired = await wiring.gateway(minga)
    try:
        answered: Answered = await answering.answer(minga.memory, wiring.memory_calls(minga, wired).ask, question)
    finally:
        await wired.close()
    return answered


def _tell(desk: Desk, found: Answered) -> None:
    answer, cost = found.answer, found.cost_micro_usd
    if answer.refusal:
        why = desk.say(WHY[answer.refusal], count=found.read)
        if answer.refusal is Refusal.NOT_SAID and found.read == 1:
            why = desk.say("1 passage was read, and it does not say it")
        print(desk.say("Nothing known about that: {why}.", why=why), file=sys.stderr)
    else:
        print(visible(answer.text))
        for one in answer.quotes:
            over = f"  ({desk.say('no longer so')})" if one.is_over else ""
            print(f"    “{visible(one.quote)}”{over}\n    {head(desk, one.passage)}")
    if found.read:
        price = desk.say("price not known") if cost is None else f"${cost / 1e6:.4f}"
        told = desk.say.counted(found.read, "1 passage read, {price}", "{count} passages read, {price}", price=price)
        print(told, file=sys.stderr)


def _as_json(found: Answered) -> str:
    answer = found.answer
    quotes = [
        {"quote": one.quote, "item": one.passage.id, "source": one.passage.source, "no_longer_so": one.is_over}
        for one in answer.quotes
    ]
    held = {"answer": answer.text or None, "refusal": answer.refusal, "quotes": quotes}
    return msgspec.json.encode({**held, "read": found.read, "cost_micro_usd": found.cost_micro_usd}).decode()
