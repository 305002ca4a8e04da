"""Errors of JSON-RPC and of the protocol, as a client gets them."""

from minga.infrastructure.jsonlines import Json

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
AUTH_REQUIRED = -32000
RESOURCE_NOT_FOUND = -32002
REQUEST_CANCELLED = -32800


class Refused(Exception):
    """A request gets this error. ``text`` is for a person: editors show it, and nothing else of an error."""

    def __init__(self, code: int, text: str, data: Json | None = None) -> None:
        self.code = code
        self.text = text
        self.data = data
        super().__init__(f"{code}: {text}")
