"""Whether the first thing that a PostgreSQL server hears is the question for TLS."""

import socket
import tempfile
import threading

import pytest

from minga.domain.errors import StoreUnreachable
from minga.storage.postgres import Postgres

QUESTION = b"\x00\x00\x00\x08\x04\xd2\x16/"
"""SSLRequest: its length, then 80877103 (PostgreSQL's documentation, Message Formats)."""


def first_heard(listener: socket.socket, url: str) -> bytes:
    """The first eight bytes that the one who connects to ``url`` sends; it is hung up on then."""
    heard: list[bytes] = []

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            heard.append(connection.recv(len(QUESTION), socket.MSG_WAITALL))

    listener.settimeout(30)
    server = threading.Thread(target=answer)
    server.start()
    with pytest.raises(StoreUnreachable):
        Postgres(url)
    server.join()
    return heard[0]


@pytest.mark.parametrize(("mode", "asked"), [("", True), ("?sslmode=require", True), ("?sslmode=disable", False)])
def test_tls_is_asked_for_unless_the_address_says_not_to(mode: str, asked: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"postgresql://minga@127.0.0.1:{listener.getsockname()[1]}/store{mode}"
        assert (first_heard(listener, url) == QUESTION) is asked


def test_on_a_unix_socket_no_tls_is_asked_for() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listener:  # a short path
        listener.bind(f"{folder}/.s.PGSQL.5432")
        listener.listen()
        assert first_heard(listener, f"postgresql://minga@/store?host={folder}") != QUESTION
