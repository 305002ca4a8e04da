"""A schema fitted to a part of JSON Schema: never narrower, and only of words that the part has."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from minga.providers.translation.quirks import subsets
from minga.providers.translation.schema_subset import Subset, fitted

SUBSETS = ["anthropic-strict", "gemini", "openai-strict", "outermost", "plain"]

Made = Callable[[Random, int], Any]
"""By a seed, as strategies for schemas take a hundred times as long; with a depth that may be used."""

NAMES = ("a", "b", "c")

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")


def a_value(random: Random, depth: int) -> Any:
    match random.randrange(10 if depth else 8):
        case 8:
            return [a_value(random, depth - 1) for _ in range(random.randrange(4))]
        case 9:
            return {random.choice(NAMES): a_value(random, depth - 1) for _ in range(random.randrange(4))}
        case _:
            return random.choice([None, True, False, -1, 0, 1, 2, 0.5, 1.0, "", "a", "b", "abc"])


def some(made: Made, random: Random, depth: int) -> list[Any]:
    return [made(random, depth) for _ in range(random.randint(1, 3))]


def named(made: Made, random: Random, depth: int, names: Sequence[str] = NAMES) -> dict[str, Any]:
    return {name: made(random, depth) for name in names if random.random() < 0.5}


DEMANDS: dict[str, Made] = {
    "type": lambda random, _: random.choice([random.choice(TYPES), random.sample(TYPES, random.randint(1, 3))]),
    "enum": lambda random, _: some(a_value, random, 1),
    "const": a_value,
    "properties": lambda random, depth: named(a_schema, random, depth),
    "patternProperties": lambda random, depth: named(a_schema, random, depth, ("^a", "b$")),
    "additionalProperties": lambda random, depth: a_schema(random, depth),
    "required": lambda random, _: random.sample(NAMES, random.randrange(3)),
    "items": lambda random, depth: a_schema(random, depth),
    "prefixItems": lambda random, depth: some(a_schema, random, depth),
    "minItems": lambda random, _: random.randrange(3),
    "maxLength": lambda random, _: random.randrange(3),
    "minimum": lambda random, _: random.randrange(3),
    "maximum": lambda random, _: random.randint(-2, 2),
    "pattern": lambda *_: "^a",
    "anyOf": lambda random, depth: some(a_schema, random, depth),
    "oneOf": lambda random, depth: some(a_schema, random, depth),
    "allOf": lambda random, depth: some(a_schema, random, depth),
    "not": lambda random, depth: a_schema(random, depth),
    "if": lambda random, depth: a_schema(random, depth),
    "then": lambda random, depth: a_schema(random, depth),
    "$ref": lambda random, _: random.choice(["#/$defs/a", "#/$defs/b", "#"]),
    "unevaluatedProperties": lambda random, depth: a_schema(random, depth),
    "description": lambda *_: "why",
}


GROUPS: tuple[list[str], ...] = (
    list(DEMANDS),
    ["properties", "patternProperties", "additionalProperties", "required", "unevaluatedProperties", "$ref", "type"],
    ["properties", "additionalProperties", "allOf", "anyOf", "oneOf", "$ref", "description"],
    ["items", "prefixItems", "minItems", "allOf", "anyOf", "$ref"],
    ["type", "enum", "const", "maxLength", "minimum", "maximum", "pattern", "anyOf", "allOf"],
)
"""Keywords that have to do with one another."""


def a_schema(random: Random, depth: int) -> Any:
    if not depth or random.random() < 0.1:
        return random.random() < 0.8
    group = random.choice(GROUPS)
    keywords = random.sample(group, random.randint(1, min(4, len(group))))
    return {keyword: DEMANDS[keyword](random, depth - 1) for keyword in keywords}


def a_root(random: Random) -> dict[str, Any]:
    root = a_schema(random, 3)
    defs = {"a": a_schema(random, 2), "b": a_schema(random, 2)}
    return {**(root if isinstance(root, dict) else {"$ref": "#/$defs/a"}), "$defs": defs}


def values(random: Random) -> list[Any]:
    """What schemas are about most: objects and lists."""
    objects = [{name: a_value(random, 1) for name in NAMES if random.random() < 0.6} for _ in range(40)]
    lists = [[a_value(random, 1) for _ in range(random.randrange(4))] for _ in range(15)]
    return [*objects, *lists, *(a_value(random, 0) for _ in range(10))]


SEEDS = st.integers(0, 2**32)


def fit(schema: object, name: str, *, outermost_object: bool = False) -> Any:
    return msgspec.json.decode(
        fitted(msgspec.json.encode(schema), subsets()[name], outermost_object=outermost_object).schema
    )


def loops(root: dict[str, Any]) -> bool:
    """Whether a schema comes to itself again on the way of references and combinations alone."""

    def walk(schema: Any, seen: frozenset[str]) -> bool:
        if not isinstance(schema, dict):
            return False
        ref = schema.get("$ref")
        if ref is not None:
            target = root if ref == "#" else root["$defs"][ref[-1]]
            if ref in seen or walk(target, seen | {ref}):
                return True
        beside = [schema.get(word) for word in ("not", "if", "then")]
        return any(walk(one, seen) for word in ("allOf", "anyOf", "oneOf") for one in schema.get(word, ())) or any(
            walk(one, seen) for one in beside
        )

    return any(
        walk(one, seen) for one, seen in ((root, frozenset({"#"})), *((one, frozenset()) for one in inner(root)))
    )


def inner(schema: Any) -> list[Any]:
    if isinstance(schema, list):
        return [found for one in schema for found in inner(one)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(found for word, one in schema.items() if word not in ("enum", "const") for found in inner(one))]


@settings(max_examples=600)
@given(seed=SEEDS, name=st.sampled_from(SUBSETS))
@example(seed=300990829, name="outermost")  # names that go by a pattern, in an alternative
def test_what_the_schema_allowed_is_allowed_still(seed: int, name: str) -> None:
    random = Random(seed)
    root = a_root(random)
    assume(not loops(root))
    asked, told, as_arguments = map(
        jsonschema_rs.Draft202012Validator, (root, fit(root, name), fit(root, name, outermost_object=True))
    )
    for value in values(random):
        if asked.is_valid(value):
            assert told.is_valid(value)
            assert not isinstance(value, dict) or as_arguments.is_valid(value)


@settings(max_examples=300)
@given(seed=SEEDS, name=st.sampled_from([name for name in SUBSETS if name != "outermost"]))
def test_only_words_of_the_part_are_left_and_fitting_again_changes_nothing(seed: int, name: str) -> None:
    root = a_root(Random(seed))
    subset = subsets()[name]
    told = fit(root, name, outermost_object=True)
    for one in schemas(told):
        assert one.keys() <= subset.keywords | {"title", "description"}
        assert subset.types_listed or not isinstance(one.get("type"), list)
        assert not subset.any_of_alone or "anyOf" not in one or one.keys() <= {"anyOf", "title", "description"}
    assert told["type"] == "object"
    assert "anyOf" not in told
    assert fit(told, name, outermost_object=True) == told


def schemas(told: Any) -> list[dict[str, Any]]:
    if not isinstance(told, dict):
        return []
    below = [*told.get("properties", {}).values(), *told.get("anyOf", ()), *told.get("prefixItems", ())]
    below += [told.get("items"), told.get("additionalProperties")]
    return [told, *(found for one in below for found in schemas(one))]


def nonsense(random: Random, depth: int) -> Any:
    if not depth or random.random() < 0.3:
        return random.choice([None, True, 7, 0.5, "a", "#", "object", [], {}, ["string"], [[1]], [{}], [None]])
    return {random.choice(list(DEMANDS)): nonsense(random, depth - 1) for _ in range(random.randint(1, 5))}


@settings(max_examples=300)
@given(seed=SEEDS)
def test_a_schema_of_nonsense_breaks_nothing(seed: int) -> None:
    random = Random(seed)
    given_ = {"allOf": [nonsense(random, 3), nonsense(random, 3)], "$ref": nonsense(random, 0)} if seed else []
    for name in SUBSETS:
        if isinstance(given_, dict):
            assert isinstance(fit(given_, name, outermost_object=True), dict)
        else:
            with pytest.raises(ValueError, match="must be a JSON object"):
                fit(given_, name)


CITY = {"type": "string", "description": "where", "minLength": 2}


@pytest.mark.parametrize(
    ("schema", "name", "told"),
    [
        (
            {"type": "object", "properties": {"at": {"$ref": "#/$defs/City"}}, "$defs": {"City": CITY}},
            "gemini",
            {
                "type": "object",
                "properties": {"at": {"type": "string", "description": "where (minLength: 2)"}},
            },
        ),
        (
            {"type": "object", "properties": {"a": {"type": ["string", "null"], "enum": ["x", None]}}},
            "gemini",
            {
                "type": "object",
                "properties": {"a": {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]}},
            },
        ),
        (
            {
                "type": "object",
                "properties": {"a": {"const": "x"}, "b": {"oneOf": [{"type": "null"}, {"type": "number"}]}},
            },
            "gemini",
            {
                "type": "object",
                "properties": {
                    "a": {"type": "string", "enum": ["x"]},
                    "b": {"anyOf": [{"type": "null"}, {"type": "number"}]},
                },
            },
        ),
        (
            {
                "allOf": [
                    {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]},
                    {"properties": {"a": {"type": "integer"}, "b": CITY}, "required": ["b"]},
                ]
            },
            "outermost",
            {"type": "object", "properties": {"a": {"type": "integer"}, "b": CITY}, "required": ["a", "b"]},
        ),
        (
            {
                "anyOf": [
                    {"type": "object", "properties": {"a": CITY}, "required": ["a"], "additionalProperties": False},
                    {"type": "object", "properties": {"b": CITY}, "required": ["b"], "additionalProperties": False},
                ]
            },
            "outermost",
            {"properties": {"a": CITY, "b": CITY}, "additionalProperties": False, "type": "object"},
        ),
    ],
    ids=["reference", "null in a list", "constant", "all of", "one of objects"],
)  # fmt: skip
def test_how_schemas_are_fitted(schema: Any, name: str, told: Any) -> None:
    assert fit(schema, name, outermost_object=True) == told


def test_what_is_the_rest_of_a_list_for_one_schema_is_not_for_both() -> None:
    both = [{"prefixItems": [True]}, {"prefixItems": [True, True], "items": {"type": "number"}}]
    told = fit(
        {"type": "object", "properties": {"a": {"allOf": both}}, "anyOf": [True]}, "outermost", outermost_object=True
    )
    assert told["properties"] == {"a": {}}


def test_a_schema_that_contains_itself_is_written_out_twice_and_then_open() -> None:
    tree = {"type": "object", "properties": {"value": {"type": "string"}, "next": {"$ref": "#"}}}
    once = {"value": {"type": "string"}}
    told = fitted(msgspec.json.encode(tree), subsets()["gemini"])
    assert msgspec.json.decode(told.schema) == {
        "type": "object",
        "properties": once
        | {
            "next": {
                "type": "object",
                "properties": once | {"next": {"type": "object", "properties": once | {"next": {}}}},
            }
        },
    }
    assert told.dropped == ("$ref",)


def test_a_plain_schema_stays_letter_by_letter_where_only_the_outermost_counts() -> None:
    schema = b'{ "type":"object", "properties":{"a":{"$ref":"#/$defs/x"}}, "$defs":{"x":{"not":{}}} }'
    assert fitted(schema, subsets()["outermost"]) == (schema, (), True, False)


@pytest.mark.parametrize(
    ("schema", "fits"),
    [
        ({"type": "object", "properties": {"a": CITY}, "required": ["a"], "additionalProperties": False}, True),
        ({"type": "object", "properties": {"a": CITY}, "additionalProperties": False}, False),
        ({"type": "object", "properties": {"a": CITY}, "required": ["a"]}, False),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}, False),
    ],
    ids=["closed", "optional", "open", "anything"],
)
def test_strictness_is_kept_only_where_it_does_not_change_what_the_caller_gets(schema: Any, fits: bool) -> None:
    assert fitted(msgspec.json.encode(schema), subsets()["openai-strict"]).fits is fits


def test_a_schema_that_grows_without_end_is_bounded() -> None:
    defs = {f"d{n}": {"properties": {f"p{m}": {"$ref": f"#/$defs/d{(n + m) % 9}"} for m in range(9)}} for n in range(9)}
    schema = msgspec.json.encode({"$ref": "#/$defs/d0", "$defs": defs})
    assert len(fitted(schema, subsets()["gemini"]).schema) < 500_000


def test_every_subset_says_where_it_is_from() -> None:
    assert {name for name, one in subsets().items() if isinstance(one, Subset) and one.source and one.seen} == set(
        SUBSETS
    )


def test_examples_are_told_of_and_shown_in_words_and_comments_are_neither() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "examples": ["x"], "$comment": "y"}}}
    told = fitted(msgspec.json.encode(schema), subsets()["gemini"])
    assert told.dropped == ("examples",)
    assert msgspec.json.decode(told.schema)["properties"]["a"] == {"type": "string", "description": '(examples: ["x"])'}
