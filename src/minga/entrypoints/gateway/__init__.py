"""The model endpoints over HTTP: OpenAI, Anthropic, Gemini. Translates between ASGI and pipeline, no more."""
