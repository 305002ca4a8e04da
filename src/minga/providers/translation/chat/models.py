"""What the name of a model says of the server that has it: fields that some want and others refuse."""

import re

_OPENAI = re.compile(r"(?:.*/)?(?:gpt-(?!oss)|chatgpt-|codex-|o[1-9](?:$|-))")


def is_openai(model: str) -> bool:
    """OpenAI's own: it has its newer names of fields, and takes no thoughts back."""
    return _OPENAI.match(model) is not None


def is_gemini(model: str) -> bool:
    """Gemini's compatible endpoint takes signatures back."""
    return "gemini" in model
