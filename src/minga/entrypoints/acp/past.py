"""Sessions of the store, whichever entry point and CLI they were held in: listed, and shown again."""

from minga.bootstrap import Minga
from minga.domain.saying import Say
from minga.domain.sessions import SessionSummary
from minga.entrypoints.acp.session import Session
from minga.entrypoints.acp.updates import Shown, chunk
from minga.entrypoints.acp.wire import ListSessions
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import INVALID_PARAMS, Refused

PAGE = 50

LOOKED_AT_MAX = 10_000
"""The newest so many sessions can be listed."""


async def listed(minga: Minga, given: ListSessions) -> Json:
    """A page, the newest first; its cursor is the id of its last session."""
    found = await minga.history.latest(LOOKED_AT_MAX)
    fitting = [one for one in found if given.cwd is None or str(one.cwd) == given.cwd.rstrip("/")]
    if given.cursor is not None:
        places = [place for place, one in enumerate(fitting, 1) if one.id == given.cursor]
        if not places:
            raise Refused(INVALID_PARAMS, f"cursor: {given.cursor!r} is none of a page of this list")
        fitting = fitting[places[0] :]
    page = fitting[:PAGE]
    return {
        "sessions": [_listed(one) for one in page],
        **({"nextCursor": page[-1].id} if len(fitting) > PAGE else {}),
    }


def _listed(one: SessionSummary) -> Json:
    return {
        "sessionId": one.id,
        "cwd": str(one.cwd),
        "title": one.title,
        "updatedAt": one.updated_at.isoformat(),
    }


async def replayed(minga: Minga, session: Session, say: Say) -> list[Json]:
    """The whole conversation as updates."""
    updates: list[Json] = []
    for past in await minga.history.conversation(session.id):
        updates.append(chunk("user_message_chunk", past.turn.prompt))
        shown = Shown(session.cwd, session.calls, say, live=False)
        for recorded in past.events:
            updates += shown.of(recorded)
    return updates
