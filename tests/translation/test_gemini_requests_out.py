"""Requests of generateContent as they are written, and read back."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from forms import conversations, tools, words
from gemini_speech import GEMINI, checked, model, said, user, write
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.model_calls import Refused
from minga.providers.translation.form import (
    Media,
    OutputForm,
    Reasoning,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from minga.providers.translation.notes import Notes

SKIP = "skip_thought_signature_validator"


def test_a_conversation_is_written_with_results_after_their_calls() -> None:
    told = write(
        said(
            user("Look:"),
            user(Media("image", "image/png", data="iVBORw==")),
            model(
                Thinking("hm", "gemini:dGg="), "I look.", ToolCall("a1", "read", '{"a": 1}', signature="gemini:c2ln")
            ),
            user("and", ToolResult("a1", (Text("done"), Media("image", "image/png", data="iVBORw==")))),
            system=(Text("Be brief."),),
            tools=(Tool("read", "Reads.", b'{"type":"object"}'),),
            tool_choice=ToolChoice("named", "read"),
            reasoning=Reasoning("high", shown=True),
            output=OutputForm(b'{"type":"object"}'),
            answer_max=9,
        )
    )
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}}
    assert told == {
        "contents": [
            {"role": "user", "parts": [{"text": "Look:"}, picture]},
            {
                "role": "model",
                "parts": [
                    {"text": "hm", "thought": True, "thoughtSignature": "dGg="},
                    {"text": "I look."},
                    {"functionCall": {"id": "a1", "name": "read", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {
                        "functionResponse": {
                            "id": "a1",
                            "name": "read",
                            "response": {"output": "done"},
                            "parts": [picture],
                        }
                    },
                    {"text": "and"},
                ],
            },
        ],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "read", "description": "Reads.", "parametersJsonSchema": {"type": "object"}}
                ]
            }
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["read"]}},
        "generationConfig": {
            "maxOutputTokens": 9,
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
            "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "HIGH"},
        },
    }


def steps(*, old: str = "", new: str = "") -> Request:
    """Two turns with calls; ``new``: the signature of the current one."""
    return said(
        user("a"),
        model(ToolCall("1", "f", "{}", signature=old)),
        user(ToolResult("1", (Text("x"),), "f")),
        model("so"),
        user("b"),
        model(ToolCall("2", "f", "{}", signature=new), ToolCall("3", "g", "")),
        user(ToolResult("2", (Text("x"),), "f"), ToolResult("3", (Text("y"),), "g", is_error=True)),
    )


def call_signatures(told: dict[str, Any]) -> list[str | None]:
    parts = [part for content in told["contents"] for part in content["parts"]]
    return [part.get("thoughtSignature") for part in parts if "functionCall" in part]


def test_the_first_call_of_a_step_of_the_current_turn_skips_the_check_where_it_has_no_signature() -> None:
    mended = "arguments-mended(g)"
    told = write(steps(), f"{mended} gemini-skip-signature")
    assert call_signatures(told) == [None, SKIP, None]
    assert call_signatures(write(steps(new="gemini:c2ln"), mended)) == [None, "c2ln", None]


def test_signatures_of_other_models_are_not_given_to_gemini() -> None:
    lost = "gemini-foreign-thoughts arguments-mended(g) gemini-skip-signature"
    assert call_signatures(write(steps(old="anthropic:x", new="openai-responses:y"), lost)) == [None, SKIP, None]
    told = write(said(user("a"), model(Thinking("secret", "anthropic:x"), "b")), "gemini-foreign-thoughts")
    assert told["contents"][1] == {"role": "model", "parts": [{"text": "b"}]}


def test_models_that_do_not_check_signatures_get_none() -> None:
    older = msgspec.structs.replace(steps(), model="models/gemini-2.5-pro")
    assert call_signatures(write(older, "arguments-mended(g)")) == [None, None, None]


def test_a_signed_thought_without_text_is_kept_and_one_without_anything_is_not() -> None:
    told = write(said(user("a"), model(Thinking("", "gemini:c2ln", redacted=True), Thinking(), "b")))
    assert told["contents"][1]["parts"] == [{"text": "", "thought": True, "thoughtSignature": "c2ln"}, {"text": "b"}]


def test_contents_begin_with_the_user_and_take_turns() -> None:
    told = write(
        said(model("hi"), model(Refusal("no")), Turn("system", (Text("note"),)), user("well")),
        "gemini-refusal gemini-system-turn gemini-first-turn",
    )
    assert [content["role"] for content in told["contents"]] == ["user", "model", "user"]
    assert told["contents"][1:] == [
        {"role": "model", "parts": [{"text": "hi"}, {"text": "no"}]},
        {"role": "user", "parts": [{"text": "note"}, {"text": "well"}]},
    ]


def test_what_gemini_cannot_say_is_noted() -> None:
    told = write(
        said(
            user(Text("a", cache="5m"), Media("file", "application/pdf", data="JVBERi0=", name="a.pdf", detail="high")),
            tools=(Tool("f", strict=True, namespace="mcp"),),
            parallel=False,
            seed=2**40,
            person="someone",
            reasoning=Reasoning("max"),
            output=OutputForm(name="n", strict=True),
        ),
        "gemini-cache-markers gemini-media(name) gemini-media(detail) gemini-strict(f) gemini-namespaces(f)"
        " gemini-parallel gemini-seed gemini-answer-schema(name) gemini-person"
        " gemini-effort(max)",
    )
    assert told["generationConfig"] == {
        "responseMimeType": "application/json",
        "thinkingConfig": {"thinkingLevel": "XHIGH"},
    }


@pytest.mark.parametrize(
    ("turn", "named"),
    [
        (model(ToolCall("1", "f", "[1]")), "the arguments of a call of tool 'f'"),
        (model(ToolCall("1", "f", "", custom=True)), "no custom tools"),
        (user(Media("image", data="AAAA")), "give its media type"),
        (user(ToolResult("1", (Text("x"),))), "has no name"),
    ],
    ids=["arguments", "custom", "type", "nameless"],
)
def test_what_cannot_be_written_is_refused(turn: Turn, named: str) -> None:
    with pytest.raises(Refused, match=named):
        GEMINI.write_request(said(turn), Notes())


@st.composite
def requests(draw: st.DrawFn) -> Request:
    declared = draw(tools())
    modes = [None, ToolChoice("auto"), ToolChoice("none"), ToolChoice("any")]
    choices = [*modes, ToolChoice("named", declared[0].name)] if declared else [None]
    floats = st.none() | st.floats(0, 1)
    return Request(
        "",
        draw(conversations(signed="gemini", signed_text="gemini")),
        system=tuple(draw(st.lists(st.builds(Text, words), max_size=2))),
        tools=declared,
        tool_choice=draw(st.sampled_from(choices)),
        answer_max=draw(st.none() | st.integers(1, 10**6)),
        temperature=draw(floats),
        top_p=draw(floats),
        top_k=draw(st.none() | st.integers(1, 100)),
        stop=tuple(draw(st.lists(words, max_size=2))),
        seed=draw(st.none() | st.integers(-(2**31), 2**31 - 1)),
        presence_penalty=draw(floats),
        frequency_penalty=draw(floats),
        reasoning=draw(
            st.sampled_from((None, Reasoning("low"), Reasoning(budget_tokens=-1, shown=True), Reasoning(shown=False)))
        ),
        output=draw(st.sampled_from((None, OutputForm(), OutputForm(b'{"type":"object"}', strict=True)))),
    )


def skipped(request: Request) -> Request:
    """Without the value that skips the check of signatures, which a written request may have."""

    def part(one: Any) -> Any:
        return msgspec.structs.replace(one, signature="") if getattr(one, "signature", "") == f"gemini:{SKIP}" else one

    turns = tuple(Turn(turn.role, tuple(part(one) for one in turn.parts)) for turn in request.turns)
    return msgspec.structs.replace(request, turns=turns)


@settings(max_examples=40, deadline=None)
@given(requests())
def test_what_is_written_is_read_back_as_it_was(request: Request) -> None:
    notes = Notes()
    body = GEMINI.write_request(request, notes)
    checked(body)
    assert skipped(GEMINI.read_request(body, notes)) == request
    assert {note.kind.id for note in notes.found} <= {"gemini-skip-signature"}


@settings(max_examples=40, deadline=None)
@given(requests(), st.data())
def test_a_damaged_request_is_read_or_refused(request: Request, data: st.DataObject) -> None:
    body = bytearray(GEMINI.write_request(request, Notes()))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with suppress(Refused):
        GEMINI.read_request(bytes(body), Notes())
