"""`minga feedback`: how an answer turned out."""

import click

from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.entrypoints.cli.pages import Verb
from minga.entrypoints.cli.verb import Desk
from minga.verification.labels import Label, Outcome, Source

HELP = """Say how the answer of a conversation's last turn turned out; without an id, of the newest conversation.

good: it was right. bad: it was wrong. corrected: it was of use after you corrected it. What you say teaches which
checks and agents to trust; `minga quality` shows it. Your newest word counts.

\b
  minga feedback good
  minga feedback bad 0199f
"""


@click.command(cls=Verb, name="feedback", help=HELP)
@click.argument("outcome", type=click.Choice([one.value for one in (Outcome.GOOD, Outcome.BAD, Outcome.CORRECTED)]))
@click.argument("session", required=False)
@click.pass_obj
def command(desk: Desk, /, outcome: str, session: str | None) -> None:
    async def work(minga: Minga) -> tuple[str, Label]:
        sessions = await minga.history.latest(1)
        if not session and not sessions:
            raise BadInput(detail=desk.say("there is no conversation yet"))
        session_id = await minga.history.resolve(session) if session else sessions[0].id
        answers = [one for one in await minga.labels.all() if one.judged.session_id == session_id]
        if not answers:
            detail = desk.say("no answer of the conversation {session} was checked", session=session_id)
            raise BadInput(detail=detail)
        last = answers[-1]
        await minga.labels.note_outcome([last.judged.attempt_id], Source.PERSON, Outcome(outcome))
        return session_id, last

    session_id, last = desk.run(work)
    told = desk.say("Noted: the answer of {agent} in {session} was {outcome}.")
    print(told.format(agent=last.judged.agent, session=session_id, outcome=desk.say(outcome)))
