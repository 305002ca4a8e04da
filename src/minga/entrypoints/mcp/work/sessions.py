"""Earlier sessions: search and read."""

from minga.domain.ids import AgentName
from minga.domain.sessions import Wanted
from minga.domain.transcript import CompactionPart, FileChangePart, Message, TextPart, ToolCallPart, ToolResultPart
from minga.entrypoints.mcp.fields import shortened
from minga.entrypoints.mcp.pages import part
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import DATA, Told
from minga.entrypoints.mcp.tools.sessions import Conversation, Found, Hit, Read, Said, Search

TEXT_LENGTH = 4000
"""Characters of one message."""

DONE_LENGTH = 300
"""Of what one tool was given, or gave back."""


async def search(place: Place, asked: Search, told: Told) -> Found:
    minga = await place.minga()
    agent = AgentName(asked.agent) if asked.agent else None
    found = await minga.search.find(Wanted(asked.words, agent, file=asked.file, limit=asked.limit))
    return Found(
        DATA,
        [
            Hit(one.session_id, one.excerpt, one.at.isoformat(timespec="minutes"), one.agent, one.role)
            for one in found.found
        ],
    )


async def read(place: Place, asked: Read, told: Told) -> Conversation:
    minga = await place.minga()
    session_id = await minga.history.resolve(asked.session)
    await minga.sessions.tell(session_id)
    transcript = await minga.history.transcript(session_id)
    said = [_said(one) for one in transcript.messages]
    told_of = [one for one in said if one.text or one.done]
    shown, cursor = part(told_of, asked.cursor, asked.limit, f"session {session_id}")
    return Conversation(session_id, transcript.title, DATA, list(shown), cursor)


def _said(message: Message) -> Said:
    texts: list[str] = []
    done: list[str] = []
    for each in message.parts:
        match each:
            case TextPart():
                texts.append(each.text)
            case ToolCallPart():
                done.append(shortened(f"{each.name} {each.arguments}", DONE_LENGTH))
            case ToolResultPart():
                done.append(shortened(f"{'→' if each.ok else '✗'} {each.output}", DONE_LENGTH))
            case FileChangePart():
                done.append(f"{each.change} {each.path}")
            case CompactionPart():
                texts.append(each.summary)
            case _:
                pass
    at = message.at.isoformat(timespec="minutes") if message.at else ""
    by = message.role if message.role == "user" else f"{message.role} · {message.agent}"
    return Said(by, shortened("\n\n".join(texts), TEXT_LENGTH), at, done)
