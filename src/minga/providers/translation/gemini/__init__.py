"""Gemini's generateContent and streamGenerateContent.

Model and streaming stand in the path, not in the body: `calls` sets them. Shapes and rules: ai.google.dev/api/
generate-content, ai.google.dev/gemini-api/docs/thought-signatures and /function-calling, seen November 2026.
"""

from minga.providers.translation.gemini.dialect import DIALECT

__all__ = ["DIALECT"]
