"""The dialect of OpenAI's Chat Completions, and of the many servers that speak it with additions of their own.

Fields: platform.openai.com/docs/api-reference/chat. Thoughts as DeepSeek, vLLM and Qwen (``reasoning_content``,
``reasoning``) and OpenRouter (``reasoning_details``) tell them; signatures of Gemini as its compatible endpoint does
(``extra_content``); seen November 2026. Entry: `DIALECT`.
"""

from minga.providers.translation.chat.chat import DIALECT

__all__ = ["DIALECT"]
