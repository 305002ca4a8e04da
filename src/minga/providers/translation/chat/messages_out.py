"""Turns of the form, as messages."""

from collections.abc import Sequence

from minga.providers.translation.chat import content_out, thoughts
from minga.providers.translation.chat.models import is_gemini, is_openai
from minga.providers.translation.form import (
    Media,
    Part,
    Refusal,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    own_signature,
)
from minga.providers.translation.notes import Notes

_Json = dict[str, object]

_SAID = (Text, Media)  # a union would be made anew for each part


class Messages:
    """Writes those of one request."""

    def __init__(self, request: Request, notes: Notes) -> None:
        self._request = request
        self._notes = notes
        self._takes_thoughts = not is_openai(request.model)
        self._takes_signatures = is_gemini(request.model)

    def written(self) -> list[_Json]:
        messages: list[_Json] = []
        if self._request.system:
            messages.append(self._message("system", self._request.system))
        for turn in self._request.turns:
            match turn.role:
                case "assistant":
                    messages.append(self._assistant(turn.parts))
                case "user":
                    messages += self._user(turn.parts)
                case "system":
                    messages.append(self._message("system", turn.parts))
        return messages

    def _user(self, parts: Sequence[Part]) -> list[_Json]:
        results = [one for one in parts if isinstance(one, ToolResult)]
        if not results:
            return [self._message("user", parts)]
        messages = [self._result(one) for one in results]
        said = [*self._shown(results), *(one for one in parts if not isinstance(one, ToolResult))]
        return [*messages, self._message("user", said)] if said else messages

    def _message(self, role: str, parts: Sequence[Part]) -> _Json:
        return {"role": role, "content": content_out.content(parts, self._notes)}

    def _result(self, result: ToolResult) -> _Json:
        if result.is_error:
            self._notes.add("chat-result-error", result.name)
        if result.cache:
            self._notes.add("chat-cache-marker", "tool results")
        texts = [one for one in result.parts if isinstance(one, Text)]
        content = content_out.content(texts, self._notes)
        return {"role": "tool", "tool_call_id": result.call_id, "content": content}

    def _shown(self, results: Sequence[ToolResult]) -> list[Part]:
        """A message of a tool holds text only: pictures come after the results, in what the person says."""
        shown: list[Part] = []
        for result in results:
            pictures = [one for one in result.parts if isinstance(one, Media)]
            if pictures:
                self._notes.add("chat-result-media", result.name)
                shown += [Text(f"From the result of the tool call {result.call_id}:"), *pictures]
        return shown

    def _assistant(self, parts: Sequence[Part]) -> _Json:
        said: list[Text | Media] = []
        calls: list[_Json] = []
        refused: list[str] = []
        thought: list[Thinking] = []
        for part in parts:
            if isinstance(part, _SAID):
                said.append(part)
            elif isinstance(part, ToolCall):
                calls.append(self._call(part))
            elif isinstance(part, Thinking):
                thought.append(part)
            elif isinstance(part, Refusal):
                refused.append(part.text)
        message: _Json = {"role": "assistant", "content": None}
        if said or not (calls or refused):
            message["content"] = content_out.said(said, self._notes)
        if refused:
            message["refusal"] = "\n\n".join(refused)
        if thought:
            message |= self._thoughts(thought)
        if calls:
            message["tool_calls"] = calls
        if said:
            self._sign(message, said)
        if len(parts) > 1 and not content_out.in_order(parts):
            self._notes.add("chat-order")
        return message

    def _thoughts(self, found: Sequence[Thinking]) -> _Json:
        if not self._takes_thoughts:
            self._notes.add("chat-thoughts")
            return {}
        values = [own_signature(one.signature, thoughts.WIRE) for one in found]
        if any(one.signature and not value for one, value in zip(found, values, strict=True)):
            self._notes.add("chat-signatures")
        told: _Json = {}
        if (plain := thoughts.plain_of(found)) is not None:
            told["reasoning_content"] = plain
        if any(values):
            kept = [(one, value) for one, value in zip(found, values, strict=True) if value or not one.redacted]
            told["reasoning_details"] = [
                thoughts.detail_of(one, value, index) for index, (one, value) in enumerate(kept)
            ]
        return told

    def _call(self, call: ToolCall) -> _Json:
        if call.cache:
            self._notes.add("chat-cache-marker", "tool calls")
        if call.namespace:
            self._notes.add("chat-namespace", call.namespace)
        if call.custom:
            told: _Json = {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
        else:
            function = {"name": call.name, "arguments": call.arguments}
            told = {"id": call.id, "type": "function", "function": function}
        if call.signature:
            self._sign(told, [call])
        return told

    def _sign(self, told: _Json, parts: Sequence[Text | Media | ToolCall]) -> None:
        """Gemini's models get their own signatures back."""
        signed = [one.signature for one in parts if not isinstance(one, Media) and one.signature]
        if not signed:
            return
        own = [value for one in signed if (value := own_signature(one, "gemini"))] if self._takes_signatures else []
        if own:
            told["extra_content"] = thoughts.google(own[-1])
        if len(signed) > min(len(own), 1):
            self._notes.add("chat-signatures")
