"""What is put into a configuration file can be taken out again, and nothing else of it changes."""

import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.agents.connecting import edits
from minga.agents.connecting.edits import Edit
from minga.agents.connecting.json_text import parse

SERVER = {"command": "/usr/bin/minga", "args": ["mcp"], "env": {"MINGA_HOME": "/there"}}
JSON_EDITS = (
    Edit(("mcpServers", "minga"), SERVER),
    Edit(("permissions", "allow"), "mcp__minga__search", is_element=True),
    Edit(("permissions", "allow"), "mcp__minga__read", is_element=True),
    Edit(("env", "ENABLE_TOOL_SEARCH"), "false"),
    Edit(("permission", "minga_*"), "ask"),
    Edit(("permission", "minga_read"), "allow"),
)
TOML_EDITS = (
    Edit(("mcp_servers", "minga"), SERVER | {"required": True}),
    Edit(("model_provider",), "minga"),
    Edit(("model_providers", "minga"), {"name": "Minga", "base_url": "http://127.0.0.1:8484/v1"}),
    Edit(("features", "code_mode", "direct_only_tool_namespaces"), "mcp__minga", is_element=True),
)

blanks = st.lists(
    st.sampled_from([" ", "\n", "\t", "  ", "\r\n", '// one " comment {\n', "/* two */", "/* , } */", "\n\n    "]),
    max_size=3,
).map("".join)
keys = st.sampled_from(
    ["mcpServers", "permissions", "allow", "env", "minga", "permission", "a", "ñ", "b\\n", "minga_read"]
)
plain = st.sampled_from(["1", "-2.5e3", "true", "null", '"x"', '"// no comment"', '"}"', '"\\"\\\\"', '"ñ"'])


@st.composite
def json_values(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(plain)
    return draw(containers(draw(st.booleans()), depth))


@st.composite
def containers(draw: st.DrawFn, is_object: bool, depth: int) -> str:
    """With comments everywhere, and a comma at the end or none."""
    names = draw(st.lists(keys, max_size=3, unique=True)) if is_object else [""] * draw(st.integers(0, 3))
    pieces = []
    for name in names:
        label = f'"{name}"{draw(blanks)}:{draw(blanks)}' if is_object else ""
        deep = draw(containers(True, depth - 1)) if is_object and depth > 1 and name in OBJECTS else None
        if name == "allow":
            deep = draw(containers(False, depth - 1)) if depth > 1 else "[]"
        pieces.append(
            f"{draw(blanks)}{label}{deep or ('{}' if name in OBJECTS else draw(json_values(depth - 1)))}{draw(blanks)}"
        )
    comma = "," if pieces and draw(st.booleans()) else ""
    body = ",".join(pieces) + comma + draw(blanks)
    return f"{{{body}}}" if is_object else f"[{body}]"


OBJECTS = ("mcpServers", "permissions", "env", "permission")


@st.composite
def json_documents(draw: st.DrawFn) -> str:
    bom = draw(st.sampled_from(["", "\ufeff"]))
    return bom + draw(blanks) + draw(containers(True, 4)) + draw(blanks)


@settings(max_examples=80, deadline=None)
@given(json_documents(), st.permutations(JSON_EDITS))
def test_json_is_the_same_after_all_edits_were_taken_back(text: str, given_edits: list[Edit]) -> None:
    after, changes = edits.apply(text, given_edits, "json")
    meaning = parse(after.removeprefix("\ufeff")).value
    assert meaning["mcpServers"]["minga"] == SERVER
    assert {"mcp__minga__search", "mcp__minga__read"} <= set(map(str, meaning["permissions"]["allow"]))
    assert not edits.missing(after, changes, "json")
    assert edits.undo(after, changes, "json") == text
    assert edits.apply(after, given_edits, "json") == (after, [])


@pytest.mark.parametrize(
    ("before", "other"),
    [
        (None, ', "other"'),
        ("[]", ', "other"'),
        ('["mine"]', ', "other"'),
        ('[ "mine", # one\n]', '\n  , "other" # two\n'),
    ],
)
def test_of_a_list_of_toml_only_the_element_goes(before: str | None, other: str) -> None:
    text = f"[a]\nlist = {before}\n" if before else ""
    after, changes = edits.apply(text, [Edit(("a", "list"), "minga", is_element=True)], "toml")
    more = after.replace('"minga"', '"minga"' + other)
    assert not edits.missing(more, changes, "toml")
    left = edits.undo(more, changes, "toml")
    assert tomllib.loads(left)["a"]["list"] == [*(["mine"] if before and "mine" in before else []), "other"]
    assert ("# two" in left) is ("# two" in other)
    gone = edits.undo(after.replace('"mine", ', ""), changes, "toml")
    assert "minga" not in gone


def test_a_comment_that_a_person_put_into_a_table_stays() -> None:
    text = "a = 1\n"
    after, changes = edits.apply(text, [TOML_EDITS[0]], "toml")
    more = after.replace("required", "# mine\nrequired")
    assert edits.undo(more, changes, "toml") == text + "\n# mine\n"
    text = 'list = ["mine"]\n'
    after, changes = edits.apply(text, [Edit(("list",), "minga", is_element=True)], "toml")
    assert edits.undo(after.replace(', "', ',\n# here\n"'), changes, "toml") == text


WHOLE = [
    "# a comment [not.a.table]",
    "",
    'model = "x" # [mcp_servers.minga]',
    'long = """\n[mcp_servers.minga]\n# no\n"""',
    "raw = '''\n[x]\n'''",
    "list = [\n  1, # ]\n  2,\n]",
    'inline = { a = 1, "b]" = "}" }',
    "model_provider = 'openai'",
    "dotted.key = 1979-05-27",
]
TABLES = [
    "[features]\nx = true # y",
    "[features.code_mode] # z\nenabled = false",
    '[features.code_mode]\ndirect_only_tool_namespaces = ["mine", # one\n]',
    "[mcp_servers.other]\ncommand = 'x'",
    "[[things]]\nname = 1",
    '["quoted.key"."]"]\na = 1',
    "[projects.'/x']\ntrust = true # yes",
]


@st.composite
def toml_documents(draw: st.DrawFn) -> str:
    lines = draw(st.lists(st.sampled_from(WHOLE), max_size=5, unique=True))
    tables = draw(st.lists(st.sampled_from(TABLES), max_size=3, unique_by=lambda table: table[:15]))
    text = "\n".join([*lines, *tables]) + draw(st.sampled_from(["", "\n", "\n\n", "\n# end", "\n   "]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text


@settings(max_examples=80, deadline=None)
@given(toml_documents(), st.permutations(TOML_EDITS))
def test_toml_is_the_same_after_all_edits_were_taken_back(text: str, given_edits: list[Edit]) -> None:
    after, changes = edits.apply(text, given_edits, "toml")
    body = text.removeprefix("\ufeff")
    meaning = tomllib.loads(after.removeprefix("\ufeff"))
    wanted: dict[str, Any] = tomllib.loads(body)
    wanted.setdefault("mcp_servers", {})["minga"] = TOML_EDITS[0].value
    wanted |= {"model_provider": "minga", "model_providers": {"minga": TOML_EDITS[2].value}}
    mode = wanted.setdefault("features", {}).setdefault("code_mode", {})
    mode["direct_only_tool_namespaces"] = [*mode.get("direct_only_tool_namespaces", []), "mcp__minga"]
    assert meaning == wanted
    assert edits.undo(after, changes, "toml") == text
    assert edits.apply(after, given_edits, "toml") == (after, [])
