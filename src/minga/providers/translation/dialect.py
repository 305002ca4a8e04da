"""What each dialect can do. All of it is pure: bytes and records in, bytes and records out."""

from collections.abc import Sequence
from typing import Protocol

from minga.providers.translation.form import Answer, Event, Fault, Request
from minga.providers.translation.notes import Notes


class Reader(Protocol):
    """Reads the events of one stream."""

    def feed(self, name: str, data: bytes) -> Sequence[Event]:
        """One server-sent event: its name (empty if it has none) and its data. Raises Unreadable."""
        ...

    def finish(self) -> Sequence[Event]:
        """The stream has ended. Gives what was held back; no `Ended` where the stream was cut."""
        ...


class Writer(Protocol):
    """Writes one stream, as the official SDKs of the dialect want it: order, numbers, names of the events."""

    def feed(self, event: Event) -> bytes:
        """Whole server-sent events, or nothing yet."""
        ...


class Dialect(Protocol):
    def read_request(self, body: bytes, notes: Notes) -> Request:
        """Raises Refused (``malformed``) for what is no request of this dialect, naming the place in it, and for what
        only the provider of the caller's dialect could do (such as a stored conversation)."""
        ...

    def write_request(self, request: Request, notes: Notes) -> bytes: ...

    def read_answer(self, body: bytes, notes: Notes) -> Answer:
        """Raises Unreadable."""
        ...

    def write_answer(self, answer: Answer, request: Request, notes: Notes) -> bytes:
        """``request``: what the caller asked for; some dialects repeat parts of it."""
        ...

    def read_fault(self, status: int, body: bytes) -> Fault:
        """Any body, also none of this dialect."""
        ...

    def write_fault(self, fault: Fault) -> bytes: ...

    def reader(self, notes: Notes) -> Reader: ...

    def writer(self, request: Request, notes: Notes) -> Writer: ...


class Unreadable(Exception):
    """A provider sent what is no answer of its dialect."""


class Unsound(Unreadable):
    """The model itself said what cannot be passed on, such as arguments that are no JSON object; its server is well."""
