"""`minga feedback`: how an answer turned out."""

import click

from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.entrypoints.cli.pages import Verb
from minga.entrypoints.cli.verb import Desk
from minga.pipeline.panel import answer_of
from minga.verification.labels import Label, Outcome, Source

HELP = """Say how the answer of a conversation's last turn turned out; without an id, of the newest conversation.

good: it was right. bad: it was wrong. corrected: it was of use after you corrected it. What you say teaches which
checks and agents to trust; `minga quality` shows it. Your newest word counts. After a panel it is the answer that was
selected; name another by its conversation.

\b
  minga feedback good
  minga feedback bad 0199f
"""


@click.command(cls=Verb, name="feedback", help=HELP)
@click.argument("outcome", type=click.Choice([one.value for one in (Outcome.GOOD, Outcome.BAD, Outcome.CORRECTED)]))
@click.argument("session", required=False)
@click.pass_obj
def command(desk: Desk, /, outcome: str, session: str | None) -> None:
    async def work(minga: Minga) -> Label:
        answer = await _named(desk, minga, session) if session else await _newest(desk, minga)
        await minga.labels.note_outcome([answer.judged.attempt_id], Source.PERSON, Outcome(outcome))
        return answer

    judged = desk.run(work).judged
    told = desk.say("Noted: the answer of {agent} in {session} was {outcome}.")
    print(told.format(agent=judged.agent, session=judged.session_id, outcome=desk.say(outcome)))


async def _named(desk: Desk, minga: Minga, session: str) -> Label:
    """The last answer of the last turn of a conversation. Raises UnknownSession, BadInput."""
    session_id = await minga.history.resolve(session)
    turns = await minga.history.turns(session_id)
    answers = await minga.labels.of_turn(turns[-1].turn.id) if turns else []
    if not answers:
        detail = desk.say("the last answer of the conversation {session} was not checked", session=session_id)
        raise BadInput(detail=detail)
    return answers[-1]


async def _newest(desk: Desk, minga: Minga) -> Label:
    sessions = await minga.history.latest(1)
    if not sessions:
        raise BadInput(detail=desk.say("there is no conversation yet"))
    last = await _named(desk, minga, sessions[0].id)
    answer = answer_of(await minga.labels.all(), last.judged.session_id)
    if answer is None:
        raise BadInput(detail=desk.say("the panel selected no answer: name the conversation of the one you mean"))
    return answer
