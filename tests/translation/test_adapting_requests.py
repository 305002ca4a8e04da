"""A request fitted to a model: what the model does not take becomes what it does, and each change is told."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.model_calls import Refused, Wire
from minga.providers.translation.adapting import adapt
from minga.providers.translation.conversation import check
from minga.providers.translation.form import (
    Media,
    OutputForm,
    Part,
    Reasoning,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.quirks import quirks_of

ASK = Turn("user", (Text("ask"),))

TARGETS: list[tuple[Wire, str, str]] = [
    ("anthropic", "claude-sonnet-4-5", "anthropic"),
    ("anthropic", "claude-opus-5-5", "anthropic"),
    ("openai-chat", "gpt-5.1", "openai"),
    ("openai-responses", "gpt-6-luna", "openai"),
    ("openai-chat", "mistral-small-latest", "mistral"),
    ("openai-chat", "qwen3", "ollama"),
    ("gemini", "gemini-2.5-pro", "google"),
]


def fitted(target: tuple[Wire, str, str], *turns: Turn, **said: Any) -> tuple[Request, list[str]]:
    notes = Notes()
    told = adapt(check(Request("m", turns or (ASK,), **said), notes), *target, notes).request
    return told, notes.told("lost") + notes.told("changed")


CHAT: tuple[Wire, str, str] = ("openai-chat", "gpt-4.1", "openai")
CLAUDE: tuple[Wire, str, str] = ("anthropic", "claude-sonnet-4-5", "anthropic")
CLAUDE_55: tuple[Wire, str, str] = ("anthropic", "claude-opus-5-5", "anthropic")
GEMINI: tuple[Wire, str, str] = ("gemini", "gemini-2.5-flash", "google")
MISTRAL: tuple[Wire, str, str] = ("openai-chat", "mistral-small-latest", "mistral")
CODEX: tuple[Wire, str, str] = ("openai-responses", "gpt-5.3-codex", "openai")


def test_what_the_model_takes_stays_as_it_is() -> None:
    turns = (ASK, Turn("assistant", (ToolCall("call_1", "read", "{}"),)), Turn("user", (ToolResult("call_1", ()),)))
    told, notes = fitted(CHAT, *turns, tools=(Tool("read", schema=b'{"type":"object"}'),), temperature=0.2)
    assert told.turns[:2] == turns[:2]
    assert told.tools == (Tool("read", schema=b'{"type":"object"}'),)
    assert told.temperature == 0.2
    assert notes == []


def test_a_custom_tool_becomes_a_function_in_the_tools_and_in_the_history() -> None:
    tool = Tool("apply_patch", "patches", custom=True, format=b'{"syntax":"lark"}')
    call = ToolCall("c1", "apply_patch", '*** "x"\n', custom=True)
    told, notes = fitted(
        CLAUDE, ASK, Turn("assistant", (call,)), Turn("user", (ToolResult("c1", (Text("ok"),), custom=True),)),
        tools=(tool,),
    )  # fmt: skip
    assert not told.tools[0].custom
    assert '"lark"' in told.tools[0].description
    assert msgspec.json.decode(told.tools[0].schema)["required"] == ["input"]
    assert told.turns[1].parts == (ToolCall("c1", "apply_patch", '{"input":"*** \\"x\\"\\n"}'),)
    assert told.turns[2].parts == (ToolResult("c1", (Text("ok"),), "apply_patch"),)
    assert notes == ["custom-tool(apply_patch)"]


def test_a_custom_tool_stays_one_where_the_model_knows_them() -> None:
    tool = Tool("apply_patch", custom=True)
    assert fitted(CODEX, tools=(tool,)) == (Request("gpt-5.3-codex", (ASK,), tools=(tool,)), [])


def test_names_and_namespaces_that_do_not_fit_become_names_that_do_everywhere() -> None:
    long = "mcp__" + "x" * 80
    tools = (Tool("read", namespace="mcp__files"), Tool("leer-año"), Tool(long), Tool("mcp__files__read"))
    call = ToolCall("c", "read", "{}", namespace="mcp__files")
    told, notes = fitted(
        CHAT, ASK, Turn("assistant", (call,)), Turn("user", (ToolResult("c", ()),)), tools=tools,
        tool_choice=ToolChoice("named", long),
    )  # fmt: skip
    names = [one.name for one in told.tools]
    assert len(set(names)) == 4
    assert all(quirks_of(*CHAT).takes_tool_name(name) for name in names)
    assert names[3] == "mcp__files__read"
    assert told.tool_choice == ToolChoice("named", names[2])
    assert [
        (part.name, part.namespace) for turn in told.turns for part in turn.parts if isinstance(part, ToolCall)
    ] == [(names[0], "")]
    assert notes == [f"tool-renamed({name})" for name in ("read", "leer-año", long)]


IDS = st.lists(st.text(max_size=50), min_size=1, max_size=6, unique=True)


@given(ids=IDS, more=IDS, target=st.sampled_from(TARGETS))
def test_call_ids_fit_stay_apart_and_stay_the_same_as_the_conversation_grows(
    ids: list[str], more: list[str], target: tuple[Wire, str, str]
) -> None:
    def told(all_: list[str]) -> list[str]:
        calls: tuple[Part, ...] = tuple(ToolCall(id_, "read", "{}") for id_ in all_)
        results: tuple[Part, ...] = tuple(ToolResult(id_, ()) for id_ in all_)
        request, _ = fitted(target, ASK, Turn("assistant", calls), Turn("user", results))
        called = [part.id for turn in request.turns for part in turn.parts if isinstance(part, ToolCall)]
        assert called == [part.call_id for turn in request.turns for part in turn.parts if isinstance(part, ToolResult)]
        return called

    first = told(ids)
    assert len(quirks_of(*target).taken_call_ids(first)) == len(first)
    assert len(set(first)) == len(ids)
    assert told([*ids, *(id_ for id_ in more if id_ not in ids)])[: len(ids)] == first
    assert told(first) == first


@pytest.mark.parametrize(
    ("target", "asked", "told", "note"),
    [
        (CLAUDE, Reasoning("high"), Reasoning("", 24576), "reasoning-changed(high to 24576 tokens)"),
        (CLAUDE, Reasoning("", 100), Reasoning("", 1024), "reasoning-changed(100 tokens to 1024 tokens)"),
        (CLAUDE, Reasoning("none"), Reasoning("", 0), None),
        (CLAUDE_55, Reasoning("", 20_000), Reasoning("high"), "reasoning-changed(20000 tokens to high)"),
        (CLAUDE_55, Reasoning("none"), Reasoning("low"), "reasoning-changed(none to low)"),
        (GEMINI, Reasoning("", -1), Reasoning("", -1), None),
        (
            GEMINI,
            Reasoning("xhigh", shown=True),
            Reasoning("", 24576, True),
            "reasoning-changed(xhigh to 24576 tokens)",
        ),
        (CODEX, Reasoning("minimal"), Reasoning("low"), "reasoning-changed(minimal to low)"),
        (CODEX, Reasoning("", 8192), Reasoning("medium"), "reasoning-changed(8192 tokens to medium)"),
        (CHAT, Reasoning("high"), None, "reasoning-left-out"),
        (CHAT, Reasoning("none"), None, None),
        (CODEX, Reasoning("high"), Reasoning("high"), None),
    ],
    ids=[f"{number}" for number in range(12)],
)
def test_reasoning_is_said_as_the_model_takes_it(
    target: tuple[Wire, str, str], asked: Reasoning, told: Reasoning | None, note: str | None
) -> None:
    request, notes = fitted(target, reasoning=asked)
    assert request.reasoning == told
    assert notes == ([note] if note else [])


def test_thoughts_leave_room_for_the_answer() -> None:
    assert fitted(CLAUDE, reasoning=Reasoning("high"), answer_max=8000)[0].reasoning == Reasoning("", 6000)
    assert fitted(CLAUDE, reasoning=Reasoning("high"), answer_max=1000)[0].reasoning == Reasoning("", 0)


def test_a_model_that_thinks_takes_no_temperature_and_no_forced_tool() -> None:
    choice, tools = ToolChoice("any"), (Tool("read"),)
    asked = Reasoning("", 2000)
    told, notes = fitted(CLAUDE, temperature=0.5, top_k=5, tools=tools, tool_choice=choice, reasoning=asked)
    assert (told.reasoning, told.temperature, told.tool_choice) == (Reasoning("none"), 0.5, choice)
    told, notes = fitted(CLAUDE_55, temperature=0.5, top_p=1.0, tools=tools, tool_choice=choice)
    assert (told.temperature, told.top_p, told.tool_choice) == (None, None, ToolChoice("auto"))
    assert notes == ["tool-choice-lost(any)", "setting-left-out(temperature)"]


def test_a_model_that_cannot_think_with_tools_does_not() -> None:
    told, notes = fitted(("openai-chat", "gpt-6-luna", "openai"), tools=(Tool("read"),))
    assert told.reasoning == Reasoning("none")
    assert notes[0] == "reasoning-changed(none, as there are tools)"


def test_limits_of_numbers() -> None:
    told, notes = fitted(CLAUDE, temperature=1.5, top_p=0.3, answer_max=500_000)
    assert (told.temperature, told.top_p, told.answer_max) == (1.0, None, 64_000)
    assert notes == ["setting-left-out(top_p)", "answer-limit(500000 to 64000)", "temperature-lowered"]
    assert fitted(CODEX, answer_max=1)[0].answer_max == 16
    assert fitted(("openai-chat", "qwen3", "vllm"), answer_max=500_000)[0].answer_max == 500_000
    assert fitted(CHAT, stop=("a", "b", "c", "d", "e"))[0].stop == ("a", "b", "c", "d")


def test_an_answer_that_cannot_be_held_to_a_schema_is_asked_for_in_words() -> None:
    told, notes = fitted(("openai-chat", "deepseek-chat", "deepseek"), output=OutputForm(b'{"type":"object"}', "x"))
    assert told.output == OutputForm()
    assert '{"type":"object"}' in told.system[-1].text
    assert notes == ["output-described"]


def test_strictness_is_lost_and_told_where_the_schema_leaves_something_open() -> None:
    open_ = b'{"type":"object","properties":{"a":{"type":"string"}}}'
    told, notes = fitted(CHAT, tools=(Tool("read", schema=open_, strict=True),))
    assert told.tools == (Tool("read", schema=open_, strict=False),)
    assert notes == ["strictness-lost(read)"]


def test_more_tools_than_the_model_takes_are_left_out_by_name_but_not_the_one_that_is_demanded() -> None:
    tools = tuple(Tool(f"t{number}") for number in range(130))
    told, notes = fitted(CHAT, tools=tools, tool_choice=ToolChoice("named", "t129"))
    assert len(told.tools) == 128
    assert told.tools[0].name == "t129"
    assert notes == ["tool-left-out(t127)", "tool-left-out(t128)"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"tools": (Tool("a"),), "tool_choice": ToolChoice("named", "b")}, "names the tool 'b'"),
        ({"tools": (Tool("a", schema=b"[]"),)}, "tool 'a': a schema must be a JSON object"),
        ({"tools": (Tool("a", schema=b"{"),)}, "tool 'a'"),
    ],
    ids=["choice", "list", "cut"],
)
def test_nonsense_about_tools_is_refused_by_name(said: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused, match=why):
        fitted(CLAUDE, **said)


PICTURE = Media("image", "image/png", "aGk=")


def test_media_that_the_model_does_not_take_leave_a_word_in_their_place() -> None:
    heic = Media("image", "image/heic", "aGk=")
    told, notes = fitted(CLAUDE, Turn("user", (heic, PICTURE, Media("image", url="https://x.example/a"))))
    assert told.turns[0].parts[0] == Text("(image/heic was left out here: the model does not take it.)")
    assert told.turns[0].parts[1:] == (PICTURE, Media("image", url="https://x.example/a"))
    assert notes == ["media-left-out(image/heic)"]


def test_pictures_in_results_stand_after_them_where_results_are_text_only() -> None:
    told, notes = fitted(
        CHAT, ASK, Turn("assistant", (ToolCall("a", "see", "{}"), ToolCall("b", "see", "{}"))),
        Turn("user", (ToolResult("a", (PICTURE,)), ToolResult("b", (Text("x"),)), Text("and?"))),
    )  # fmt: skip
    kinds = [type(part) for part in told.turns[2].parts]
    assert kinds == [ToolResult, ToolResult, Media, Text]
    assert notes == ["media-moved"]


def test_roles_that_the_model_does_not_take() -> None:
    rule = Turn("system", (Text("rule"),))
    told, notes = fitted(CLAUDE, Turn("assistant", (Text("hi"),)), rule, Turn("assistant", (Text("so"), Text(" "))))
    assert [turn.role for turn in told.turns] == ["user", "assistant", "user", "assistant"]
    assert told.turns[3].parts == (Text("so"),)
    assert notes == ["system-as-person", "empty-part(text)", "turn-added(first)"]
    assert fitted(CLAUDE_55, ASK, Turn("assistant", (Text("so"),)))[1] == ["turn-added(last)"]
    told, notes = fitted(("openai-chat", "gemma3:4b", "openrouter"), system=(Text("rule"),))
    assert told.turns == (Turn("user", (Text("rule"),)), ASK)
    assert told.system == ()
    assert fitted(CHAT, ASK, rule)[0].turns == (ASK, rule)
