"""The OpenAPI document as a page for people: plain HTML and CSS, no script, nothing from elsewhere."""

from html import escape
from pathlib import Path
from typing import Any

STYLE = Path(__file__).parent / "page.css"


def page(document: dict[str, Any]) -> str:
    info = document["info"]
    operations = [(method, path, one) for path, methods in document["paths"].items() for method, one in methods.items()]
    links = "".join(
        f'<li><a href="#{one["operationId"]}">{_head(method, path)}</a> {escape(one["summary"])}</li>'
        for method, path, one in operations
    )
    sections = "".join(_operation(method, path, one) for method, path, one in operations)
    records = "".join(_record(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    title, style = escape(info["title"]), STYLE.read_text("utf-8")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} API</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head><body>'
        f'<h1>{title} API</h1><p class="quiet">version {escape(info["version"])} ·'
        f' <a href="/openapi.json">openapi.json</a></p><p>{_prose(info["description"])}</p>'
        f"<nav><ul>{links}</ul></nav><h2>Operations</h2>{sections}<h2>Records</h2>{records}</body></html>"
    )


def _head(method: str, path: str) -> str:
    return f'<code><span class="method">{method.upper()}</span> {escape(path)}</code>'


def _operation(method: str, path: str, one: dict[str, Any]) -> str:
    told = [f'<section id="{one["operationId"]}"><h2>{_head(method, path)}</h2><p>{escape(one["summary"])}</p>']
    if parameters := one.get("parameters"):
        rows = [(p["name"], p["schema"], p["required"]) for p in parameters]
        told.append(f"<h3>Parameters</h3>{_table(rows)}")
    if body := one.get("requestBody"):
        told.append(f"<h3>Body</h3><p>{_type(body['content']['application/json']['schema'])}</p>")
    answers = "".join(
        f"<tr><td><code>{status}</code></td><td>{escape(answer['description'])}</td>"
        f"<td>{_type(next(iter(answer['content'].values()))['schema'])}</td></tr>"
        for status, answer in one["responses"].items()
    )
    told.append(f"<h3>Answers</h3><table>{answers}</table>")
    told.append(f"<h3>Example</h3><pre>{escape(_example(method, path, one))}</pre></section>")
    return "".join(told)


def _example(method: str, path: str, one: dict[str, Any]) -> str:
    query = "&".join(f"{p['name']}=…" for p in one.get("parameters", []) if p["required"] and p["in"] == "query")
    lines = [f'curl -X {method.upper()} "$MINGA_ENDPOINT{path}{"?" if query else ""}{query}"']
    lines.append('  -H "Authorization: Bearer $ADMIN_KEY"')
    if "requestBody" in one:
        lines += ["  -H 'Content-Type: application/json'", '  -d \'{"name": "…"}\'']
    return " \\\n".join(lines)


def _record(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    rows = [(field, one, field in required) for field, one in schema["properties"].items()]
    about = f"<p>{_prose(schema['description'])}</p>" if "description" in schema else ""
    return f'<section id="{escape(name)}"><h2><code>{escape(name)}</code></h2>{about}{_table(rows)}</section>'


def _table(rows: list[tuple[str, dict[str, Any], bool]]) -> str:
    told = "".join(
        f"<tr><td><code>{escape(name)}</code>{'' if required else ' <span class=quiet>optional</span>'}</td>"
        f"<td>{_type(schema)}</td><td>{_prose(_about(schema))}</td></tr>"
        for name, schema, required in rows
    )
    return f'<div class="scroll"><table>{told}</table></div>'


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " · ".join(f"<code>{escape(str(one))}</code>" for one in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list of {_type(schema['items'])}"
        case "object":
            return f"object of {_type(schema['additionalProperties'])}"
        case kind:
            return escape(str(schema.get("format", kind)))


def _about(schema: dict[str, Any]) -> str:
    bounds = [f"{word} {schema[name]}" for name, word in (("minimum", "from"), ("maximum", "to")) if name in schema]
    default = schema.get("default")
    left_out = [f"``{default}`` if left out"] if default not in (None, "", ()) else []
    return "; ".join(filter(None, [schema.get("description", "").rstrip("."), " ".join(bounds), *left_out]))


def _prose(text: str) -> str:
    """Escaped, with what stands between double or single backquotes as code."""
    parts = escape(text).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
