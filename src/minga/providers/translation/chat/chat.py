"""The eight functions of the dialect."""

from minga.providers.translation.chat.answer_in import read_answer
from minga.providers.translation.chat.answer_out import write_answer
from minga.providers.translation.chat.faults import read_fault, write_fault
from minga.providers.translation.chat.request_in import read_request
from minga.providers.translation.chat.request_out import write_request
from minga.providers.translation.chat.stream_in import ChunkReader
from minga.providers.translation.chat.stream_out import ChunkWriter
from minga.providers.translation.form import Answer, Fault, Request
from minga.providers.translation.notes import Notes


class Chat:
    def read_request(self, body: bytes, notes: Notes) -> Request:
        return read_request(body, notes)

    def write_request(self, request: Request, notes: Notes) -> bytes:
        return write_request(request, notes)

    def read_answer(self, body: bytes, notes: Notes) -> Answer:
        return read_answer(body, notes)

    def write_answer(self, answer: Answer, request: Request, notes: Notes) -> bytes:
        return write_answer(answer, notes)

    def read_fault(self, status: int, body: bytes) -> Fault:
        return read_fault(status, body)

    def write_fault(self, fault: Fault) -> bytes:
        return write_fault(fault)

    def reader(self, notes: Notes) -> ChunkReader:
        return ChunkReader(notes)

    def writer(self, request: Request, notes: Notes) -> ChunkWriter:
        return ChunkWriter(request, notes)


DIALECT = Chat()
