"""The dialect as a whole."""

from minga.providers.translation.form import Answer, Fault, Request
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import (
    answer_in,
    answer_out,
    faults,
    request_in,
    request_out,
    stream_in,
    stream_out,
)


class Responses:
    def read_request(self, body: bytes, notes: Notes) -> Request:
        return request_in.read(body, notes)

    def write_request(self, request: Request, notes: Notes) -> bytes:
        return request_out.write(request, notes)

    def read_answer(self, body: bytes, notes: Notes) -> Answer:
        return answer_in.read(body, notes)

    def write_answer(self, answer: Answer, request: Request, notes: Notes) -> bytes:
        return answer_out.write(answer, request, notes)

    def read_fault(self, status: int, body: bytes) -> Fault:
        return faults.read(status, body)

    def write_fault(self, fault: Fault) -> bytes:
        return faults.write(fault)

    def reader(self, notes: Notes) -> stream_in.Reader:
        return stream_in.Reader(notes)

    def writer(self, request: Request, notes: Notes) -> stream_out.Writer:
        return stream_out.Writer(request, notes)


DIALECT = Responses()
