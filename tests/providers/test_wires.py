"""What goes out to a provider."""

from dataclasses import replace

import pytest

from minga.domain.model_calls import ModelCall
from minga.providers.catalog import Rate
from minga.providers.deployments import Deployment
from minga.providers.wires import outgoing

CALL = ModelCall(
    wire="openai-responses",
    method="GET",
    path="/responses/resp_1",
    query="",
    model="",
    stream=False,
    counts=True,
    answer_max=None,
    headers=(),
    body=b"",
)

THERE = Deployment("t", "test", "", "openai-chat", "https://models.example/v1", "", (), Rate())


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/models/ft:gpt-5@x", "/models/ft:gpt-5@x"),
        ("/responses/a b%c", "/responses/a%20b%25c"),
        ("/responses/ñ", "/responses/%C3%B1"),
        ("/responses/x HTTP/1.1\r\nx-admin: yes", "/responses/x%20HTTP/1.1%0D%0Ax-admin:%20yes"),
        ("/responses/x?key=1#y", "/responses/x%3Fkey=1%23y"),
    ],
    ids=["usual", "blank", "letter", "lines", "query"],
)
def test_a_path_goes_out_as_one_path(path: str, sent: str) -> None:
    assert outgoing(replace(CALL, path=path), THERE, 1.0, 1.0).url == f"https://models.example/v1{sent}"


@pytest.mark.parametrize("private", [True, False])
def test_a_request_may_go_where_its_deployment_may(private: bool) -> None:
    assert outgoing(CALL, replace(THERE, private=private), 1.0, 1.0).private is private


def test_silence_is_bounded_before_the_answer_and_within_it() -> None:
    sent = outgoing(CALL, THERE, 3.0, 7.0)
    assert (sent.first_limit_s, sent.silence_limit_s) == (3.0, 7.0)
