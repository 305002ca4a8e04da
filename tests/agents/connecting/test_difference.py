"""What is shown of a change holds no secret of the file."""

from pathlib import Path

import pytest

from minga.agents.connecting.difference import WIDTH_MAX, difference, masked
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
        ("url = 'postgres://ana:hunter2@host/db'", "url = 'postgres://ana:…@host/db'"),
        ('"note": "sk-ant-api03-abcdefgh"', '"note": "…"'),
        ('{"a":{"password":"x\\"y"},"b":1}', '{"a":{"password":"…"},"b":1}'),
        ('env_key = "MINGA_KEY"', 'env_key = "MINGA_KEY"'),
        ('"apiKey": "{env:MINGA_KEY}"', '"apiKey": "{env:MINGA_KEY}"'),
        ('"apiKeyHelper": "printenv MINGA_KEY"', '"apiKeyHelper": "printenv MINGA_KEY"'),
        ('"command": "/home/ana/.local/share/pipx/venvs/minga/bin/minga"',) * 2,
        ('"mcp__minga__legal_deadlines",',) * 2,
    ],
)
def test_a_value_of_a_name_that_sounds_like_a_secret_is_hidden(line: str, shown: str) -> None:
    assert masked(line) == shown


def test_context_lines_and_lines_that_go_are_masked_too() -> None:
    shown = difference(plan(b'a = 1\ntoken = "one"\n', b'a = 2\ntoken = "two"\n'))
    assert shown.splitlines() == ["--- /there", "+++ /there", "@@ -1,2 +1,2 @@", "-a = 1", "+a = 2", ' token = "…"']


def test_a_file_in_one_endless_line_is_shown_shortened() -> None:
    longest = max(map(len, difference(plan(None, b"x " * 100_000)).splitlines()))
    assert longest < WIDTH_MAX + 10
