"""A program whose memory may ask a model: that of a scripted server."""

from program import Program

_TOML = """
name = "test"
title = "A provider of a test's"
auth = "bearer"
key_variables = ["TEST_PROVIDER_KEY"]
models = ["gpt-*"]

[wires]
openai-chat = "{url}/v1"
"""


def let_ask(minga: Program, url: str) -> None:
    (minga.root / "config" / "providers").mkdir()
    (minga.root / "config" / "providers" / "test.toml").write_text(_TOML.format(url=url))
    minga.environment |= {"TEST_PROVIDER_KEY": "secret", "MINGA_MEMORY_MODEL": "gpt-5-mini"}
