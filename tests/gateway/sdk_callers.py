"""The vendors' SDKs as callers that do the same things, each in its own format."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import anthropic
import openai
from google import genai
from google.genai import types

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SYSTEM = "answer in one line"
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@dataclass(frozen=True)
class Said:
    """``calls``: name and arguments; ``thoughts`` where the SDK shows them; tokens in and out, cached ones among the
    former."""

    text: str
    calls: Sequence[tuple[str, Any]] = ()
    thoughts: str = ""
    asked: int = 0
    answered: int = 0
    cached: int = 0
    stop: str = ""
    state: Any = field(default=None, repr=False)


class Caller(Protocol):
    def ask(self, model: str, text: str, *, stream: bool, tools: Sequence[str] = (), picture: bool = False) -> Said: ...

    def give(self, model: str, said: Said, results: Sequence[str], *, stream: bool) -> Said:
        """Give the results of the calls, in their order."""
        ...


class Chat:
    failure: type[Exception] = openai.APIStatusError

    def __init__(self, url: str, key: str) -> None:
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def ask(self, model: str, text: str, *, stream: bool, tools: Sequence[str] = (), picture: bool = False) -> Said:
        content: Any = text
        if picture:
            shown = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
            content = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": shown}}]
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": content}]
        offered = [{"type": "function", "function": {"name": one, "parameters": WEATHER}} for one in tools]
        return self._send(model, messages, offered, stream=stream)

    def give(self, model: str, said: Said, results: Sequence[str], *, stream: bool) -> Said:
        messages, offered, answer = said.state
        given = [
            {"role": "tool", "tool_call_id": call.id, "content": result}
            for call, result in zip(answer.tool_calls, results, strict=True)
        ]
        return self._send(model, [*messages, answer, *given], offered, stream=stream)

    def _send(self, model: str, messages: Any, offered: Any, *, stream: bool) -> Said:
        asked: Any = {"model": model, "messages": messages, **({"tools": offered} if offered else {})}
        if stream:
            with self.client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as events:
                done: Any = events.get_final_completion()
        else:
            done = self.client.chat.completions.create(**asked)
        [choice] = done.choices
        calls = [(one.function.name, json.loads(one.function.arguments)) for one in choice.message.tool_calls or ()]
        used = done.usage
        return Said(
            choice.message.content or "",
            calls,
            getattr(choice.message, "reasoning_content", None) or "",
            used.prompt_tokens,
            used.completion_tokens,
            used.prompt_tokens_details.cached_tokens if used.prompt_tokens_details else 0,
            choice.finish_reason,
            (messages, offered, choice.message),
        )


class Responses:
    failure: type[Exception] = openai.APIStatusError

    def __init__(self, url: str, key: str) -> None:
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    def ask(self, model: str, text: str, *, stream: bool, tools: Sequence[str] = (), picture: bool = False) -> Said:
        content: Any = [{"type": "input_text", "text": text}]
        if picture:
            shown = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
            content.append({"type": "input_image", "image_url": shown, "detail": "auto"})
        offered = [{"type": "function", "name": one, "parameters": WEATHER, "strict": False} for one in tools]
        return self._send(model, [{"role": "user", "content": content}], offered, stream=stream)

    def give(self, model: str, said: Said, results: Sequence[str], *, stream: bool) -> Said:
        items, offered, output = said.state
        calls = [one for one in output if one.type == "function_call"]
        given = [
            {"type": "function_call_output", "call_id": call.call_id, "output": result}
            for call, result in zip(calls, results, strict=True)
        ]
        history = [one.model_dump(exclude_none=True) for one in output]
        return self._send(model, [*items, *history, *given], offered, stream=stream)

    def _send(self, model: str, items: Any, offered: Any, *, stream: bool) -> Said:
        asked: Any = {"model": model, "instructions": SYSTEM, "input": items, **({"tools": offered} if offered else {})}
        if stream:
            with self.client.responses.stream(**asked) as events:
                done: Any = events.get_final_response()
        else:
            done = self.client.responses.create(**asked)
        calls = [(one.name, json.loads(one.arguments)) for one in done.output if one.type == "function_call"]
        thoughts = [part.text for one in done.output if one.type == "reasoning" for part in one.summary]
        used = done.usage
        return Said(
            done.output_text,
            calls,
            "".join(thoughts),
            used.input_tokens,
            used.output_tokens,
            used.input_tokens_details.cached_tokens,
            done.status,
            (items, offered, done.output),
        )


class Messages:
    failure: type[Exception] = anthropic.APIStatusError

    def __init__(self, url: str, key: str) -> None:
        self.client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)

    def ask(self, model: str, text: str, *, stream: bool, tools: Sequence[str] = (), picture: bool = False) -> Said:
        content: Any = [{"type": "text", "text": text}]
        if picture:
            data = base64.b64encode(PNG).decode()
            content.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}})
        offered = [{"name": one, "input_schema": WEATHER} for one in tools]
        return self._send(model, [{"role": "user", "content": content}], offered, stream=stream)

    def give(self, model: str, said: Said, results: Sequence[str], *, stream: bool) -> Said:
        turns, offered, content = said.state
        uses = [block for block in content if block.type == "tool_use"]
        given = [
            {"type": "tool_result", "tool_use_id": use.id, "content": result}
            for use, result in zip(uses, results, strict=True)
        ]
        turns = [*turns, {"role": "assistant", "content": content}, {"role": "user", "content": given}]
        return self._send(model, turns, offered, stream=stream)

    def _send(self, model: str, turns: Any, offered: Any, *, stream: bool) -> Said:
        asked: Any = {"model": model, "max_tokens": 999, "system": SYSTEM, "messages": turns}
        asked |= {"tools": offered} if offered else {}
        if stream:
            with self.client.messages.stream(**asked) as events:
                done: Any = events.get_final_message()
        else:
            done = self.client.messages.create(**asked)
        used = done.usage
        cached = used.cache_read_input_tokens or 0
        return Said(
            "".join(block.text for block in done.content if block.type == "text"),
            [(block.name, block.input) for block in done.content if block.type == "tool_use"],
            "".join(block.thinking for block in done.content if block.type == "thinking"),
            used.input_tokens + cached + (used.cache_creation_input_tokens or 0),
            used.output_tokens,
            cached,
            done.stop_reason,
            (turns, offered, done.content),
        )


class Gemini:
    failure: type[Exception] = genai.errors.APIError

    def __init__(self, url: str, key: str) -> None:
        self.client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))

    def ask(self, model: str, text: str, *, stream: bool, tools: Sequence[str] = (), picture: bool = False) -> Said:
        parts = [types.Part.from_text(text=text)]
        if picture:
            parts.append(types.Part.from_bytes(data=PNG, mime_type="image/png"))
        offered: Any = [types.FunctionDeclaration(name=one, parameters_json_schema=WEATHER) for one in tools]
        return self._send(model, [types.Content(role="user", parts=parts)], offered, stream=stream)

    def give(self, model: str, said: Said, results: Sequence[str], *, stream: bool) -> Said:
        contents, offered, content = said.state
        calls = [part.function_call for part in content.parts if part.function_call]
        given = [
            types.Part(
                function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": result})
            )
            for call, result in zip(calls, results, strict=True)
        ]
        return self._send(model, [*contents, content, types.Content(role="user", parts=given)], offered, stream=stream)

    def _send(self, model: str, contents: Any, offered: Any, *, stream: bool) -> Said:
        config = types.GenerateContentConfig(
            system_instruction=SYSTEM,
            tools=[types.Tool(function_declarations=offered)] if offered else None,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        if stream:
            given = list(self.client.models.generate_content_stream(model=model, contents=contents, config=config))
        else:
            given = [self.client.models.generate_content(model=model, contents=contents, config=config)]
        parts = [
            part
            for one in given
            for candidate in one.candidates or ()
            for part in (candidate.content.parts if candidate.content else None) or ()
        ]
        used: Any = given[-1].usage_metadata
        reason: Any = given[-1].candidates and given[-1].candidates[0].finish_reason
        return Said(
            "".join(part.text for part in parts if part.text and not part.thought),
            [(part.function_call.name, part.function_call.args) for part in parts if part.function_call],
            "".join(part.text for part in parts if part.text and part.thought),
            used.prompt_token_count,
            (used.candidates_token_count or 0) + (used.thoughts_token_count or 0),
            used.cached_content_token_count or 0,
            reason.value if reason else "",
            (contents, offered, types.Content(role="model", parts=parts)),
        )


CALLERS: dict[str, type[Any]] = {
    "openai-chat": Chat,
    "openai-responses": Responses,
    "anthropic": Messages,
    "gemini": Gemini,
}
