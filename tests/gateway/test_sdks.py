"""The vendors' own SDKs through the gateway: what they ask works, and what fails is one of their exceptions."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import anthropic
import openai
import pytest
from google import genai
from google.genai import errors, types
from serving import TOML, Serving

from minga.testing import CallTool, CutStream, Say, Script, ScriptedServer
from warm import Warm

Result = TypeVar("Result")

OPENAI, CLAUDE, GEMINI = "gpt-5.1", "claude-sonnet-4-6", "gemini-2.5-pro"
HOLA: list[Any] = [{"role": "user", "content": "hola"}]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SUNNY = [CallTool("weather", {"city": "Arica"}, call_id="call_7"), Say("sunny in Arica")]

KEYS: dict[str, dict[str, Any]] = {"good": {}, "spent": {"budget_micro_usd": 1}}


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, warm: Warm, upstream: ScriptedServer) -> Iterator[Serving]:
    made = Serving(tmp_path_factory.mktemp("sdks"), warm)
    made.provide(upstream.url)
    other = TOML.format(name="other", url="http://127.0.0.1:9", auth="none").replace('["gpt-*"', '["only-its-own"] # ')
    (made.root / "config" / "providers" / "other.toml").write_text(other)
    made.make_keys(KEYS)
    with made.running():
        yield made


@pytest.fixture(autouse=True)
def fresh(upstream: ScriptedServer) -> None:
    upstream.script = Script(default=Say("hola a ti"))
    upstream.forget()


def of_openai(served: Serving, key: str = "good") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.keys.get(key, key), max_retries=0)


def of_anthropic(served: Serving, key: str = "good") -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=served.url, api_key=served.keys.get(key, key), max_retries=0)


def of_google(served: Serving, key: str = "good") -> genai.Client:
    return genai.Client(api_key=served.keys.get(key, key), http_options=types.HttpOptions(base_url=served.url))


def test_openai_chat(served: Serving) -> None:
    with of_openai(served) as client:
        whole = client.chat.completions.create(model=OPENAI, messages=HOLA)
        assert whole.choices[0].message.content == "hola a ti"
        assert whole.usage is not None
        assert whole.usage.prompt_tokens == 100
        stream = client.chat.completions.create(model=OPENAI, messages=HOLA, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "hola a ti"


def test_openai_responses_embeddings_and_models(served: Serving) -> None:
    with of_openai(served) as client:
        assert client.responses.create(model=OPENAI, input="hola").output_text == "hola a ti"
        stream = client.responses.create(model=OPENAI, input="hola", stream=True)
        assert "".join(one.delta for one in stream if one.type == "response.output_text.delta") == "hola a ti"
        with client.responses.stream(model=OPENAI, input="hola") as events:
            events.until_done()
            assert events.get_final_response().output_text == "hola a ti"
        vectors = client.embeddings.create(model="gpt-embedding", input=["a", "b"])
        assert [len(one.embedding) for one in vectors.data] == [3, 3]
        assert [model.id for model in client.models.list()] == ["scripted-model"]


def test_anthropic_messages_counts_and_models(served: Serving) -> None:
    with of_anthropic(served) as client:
        whole = client.messages.create(model=CLAUDE, max_tokens=99, messages=HOLA)
        assert [block.text for block in whole.content if block.type == "text"] == ["hola a ti"]
        with client.messages.stream(model=CLAUDE, max_tokens=99, messages=HOLA) as stream:
            assert "".join(stream.text_stream) == "hola a ti"
            assert stream.get_final_message().usage.output_tokens == 10
        assert client.messages.count_tokens(model=CLAUDE, messages=HOLA).input_tokens == 100
        assert [model.id for model in client.models.list()] == ["scripted-model"]


def test_gemini_generate_counts_embeds_and_lists(served: Serving) -> None:
    with of_google(served) as client:
        assert client.models.generate_content(model=GEMINI, contents="hola").text == "hola a ti"
        stream = client.models.generate_content_stream(model=GEMINI, contents="hola")
        assert "".join(chunk.text or "" for chunk in stream) == "hola a ti"
        assert client.models.count_tokens(model=GEMINI, contents="hola").total_tokens == 100
        vectors = client.models.embed_content(model="gemini-embedding-001", contents=["a", "b"]).embeddings
        assert [len(one.values or ()) for one in vectors or ()] == [3, 3]
        assert [model.name for model in client.models.list()] == ["models/scripted-model"]


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")  # in google-genai
def test_all_of_them_asynchronously(served: Serving) -> None:
    async def ask() -> list[str]:
        said = []
        async with openai.AsyncOpenAI(base_url=f"{served.url}/v1", api_key=served.keys["good"]) as client:
            whole = await client.chat.completions.create(model=OPENAI, messages=HOLA)
            said.append(whole.choices[0].message.content or "")
            stream = await client.responses.create(model=OPENAI, input="hola", stream=True)
            said.append("".join([one.delta async for one in stream if one.type == "response.output_text.delta"]))
        async with (
            anthropic.AsyncAnthropic(base_url=served.url, api_key=served.keys["good"]) as claude,
            claude.messages.stream(model=CLAUDE, max_tokens=99, messages=HOLA) as talk,
        ):
            said.append("".join([text async for text in talk.text_stream]))
        async with of_google(served).aio as google:
            said.append((await google.models.generate_content(model=GEMINI, contents="hola")).text or "")
            pieces = await google.models.generate_content_stream(model=GEMINI, contents="hola")
            said.append("".join([piece.text or "" async for piece in pieces]))
        return said

    assert asyncio.run(ask()) == ["hola a ti"] * 5


def test_a_tool_call_goes_round_in_chat_and_responses(served: Serving, upstream: ScriptedServer) -> None:
    upstream.script = Script([*SUNNY, *SUNNY])
    offered: Any = {"type": "function", "function": {"name": "weather", "parameters": WEATHER}}
    with of_openai(served) as client:
        asked = client.chat.completions.create(model=OPENAI, messages=HOLA, tools=[offered]).choices[0].message
        [call] = asked.tool_calls or []
        result: Any = {"role": "tool", "tool_call_id": call.id, "content": "sun"}
        turns = [*HOLA, asked, result]
        told = client.chat.completions.create(model=OPENAI, messages=turns, tools=[offered])
        assert told.choices[0].message.content == "sunny in Arica"
        flat: Any = {"type": "function", "name": "weather", "parameters": WEATHER}
        first = client.responses.create(model=OPENAI, input="hola", tools=[flat])
        [item] = [one for one in first.output if one.type == "function_call"]
        output: Any = {"type": "function_call_output", "call_id": item.call_id, "output": "sun"}
        items: Any = [*HOLA, item.model_dump(), output]
        assert client.responses.create(model=OPENAI, input=items, tools=[flat]).output_text == "sunny in Arica"


def test_a_tool_call_goes_round_in_messages(served: Serving, upstream: ScriptedServer) -> None:
    upstream.script = Script(SUNNY)
    offered: Any = {"name": "weather", "input_schema": WEATHER}
    with of_anthropic(served) as client:
        first = client.messages.create(model=CLAUDE, max_tokens=99, messages=HOLA, tools=[offered])
        [use] = [block for block in first.content if block.type == "tool_use"]
        assert (use.name, use.input) == ("weather", {"city": "Arica"})
        result: Any = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "sun"}]}
        turns: Any = [*HOLA, {"role": "assistant", "content": first.content}, result]
        last = client.messages.create(model=CLAUDE, max_tokens=99, messages=turns, tools=[offered])
        assert [block.text for block in last.content if block.type == "text"] == ["sunny in Arica"]


def test_a_tool_call_goes_round_in_gemini(served: Serving, upstream: ScriptedServer) -> None:
    upstream.script = Script(SUNNY)
    called = []

    def weather(city: str) -> str:
        """The weather of a city."""
        called.append(city)
        return "sun"

    with of_google(served) as client:
        config = types.GenerateContentConfig(tools=[weather])
        assert client.models.generate_content(model=GEMINI, contents="hola", config=config).text == "sunny in Arica"
    assert called == ["Arica"]


def test_what_openai_refuses_is_its_exception(served: Serving) -> None:
    with of_openai(served, "mk-wrong") as client, pytest.raises(openai.AuthenticationError, match="not valid"):
        client.chat.completions.create(model=OPENAI, messages=HOLA)
    with of_openai(served, "spent") as client, pytest.raises(openai.RateLimitError, match="budget") as told:
        client.responses.create(model=OPENAI, input="hola")
    assert told.value.code == "insufficient_quota"
    with of_openai(served) as client, pytest.raises(openai.NotFoundError, match="nobody-knows"):
        client.chat.completions.create(model="nobody-knows", messages=HOLA)


def test_what_anthropic_refuses_is_its_exception(served: Serving) -> None:
    with of_anthropic(served, "mk-wrong") as client, pytest.raises(anthropic.AuthenticationError, match="not valid"):
        client.messages.create(model=CLAUDE, max_tokens=99, messages=HOLA)
    with of_anthropic(served, "spent") as client, pytest.raises(anthropic.RateLimitError, match="budget"):
        client.messages.create(model=CLAUDE, max_tokens=99, messages=HOLA)
    with of_anthropic(served) as client, pytest.raises(anthropic.NotFoundError, match="nobody-knows"):
        client.messages.create(model="nobody-knows", max_tokens=99, messages=HOLA)


def test_what_gemini_refuses_is_its_exception(served: Serving) -> None:
    for key, model, code in (("mk-wrong", GEMINI, 401), ("spent", GEMINI, 429), ("good", "nobody-knows", 404)):
        with of_google(served, key) as client, pytest.raises(errors.ClientError) as told:
            client.models.generate_content(model=model, contents="hola")
        assert told.value.code == code
        assert told.value.message


def _chat(served: Serving) -> list[str]:
    with of_openai(served) as client:
        stream = client.chat.completions.create(model=OPENAI, messages=HOLA, stream=True)
        return [chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices]


def _responses(served: Serving) -> list[str]:
    with of_openai(served) as client:
        stream = client.responses.create(model=OPENAI, input="hola", stream=True)
        return [one.delta for one in stream if one.type == "response.output_text.delta"]


def _responses_whole(served: Serving) -> list[str]:
    with of_openai(served) as client, client.responses.stream(model=OPENAI, input="hola") as stream:
        return [stream.get_final_response().output_text]


def _messages(served: Serving) -> list[str]:
    client = of_anthropic(served)
    with client, client.messages.stream(model=CLAUDE, max_tokens=99, messages=HOLA) as stream:
        return list(stream.text_stream)


def _gemini(served: Serving) -> list[str]:
    with of_google(served) as client:
        return [one.text or "" for one in client.models.generate_content_stream(model=GEMINI, contents="hola")]


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        (_chat, openai.APIError),
        (_responses, openai.APIError),
        (_responses_whole, openai.APIError),
        (_messages, anthropic.APIError),
        (_gemini, errors.APIError),
    ],
    ids=["chat", "responses", "response", "messages", "gemini"],
)
def test_a_stream_that_breaks_is_an_exception_and_no_short_answer(
    served: Serving, upstream: ScriptedServer, stream: Callable[[Serving], list[str]], kind: type[Exception]
) -> None:
    upstream.script = Script(default=[CutStream("half an ans")])
    with pytest.raises(kind, match="broke"):
        stream(served)
