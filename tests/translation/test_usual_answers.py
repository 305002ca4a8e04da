"""What vendors tell with each of their answers is no loss: a header that always says something says nothing."""

import json
from typing import Any

import pytest

from minga.domain.model_calls import Wire
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.notes import Notes

USUAL: dict[Wire, dict[str, Any]] = {
    "openai-chat": {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": "gpt-5.1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "hola", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 3,
            "total_tokens": 12,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_1",
    },
    "openai-responses": {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "status": "completed",
        "background": False,
        "billing": None,
        "error": None,
        "incomplete_details": None,
        "instructions": "be brief",
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": "gpt-5.1",
        "output": [
            {"id": "rs_1", "type": "reasoning", "summary": [], "status": "completed"},
            {
                "id": "msg_1",
                "type": "message",
                "status": "completed",
                "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "hola"}],
                "role": "assistant",
            },
        ],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": "none", "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": 9,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 3,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 12,
        },
        "user": None,
        "metadata": {},
    },
    "anthropic": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5",
        "content": [
            {"type": "text", "text": "hola", "citations": None},
            {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}, "caller": {"type": "direct"}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "stop_details": None,
        "container": None,
        "context_management": {"applied_edits": []},
        "usage": {
            "input_tokens": 9,
            "output_tokens": 3,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
            "service_tier": "standard",
            "inference_geo": "not_available",
        },
    },
    "gemini": {
        "candidates": [
            {"content": {"parts": [{"text": "hola"}], "role": "model"}, "finishReason": "STOP", "index": 0},
        ],
        "usageMetadata": {
            "promptTokenCount": 9,
            "candidatesTokenCount": 3,
            "totalTokenCount": 12,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}],
            "trafficType": "ON_DEMAND",
        },
        "modelVersion": "gemini-2.5-pro",
        "responseId": "r",
    },
}


@pytest.mark.parametrize("wire", USUAL)
def test_an_answer_with_what_is_always_there_loses_nothing(wire: Wire) -> None:
    notes = Notes()
    DIALECTS[wire].read_answer(json.dumps(USUAL[wire]).encode(), notes)
    assert [*notes.told("lost"), *notes.told("changed")] == []
