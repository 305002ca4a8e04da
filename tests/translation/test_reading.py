"""What all dialects read with: server-sent events, JSON into structs, base64."""

import base64
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.model_calls import Refused, Wire
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import UNKNOWN_MAX, Strict, is_base64
from minga.providers.translation.sse import events_of


class Text(msgspec.Struct, tag="text", forbid_unknown_fields=True):
    text: str


class Picture(msgspec.Struct, tag="picture", forbid_unknown_fields=True):
    url: str
    size: dict[str, Text] = {}


class Message(msgspec.Struct, forbid_unknown_fields=True):
    content: str | list[Text | Picture]
    anything: msgspec.Raw = msgspec.Raw(b"null")


class Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    all_messages: tuple[Message, ...]


def test_unknown_fields_are_left_out_wherever_they_stand_and_told_once_in_their_order() -> None:
    body = b"""{
        "x": 1,
        "allMessages": [
            {"content": "a", "y": {"text": 1}, "anything": {"z": 1}},
            {"content": [{"type": "text", "text": "b", "size": 1},
                         {"type": "picture", "url": "c", "text": "d", "size": {"e": {"text": "f", "g": 1}}}], "y": 2}
        ]
    }"""
    read, left = Strict(Body).read(body)
    assert left == [
        "x",
        "allMessages[].y",
        "allMessages[].content[].size",
        "allMessages[].content[].text",
        "allMessages[].content[].size[].g",
    ]
    first, second = read.all_messages
    assert (first.content, bytes(first.anything)) == ("a", b'{"z":1}')
    assert second.content == [Text("b"), Picture("c", {"e": Text("f")})]


def test_what_is_known_but_wrong_is_still_told_with_its_place() -> None:
    with pytest.raises(ValueError, match=re.escape("`$.allMessages[0].content[0].text`")):
        Strict(Body).read(b'{"odd": 1, "allMessages": [{"content": [{"type": "text", "text": 1}]}]}')


def test_a_body_of_nothing_but_unknown_fields_is_none_of_the_format() -> None:
    odd = {f"odd_{number}": number for number in range(UNKNOWN_MAX + 1)}
    with pytest.raises(ValueError, match="more than 50 unknown fields, such as 'odd_0'"):
        Strict(Body).read(msgspec.json.encode({"allMessages": [], **odd}))


@given(st.binary(min_size=1, max_size=20))
def test_base64_is_what_can_be_decoded_and_nothing_else(data: bytes) -> None:
    told = base64.b64encode(data).decode()
    assert is_base64(told)
    for wrong in (told[:-1], f"{told}\n", f"{told[:2]}-{told[3:]}", f"é{told[1:]}", f"={told[1:]}"):
        assert not is_base64(wrong)


@given(
    st.lists(
        st.tuples(st.sampled_from(("", "a", "message_start")), st.sampled_from(("{}", '{"a": "b: c"}', "[DONE]"))),
        max_size=4,
    ),
    st.sampled_from(("\n", "\r\n")),
    st.sampled_from(("", " ")),
)
def test_events_are_the_same_however_they_are_written(events: list[tuple[str, str]], line_end: str, space: str) -> None:
    written = "".join(
        (f"event:{space}{name}{line_end}" if name else "") + f"data:{space}{data}{line_end}{line_end}"
        for name, data in events
    )
    assert list(events_of(written.encode())) == [(name, data.encode()) for name, data in events]


def test_comments_and_data_of_many_lines_are_read_as_the_standard_says() -> None:
    told = b": ping\n\nevent: a\ndata: 1\ndata: 2\n\nevent: b\ndata: 3\nid: 4\n\nevent: c\n\nid: 5\ndata:6\n\n"
    assert list(events_of(told)) == [("a", b"1\n2"), ("b", b"3"), ("", b"6")]


NO_TEXT = b'{"x":"\xff"}'

NO_TEXTS: dict[str, tuple[Wire, bytes]] = {
    "a tool of Chat": (
        "openai-chat",
        b'{"messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":%b}}]}',
    ),
    "an answer of Chat": (
        "openai-chat",
        b'{"messages":[],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":%b}}}',
    ),
    "metadata of Chat": ("openai-chat", b'{"messages":[],"metadata":%b}'),
    "a tool of Responses": (
        "openai-responses",
        b'{"input":"a","tools":[{"type":"function","name":"f","parameters":%b}]}',
    ),
    "a grammar": ("openai-responses", b'{"input":"a","tools":[{"type":"custom","name":"f","format":%b}]}'),
    "an answer of Responses": (
        "openai-responses",
        b'{"input":"a","text":{"format":{"type":"json_schema","schema":%b}}}',
    ),
    "metadata of Responses": ("openai-responses", b'{"input":"a","metadata":%b}'),
    "a tool of Messages": (
        "anthropic",
        b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],"tools":[{"name":"f","input_schema":%b}]}',
    ),
    "an answer of Messages": (
        "anthropic",
        b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}],'
        b'"output_config":{"format":{"type":"json_schema","schema":%b}}}',
    ),
    "a tool of Gemini": (
        "gemini",
        b'{"contents":[{"parts":[{"text":"a"}]}],"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":%b}]}]}',
    ),
    "an answer of Gemini": (
        "gemini",
        b'{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseJsonSchema":%b}}',
    ),
    "arguments of Gemini": (
        "gemini",
        b'{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":%b}}]}]}',
    ),
}


@pytest.mark.parametrize("name", NO_TEXTS)
def test_bytes_that_are_no_text_are_refused_also_where_they_would_be_passed_on_as_they_are(name: str) -> None:
    wire, body = NO_TEXTS[name]
    with pytest.raises(Refused, match="utf-8"):
        DIALECTS[wire].read_request(body % NO_TEXT, Notes())
