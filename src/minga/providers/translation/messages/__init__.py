"""Anthropic's Messages: requests, answers, streams and errors, read into the form and written from it.

It must not know another dialect. Entry: `DIALECT`.
"""

from minga.providers.translation.messages.messages import DIALECT

__all__ = ["DIALECT"]
