"""Answers that have to fit a JSON Schema."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import COMPANIES, GOODS, Voice

Data: TypeAlias = dict[str, Any]
Spoil: TypeAlias = tuple[str, Callable[[Data], Any]]
"""What is done to right data, in place or as a new value that is returned, and what is wrong then."""

INVOICE = {
    "type": "object",
    "required": ["folio", "customer", "lines", "status"],
    "additionalProperties": False,
    "properties": {
        "folio": {"type": "integer", "minimum": 1},
        "customer": {"$ref": "#/$defs/party"},
        "status": {"enum": ["draft", "sent", "paid"]},
        "issued": {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])-[0-3]\d$"},
        "note": {"type": ["string", "null"], "maxLength": 40},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {
        "party": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 1}}},
        "line": {
            "type": "object",
            "required": ["item", "quantity", "price"],
            "properties": {
                "item": {"type": "string"},
                "quantity": {"type": "number", "exclusiveMinimum": 0},
                "price": {"type": "integer", "multipleOf": 10},
            },
        },
    },
}

EVENT = {
    "oneOf": [
        {
            "type": "object",
            "required": ["kind", "at"],
            "properties": {"kind": {"const": "login"}, "at": {"type": "integer"}},
        },
        {
            "type": "object",
            "required": ["kind", "reason"],
            "properties": {"kind": {"const": "failure"}, "reason": {"type": "string", "minLength": 3}},
        },
    ]
}

TAGS = {
    "type": "array",
    "uniqueItems": True,
    "maxItems": 5,
    "items": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
}


def _invoice(v: Voice) -> Data:
    lines = [
        {"item": v.of(good), "quantity": v.between(1, 90), "price": v.between(10, 9_000) * 10}
        for good in v.some(GOODS, v.between(1, 3))
    ]
    return {
        "folio": v.between(1, 90_000),
        "customer": {"name": v.pick(COMPANIES)},
        "status": v.pick(("draft", "sent", "paid")),
        "issued": f"2026-{v.between(1, 12):02}-{v.between(1, 28):02}",
        "lines": lines,
    }


def _written(v: Voice, data: Any) -> str:
    text = json.dumps(data, ensure_ascii=v.pick((True, False)), indent=v.pick((None, 2)))
    return v.pick((text, f"{text}\n", f"```json\n{text}\n```"))


def _case(v: Voice, right: bool, text: str, schema: object, why: str = "") -> Case:
    prompt = v.say("Responde solo con JSON según el esquema.", "Answer with JSON only, after the schema.")
    return Case(right, prompt, text, why, schema=json.dumps(schema))


_IN_INVOICES: tuple[Spoil, ...] = (
    ("a field that is required is missing", lambda data: data.pop("status")),
    ("the number is a string", lambda data: data.update(folio=str(data["folio"]))),
    ("a value that the enum does not have", lambda data: data.update(status="payed")),
    ("a field too many", lambda data: data.update(total=sum(each["price"] for each in data["lines"]))),
    ("month 13", lambda data: data.update(issued="2026-13-04")),
    ("no lines", lambda data: data["lines"].clear()),
    ("a quantity of zero", lambda data: data["lines"][0].update(quantity=0)),
    ("a price that is no multiple of 10", lambda data: data["lines"][-1].update(price=data["lines"][-1]["price"] + 1)),
    ("the customer is a string", lambda data: data.update(customer=data["customer"]["name"])),
    ("a note that is too long", lambda data: data.update(note="x" * 41)),
    ("a line lacks its price", lambda data: data["lines"][-1].pop("price")),
    ("true is no number", lambda data: data.update(folio=True)),
)  # fmt: skip


def invoice(v: Voice) -> Iterator[Case]:
    data = _invoice(v)
    yield _case(v, True, _written(v, data), INVOICE)
    why, spoil = v.own(_IN_INVOICES)
    spoil(data)
    yield _case(v, False, _written(v, data), INVOICE, why)


def event(v: Voice) -> Iterator[Case]:
    login, failure = {"kind": "login", "at": v.between(1, 10**9)}, {"kind": "failure", "reason": "timeout"}
    yield _case(v, True, _written(v, v.pick((login, failure))), EVENT)
    wrong, why = v.pick((
        ({"kind": "login", "reason": "timeout"}, "the fields of the other form"),
        ({"kind": "failure", "reason": "no"}, "too short a reason"),
        ({"kind": "logout", "at": 3}, "a kind that no form has"),
        ([login], "a list around it"),
    ))  # fmt: skip
    yield _case(v, False, _written(v, wrong), EVENT, why)


def tags(v: Voice) -> Iterator[Case]:
    right = [f"{v.pick(('iva', 'boleta', 'stock'))}-{number}" for number in v.some(range(90), v.between(2, 5))]
    yield _case(v, True, _written(v, right), TAGS)
    wrong, why = v.pick((
        ([*right[:1], *right[:1]], "a tag twice"),
        ([*right[:-1], right[-1].upper()], "a tag in capitals"),
        ([f"t{number}" for number in range(6)], "six tags"),
        ([*right[:1], 7], "a number among the tags"),
    ))  # fmt: skip
    yield _case(v, False, _written(v, wrong), TAGS, why)


def no_json(v: Voice) -> Iterator[Case]:
    data = _invoice(v)
    text = json.dumps(data, indent=2)
    wrong, why = v.pick((
        (text[: len(text) * 2 // 3], "cut off"),
        (text.replace("\n}", ",\n}"), "a comma before the last brace"),
        (text.replace('"', "'"), "single quotes"),
        (text.replace('"folio"', "folio"), "a name without quotes"),
        (text.replace('"lines"', '// the lines\n  "lines"'), "a comment"),
    ))  # fmt: skip
    yield _case(v, False, wrong, INVOICE, why)


def odd_and_right(v: Voice) -> Iterator[Case]:
    data = _invoice(v)
    text, why = v.own((
        (json.dumps({**data, "folio": 12.0}), "12.0 is an integer in JSON Schema"),
        (json.dumps({**data, "note": None}), "null is allowed"),
        (json.dumps({**data, "note": "{\"a\": 1} ```json```"}), "JSON and a fence within a string"),
        (json.dumps(dict(reversed(data.items()))), "the fields in another order"),
        (json.dumps({**data, "folio": 10**24}), "a number beyond 64 bits"),
        (json.dumps({**data, "customer": {"name": "\u00d1u\u00f1oa \U0001f600", "extra": []}}), "more fields where they are free"),
        (f"\ufeff\n\n  {json.dumps(data)}  \n", "blanks around it"),
        (json.dumps({**data, "note": "x" * 40}), "a note just short enough"),
        (json.dumps({**data, "note": "\U0001f600" * 40}), "40 characters of four bytes"),
        (json.dumps({**data, "lines": [{"item": "", "quantity": 1e-9, "price": 0}]}), "tiny and zero, and allowed"),
        (json.dumps({**data, "lines": [{"item": "", "quantity": 2, "price": -10}]}), "a negative price is allowed"),
    ))  # fmt: skip
    yield _case(v, True, text, INVOICE, why)


def conditional(v: Voice) -> Iterator[Case]:
    """Kept apart: what is required depends on another field."""
    schema = {
        "type": "object",
        "properties": {"country": {"type": "string"}, "rut": {"type": "string"}},
        "if": {"properties": {"country": {"const": "CL"}}, "required": ["country"]},
        "then": {"required": ["rut"]},
        "dependentRequired": {"phone": ["country"]},
    }
    yield _case(v, True, _written(v, v.pick(({"country": "AR"}, {}, {"rut": ""}))), schema, "nothing is required here")
    wrong, why = v.pick((
        ({"country": "CL"}, "CL needs a rut"),
        ({"phone": "1"}, "a phone needs a country"),
        ({"country": "AR", "rut": 5}, "a rut that is a number"),
    ))  # fmt: skip
    yield _case(v, False, _written(v, wrong), schema, why)


TEMPLATES = (invoice, event, tags, invoice, no_json, odd_and_right, odd_and_right)
HELD = (conditional,)
