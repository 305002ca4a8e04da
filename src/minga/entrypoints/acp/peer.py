"""The client, for whoever has something to tell or to ask it."""

from contextlib import suppress

from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import Connection
from minga.infrastructure.standard_streams import StreamsEnded


class Peer:
    """The client at the other end of ``connection``. Nobody minds what is told to one that is gone: its turns are
    stopped, and followed to their end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def update(self, session_id: str, update: Json) -> None:
        with suppress(StreamsEnded):
            await self._connection.notify("session/update", {"sessionId": session_id, "update": update})

    async def ask(self, method: str, params: Json) -> Json:
        """Raises EOFError where the client is gone, and RpcError."""
        try:
            return await self._connection.call(method, params) or {}
        except StreamsEnded as end:
            raise EOFError("the client is gone") from end
