"""Write docs/reference/transcript.schema.json from the records.

Run it with `make docs`; a test fails where the page is old.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from minga.domain.transcript import SCHEMA, Transcript, Workspace
from minga.sessions.transcript_codec import PARTS, MessageHead

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "transcript.schema.json"


def schema() -> str:
    """The schema of one line: the session, or a message."""
    records = [MessageHead, Workspace, *PARTS.values()]
    _, components = msgspec.json.schema_components(records, ref_template="#/$defs/{name}")
    definitions: dict[str, Any] = {name: dict(one) for name, one in components.items()}
    for kind, record in PARTS.items():
        part = definitions[record.__name__]
        part["properties"] = {"type": {"const": kind}, **part["properties"]}
        part["required"] = ["type", *part.get("required", [])]
    message = definitions.pop("MessageHead")
    parts = [{"$ref": f"#/$defs/{record.__name__}"} for record in PARTS.values()]
    message["properties"]["parts"] = {"type": "array", "items": {"oneOf": parts}}
    definitions["Message"] = {**message, "title": "Message", "required": ["id", "role", "parts"]}
    definitions["Session"] = _session()
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Minga neutral transcript, version {SCHEMA}",
        "oneOf": [{"$ref": "#/$defs/Session"}, {"$ref": "#/$defs/Message"}],
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _session() -> dict[str, Any]:
    """The first line: a transcript without its messages."""
    properties: dict[str, Any] = {
        field.name: {"type": "string"} for field in fields(Transcript) if field.name != "messages"
    }
    properties["schema"] = {"const": SCHEMA}
    properties["workspace"] = {"$ref": "#/$defs/Workspace"}
    return {"title": "Session", "type": "object", "properties": properties, "required": sorted(properties)}


if __name__ == "__main__":
    PAGE.write_text(schema(), "utf-8")
