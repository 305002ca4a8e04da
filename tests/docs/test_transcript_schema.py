"""docs/reference/transcript.schema.json is what the records say."""

import importlib.util
from pathlib import Path


def test_the_schema_of_the_transcript_is_that_of_the_records() -> None:
    path = Path(__file__).parent.parent.parent / "tools" / "transcript_schema.py"
    spec = importlib.util.spec_from_file_location("transcript_schema", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text("utf-8") == tool.schema(), "make docs"
