"""Whatever a caller sets arrives, or is told of: each setting is sent alone, and where it changes nothing of what the
deployment gets, a note must say so."""

import json
from itertools import permutations
from typing import Any

import pytest

from minga.domain.model_calls import ModelCall, Wire
from minga.providers.translation.calls import translate

BASE: dict[Wire, dict[str, Any]] = {
    "openai-chat": {
        "model": "m",
        "messages": [{"role": "user", "content": "hola"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    },
    "openai-responses": {"model": "m", "input": "hola", "tools": [{"type": "function", "name": "f", "parameters": {}}]},
    "anthropic": {
        "model": "m",
        "max_tokens": 3000,
        "messages": [{"role": "user", "content": "hola"}],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
    },
    "gemini": {
        "contents": [{"role": "user", "parts": [{"text": "hola"}]}],
        "tools": [{"functionDeclarations": [{"name": "f"}]}],
    },
}

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}

SETTINGS: dict[Wire, dict[str, Any]] = {
    "openai-chat": {
        "audio": {"voice": "alloy", "format": "mp3"},
        "frequency_penalty": 0.2,
        "logit_bias": {"5": 1},
        "logprobs": True,
        "max_completion_tokens": 222,
        "metadata": {"k": "v"},
        "modalities": ["text", "audio"],
        "n": 2,
        "parallel_tool_calls": False,
        "prediction": {"type": "content", "content": "p"},
        "presence_penalty": 0.1,
        "prompt_cache_key": "k",
        "reasoning_effort": "high",
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
        "safety_identifier": "ana",
        "seed": 7,
        "service_tier": "flex",
        "stop": ["STOP"],
        "store": True,
        "stream_options": {"include_obfuscation": True},
        "temperature": 0.3,
        "tool_choice": "required",
        "top_p": 0.7,
        "user": "ana",
        "verbosity": "low",
        "web_search_options": {"search_context_size": "low"},
        "zorp": 1,
    },
    "openai-responses": {
        "include": ["message.output_text.logprobs"],
        "instructions": "be brief",
        "max_output_tokens": 222,
        "max_tool_calls": 3,
        "metadata": {"k": "v"},
        "parallel_tool_calls": False,
        "prompt_cache_key": "k",
        "reasoning": {"effort": "high"},
        "safety_identifier": "ana",
        "service_tier": "flex",
        "store": True,
        "temperature": 0.3,
        "text": {"format": {"type": "json_schema", "name": "answer", "schema": SCHEMA}},
        "tool_choice": "required",
        "top_logprobs": 3,
        "top_p": 0.7,
        "truncation": "auto",
        "user": "ana",
        "zorp": 1,
    },
    "anthropic": {
        "cache_control": {"type": "ephemeral"},
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
        "inference_geo": "us",
        "mcp_servers": [{"type": "url", "url": "https://example.com", "name": "m"}],
        "metadata": {"user_id": "ana"},
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        "service_tier": "auto",
        "stop_sequences": ["STOP"],
        "system": "be brief",
        "temperature": 0.3,
        "thinking": {"type": "enabled", "budget_tokens": 1500},
        "tool_choice": {"type": "any"},
        "top_k": 9,
        "top_p": 0.7,
        "zorp": 1,
    },
    "gemini": {
        "labels": {"a": "b"},
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "zorp": 1,
        **{
            f"generationConfig.{name}": {name: value}
            for name, value in {
                "candidateCount": 2,
                "frequencyPenalty": 0.2,
                "maxOutputTokens": 222,
                "mediaResolution": "MEDIA_RESOLUTION_LOW",
                "presencePenalty": 0.1,
                "responseLogprobs": True,
                "responseMimeType": "application/json",
                "responseModalities": ["TEXT", "IMAGE"],
                "seed": 7,
                "stopSequences": ["STOP"],
                "temperature": 0.3,
                "thinkingConfig": {"thinkingBudget": 1500},
                "topK": 9,
                "topP": 0.7,
            }.items()
        },
    },
}

MODELS: dict[Wire, tuple[str, ...]] = {
    "openai-chat": ("gpt-4.1", "gpt-5.1", "deepseek-chat"),
    "openai-responses": ("gpt-5.1", "gpt-4o"),
    "anthropic": ("claude-3-5-haiku", "claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-5-5"),
    "gemini": ("gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-pro-preview"),
}


def sent(wire: Wire, target: Wire, model: str, body: dict[str, Any]) -> tuple[Any, list[str]]:
    call = ModelCall(wire, "POST", "/", "", "m", False, False, None, (), json.dumps(body).encode())
    done = translate(call, target, model, "p", 0)
    return json.loads(done.call.body), [*done.notes.told("lost"), *done.notes.told("changed")]


@pytest.mark.parametrize(("wire", "target"), [*permutations(MODELS, 2)])
def test_each_setting_arrives_or_is_told_of(wire: Wire, target: Wire) -> None:
    for model in MODELS[target]:
        plain = sent(wire, target, model, BASE[wire])
        silent = [
            name
            for name, value in SETTINGS[wire].items()
            if sent(wire, target, model, {**BASE[wire], name.partition(".")[0]: value}) == plain
        ]
        assert not silent, model
