"""A schema fitted to a part of JSON Schema: never narrower, and only of words that the part has."""

from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from minga.providers.translation.quirks import subsets
from minga.providers.translation.schema_subset import Subset, fitted

SUBSETS = ["gemini", "openai-strict", "outermost", "plain"]

NAMES = st.sampled_from(["a", "b", "c"])

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, "", "a", "b", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)

TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])


def demands(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    small = st.integers(0, 3)
    some = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(NAMES, inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            "enum": st.lists(VALUES, min_size=1, max_size=3),
            "const": VALUES,
            "properties": named,
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b$"]), inner, max_size=2),
            "additionalProperties": inner,
            "required": st.lists(NAMES, max_size=2, unique=True),
            "items": inner,
            "prefixItems": some,
            "minItems": small,
            "maxLength": small,
            "minimum": small,
            "maximum": st.integers(-2, 2),
            "pattern": st.just("^a"),
            "anyOf": some,
            "oneOf": some,
            "allOf": some,
            "not": inner,
            "if": inner,
            "then": inner,
            "$ref": st.sampled_from(["#/$defs/a", "#/$defs/b", "#"]),
            "unevaluatedProperties": inner,
            "description": st.just("why"),
        },
    )


SCHEMAS = st.recursive(st.booleans() | demands(st.booleans()), demands, max_leaves=5)

ROOTS = st.builds(
    lambda root, defs: {**root, "$defs": defs}, demands(SCHEMAS), st.fixed_dictionaries({"a": SCHEMAS, "b": SCHEMAS})
)


def fit(schema: object, name: str, *, outermost_object: bool = False) -> Any:
    return msgspec.json.decode(
        fitted(msgspec.json.encode(schema), subsets()[name], outermost_object=outermost_object).schema
    )


def allows(schema: Any, value: object) -> bool:
    return bool(jsonschema_rs.Draft202012Validator(schema).is_valid(value))


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


@settings(max_examples=150)
@given(root=ROOTS, values=st.lists(VALUES, min_size=1, max_size=12), name=st.sampled_from(SUBSETS))
def test_what_the_schema_allowed_is_allowed_still(root: dict[str, Any], values: list[object], name: str) -> None:
    assume(not loops(root))
    told = fit(root, name)
    as_arguments = fit(root, name, outermost_object=True)
    for value in values:
        if allows(root, value):
            assert allows(told, value)
            assert not isinstance(value, dict) or allows(as_arguments, value)


@settings(max_examples=100)
@given(root=ROOTS, name=st.sampled_from([name for name in SUBSETS if name != "outermost"]))
def test_only_words_of_the_part_are_left_and_fitting_again_changes_nothing(root: dict[str, Any], name: str) -> None:
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


@given(
    given_=st.recursive(
        VALUES,
        lambda inner: st.dictionaries(
            st.sampled_from(
                ["type", "properties", "required", "anyOf", "allOf", "items", "enum", "minimum", "$ref", "format"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    )
)
@example({"allOf": [{"required": [[1]]}, {"required": [{}], "minimum": "a"}, {"minimum": None}]})
def test_a_schema_of_nonsense_breaks_nothing(given_: Any) -> None:
    for name in SUBSETS:
        if isinstance(given_, dict):
            assert isinstance(fit(given_, name), dict)
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
    assert fitted(schema, subsets()["outermost"]) == (schema, (), True)


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
    assert {name for name, one in subsets().items() if isinstance(one, Subset) and "http" in one.source} == set(SUBSETS)
