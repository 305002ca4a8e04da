"""The dialect as one object."""

from minga.providers.translation import dialect
from minga.providers.translation.form import Answer, Fault, Request
from minga.providers.translation.messages.answer_in import read_answer
from minga.providers.translation.messages.answer_out import write_answer
from minga.providers.translation.messages.faults import read_fault, write_fault
from minga.providers.translation.messages.request_in import read_request
from minga.providers.translation.messages.request_out import write_request
from minga.providers.translation.messages.stream_in import Reader
from minga.providers.translation.messages.stream_out import Writer
from minga.providers.translation.notes import Notes


class Messages:
    """See `dialect.Dialect`."""

    def read_request(self, body: bytes, notes: Notes) -> Request:
        return read_request(body, notes)

    def write_request(self, request: Request, notes: Notes) -> bytes:
        return write_request(request, notes)

    def read_answer(self, body: bytes, notes: Notes) -> Answer:
        return read_answer(body, notes)

    def write_answer(self, answer: Answer, request: Request, notes: Notes) -> bytes:
        return write_answer(answer, request, notes)

    def read_fault(self, status: int, body: bytes) -> Fault:
        return read_fault(status, body)

    def write_fault(self, fault: Fault) -> bytes:
        return write_fault(fault)

    def reader(self, notes: Notes) -> Reader:
        return Reader(notes)

    def writer(self, request: Request, notes: Notes) -> Writer:
        return Writer(request, notes)


DIALECT: dialect.Dialect = Messages()
