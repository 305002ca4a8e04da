"""The eight functions of the dialect, by the names of `translation.dialect.Dialect`."""

from minga.providers.translation.dialect import Dialect, Reader, Writer
from minga.providers.translation.form import Answer, Fault, Request
from minga.providers.translation.gemini import answer_in, answer_out, faults, request_in, request_out
from minga.providers.translation.gemini.stream_in import StreamReader
from minga.providers.translation.gemini.stream_out import StreamWriter
from minga.providers.translation.notes import Notes


class Gemini:
    def read_request(self, body: bytes, notes: Notes) -> Request:
        return request_in.read(body, notes)

    def write_request(self, request: Request, notes: Notes) -> bytes:
        return request_out.write(request, notes)

    def read_answer(self, body: bytes, notes: Notes) -> Answer:
        return answer_in.read(body, notes)

    def write_answer(self, answer: Answer, request: Request, notes: Notes) -> bytes:
        return answer_out.write(answer, notes)

    def read_fault(self, status: int, body: bytes) -> Fault:
        return faults.read(status, body)

    def write_fault(self, fault: Fault) -> bytes:
        return faults.write(fault)

    def reader(self, notes: Notes) -> Reader:
        return StreamReader(notes)

    def writer(self, request: Request, notes: Notes) -> Writer:
        return StreamWriter(notes)


DIALECT: Dialect = Gemini()
