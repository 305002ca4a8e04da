"""What is shown of a change holds no secret of the file."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.agents.connecting.difference import difference, masked
from minga.agents.connecting.planning import FilePlan


def plan(before: bytes | None, after: bytes | None) -> FilePlan:
    return FilePlan(Path("/there"), Path("/there"), before, after, None)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('  "apiKey": "abc def",', '  "apiKey": "…",'),
        ("GITHUB_TOKEN = 'x'", "GITHUB_TOKEN = '…'"),
        ('"args": ["--token", "hunter2"]', '"args": ["--token", "…"]'),
        ('"args": ["--api-key=hunter2"]', '"args": ["--api-key=…"]'),
        ('"Authorization": "Bearer zzz"', '"Authorization": "…"'),
        (
            'args = ["mcp-remote", "https://x", "--header", "Authorization: Bearer lin-aaaa1111"]',
            'args = ["mcp-remote", "https://x", "--header", "Authorization: …"]',
        ),
        ('x = "Bearer lin-aaaa1111"', 'x = "Bearer …"'),
        ("""env = '{"token": "hunter2 and more"}'""", """env = '{"token": "…"'"""),
        ('GITHUB_PAT = "hunter22"', 'GITHUB_PAT = "…"'),
        ('"secret": ["one", "tw]o"], "b": 1', '"secret": […], "b": 1'),
        ("client_secret = [\n  'one',\n  'two',\n]\na = 1", "client_secret = […\n…\n…\n…]\na = 1"),
        ('"secret": [["one"], // it\'s\n"two"], "b": 1', '"secret": […\n…], "b": 1'),
        ('"command": "curl --password hunter2 https://x"', '"command": "curl --password … https://x"'),
        ('"--token",\n    "hunter2"', '"--token",\n    "…"'),
        ('"token":\n    "hunter2"', '"token":\n    "…"'),
        ('password = """\none "two"\n"""\nb = 1', 'password = """…\n…\n…"""\nb = 1'),
        ("passphrase = 'x y'", "passphrase = '…'"),
        ('dbPwd: "x"', 'dbPwd: "…"'),
        ('contraseña = "x"', 'contraseña = "…"'),
        ('"clave": "x"', '"clave": "…"'),
        ('"https://abcdefgh@host/x"', '"https://…@host/x"'),
        ('"ssh://git@host/x"',) * 2,
        ('"hf_abcdefghijklmnopqrstuv"', '"…"'),
        ('"npm_abcdefghijklmnopqrstuv"', '"…"'),
        ('"npm_config_registry_of_the_person"',) * 2,
        ('"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKE1"', '"…"'),
        ('"/usr/Lib/python3/Site/Packages/Minga/thing"',) * 2,
        ('"-----BEGIN PRIVATE KEY-----\\nabc\\n-----END PRIVATE KEY-----\\n"', '"-----BEGIN …\\n"'),
        ("a = 1\n-----BEGIN X-----\nabc\n-----END X-----\nb = 1", "a = 1\n-----BEGIN …\n…\n…\nb = 1"),
        ("# where is the key:\n[a]\nb = 1",) * 2,
        ("url = 'postgres://ana:hunter2@host/db'", "url = 'postgres://ana:…@host/db'"),
        ('"note": "sk-ant-api03-abcdefgh"', '"note": "…"'),
        ('{"a":{"password":"x\\"y"},"b":1}', '{"a":{"password":"…"},"b":1}'),
        ('env_key = "MINGA_KEY"', 'env_key = "MINGA_KEY"'),
        ('"apiKey": "{env:MINGA_KEY}"', '"apiKey": "{env:MINGA_KEY}"'),
        ('"apiKeyHelper": "printenv MINGA_KEY"', '"apiKeyHelper": "printenv MINGA_KEY"'),
        ('"command": "/home/ana/.local/share/pipx/venvs/minga/bin/minga"',) * 2,
        ('"mcp__minga__legal_deadlines",',) * 2,
        ('env = { LOG = "info", API_KEY = "hunter2" }', 'env = { LOG = "info", API_KEY = "…" }'),
        ('A = "b", TOKENS = ["s1","s2"]', 'A = "b", TOKENS = […]'),
        ('{"a": "b", apiKey: "s"}', '{"a": "b", apiKey: "…"}'),
        ("'a': 'b', token: 's'", "'a': 'b', token: '…'"),
    ],
)
def test_a_value_of_a_name_that_sounds_like_a_secret_is_hidden(line: str, shown: str) -> None:
    assert masked(line) == shown


SHOWN = [
    'LOG = "info"',
    "'it': 'b'",
    '"a\\"": "b"',
    "n = 1",
    '"it\'s"',
    "d = 'say \"'",
    'x = ""',
    '["one", "two"]',
    '{"e": {}}',
]
SECRETS = ['"hunter2"', "'hunter2'", '["a", "hunter2"]', '"a, hunter2"', '"\\"hunter2"', '"""hunter2"""', "hunter2"]


@settings(max_examples=300, deadline=None)
@given(
    before=st.lists(st.sampled_from(SHOWN)),
    name=st.sampled_from(["API_KEY", "token", "db.password", "TOKENS", "apiKey", "x-auth"]),
    quote=st.sampled_from(["", '"', "'"]),
    equals=st.sampled_from(["=", " = ", ":", ": "]),
    secret=st.sampled_from(SECRETS),
    after=st.lists(st.sampled_from(SHOWN), max_size=2),
    joint=st.sampled_from([", ", ",", "\n", ",\n  "]),
    around=st.sampled_from(
        [("", ""), ("env = { ", " }"), ("# it's so\n", "# isn't it"), ('{"', '"}'), ('a = """\n', '\n"""')]
    ),
)
def test_a_secret_behind_its_name_is_shown_nowhere(
    before: list[str],
    name: str,
    quote: str,
    equals: str,
    secret: str,
    after: list[str],
    joint: str,
    around: tuple[str, str],
) -> None:
    items = [*before, f"{quote}{name}{quote}{equals}{secret}", *after]
    shown = masked(joint.join(items).join(around))
    assert "hunter2" not in shown
    assert "…" in shown


def test_context_lines_and_lines_that_go_are_masked_too() -> None:
    shown = difference(plan(b'a = 1\ntoken = "one"\nb = 1', b'token = "one"\nb = 1\nkey = "two"\n')).splitlines()
    assert shown[:2] == ["--- /there", "+++ /there"]
    assert shown[3:] == ["-a = 1", ' token = "…"', " b = 1", '+key = "…"']


def test_a_value_of_several_lines_is_hidden_in_each_of_them() -> None:
    before = b'[x]\npassword = """\none\ntwo\nthree\nfour\n"""\n'
    shown = difference(plan(before, before + b"b = 1\n")).splitlines()
    assert shown[3:] == [" …", " …", ' …"""', "+b = 1"]


def test_empty_lines_at_the_end_are_lines_too() -> None:
    before = b"-----BEGIN X-----\nabc\n\n\n"
    shown = difference(plan(before, before + b"b = 1\n")).splitlines()
    assert shown[3:] == [" …", " …", " …", "+…"]


def test_line_numbers_are_those_of_the_whole_file() -> None:
    lines = [f"line {number}" for number in range(1, 101)]
    after = [*lines[:90], "new", *lines[90:]]
    shown = difference(plan("\n".join(lines).encode(), "\n".join(after).encode())).splitlines()
    assert shown[2:] == [
        "@@ -88,6 +88,7 @@",
        *(f" line {n}" for n in (88, 89, 90)),
        "+new",
        " line 91",
        " line 92",
        " line 93",
    ]


def test_of_a_file_in_one_endless_line_what_changes_is_shown_and_no_more() -> None:
    before = '{"a": [' + ", ".join(f'{{"token": "{number:040}"}}' for number in range(50_000)) + "]}"
    after = before[:-1] + ', "mcpServers": {"minga": {}}}'
    shown = difference(plan(before.encode(), after.encode())).splitlines()
    assert shown[2:] == ["@@ -1 +1 @@", "-…", '+… , "mcpServers": {"minga": {}} …']
