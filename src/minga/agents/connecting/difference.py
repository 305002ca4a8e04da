"""A change of a configuration file as a person may see it: a unified diff in which no secret stands."""

import difflib
import re
from collections.abc import Sequence

from minga.agents.connecting.planning import FilePlan

HIDDEN = "…"

WIDTH_MAX = 1000
"""Characters of a line that is shown whole."""

CONTEXT = 3
"""Lines around a change, as in any unified diff."""

_HUNK = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")

_NAME = r"[\w.\-]*(?:KEY|TOKEN|SECRET|PASSW|PASS\b|CREDENTIAL|AUTH|COOKIE|BEARER|SIGNATURE|\bPAT\b)[\w.\-]*"
_PAIR = re.compile(
    rf"""(?P<name>["']?{_NAME}["']?\s*[:=]\s*)(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;{{}}\[\]"']+)""", re.IGNORECASE
)
_ARGUMENT = re.compile(
    rf"""(?P<name>["']-{{1,2}}{_NAME}["']\s*,\s*)(?P<value>"(?:[^"\\]|\\.)*"|'[^']*')""", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?P<name>\w+://[^\s/@:\"']*:)(?P<value>[^\s/@\"']+)(?=@)")
_TOKEN = re.compile(
    r"\b(?:sk-|ghp_|gho_|github_pat_|glpat-|xox[abp]-|AIza|AKIA|ya29\.|eyJ)[\w.\-/+=]{6,}|"
    r"(?<![\w./\\-])(?=[\w+=]*\d)(?=[\w+=]*[A-Za-z])[\w+=]{28,}(?![\w./\\-])"
)
_VARIABLE = re.compile(r"""["']?(?:\$\{?\w+\}?|\{env:\w+\})["']?""")
"""A variable's name in the place of a value: no secret."""

_OPEN = re.compile(
    r"env_key|key_variable|envKey|env_vars|bearer_token_env_var|apiKeyHelper|printenv|token_env", re.IGNORECASE
)
"""Names whose values are names of variables, or programs."""


def difference(plan: FilePlan) -> str:
    """Empty where nothing changes. Lines end in a newline."""
    before, after = _lines(plan.before), _lines(plan.after)
    names = [str(plan.path) if content is not None else "/dev/null" for content in (plan.before, plan.after)]
    skipped = max(_shared(before, after) - CONTEXT, 0)  # what is the same before the first change
    shown = [*difflib.unified_diff(before[skipped:], after[skipped:], names[0], names[1], lineterm="", n=CONTEXT)]
    if not shown:
        return f"--- {names[0]}\n+++ {names[1]}\n" if plan.changes else ""
    head, rest = shown[:2], _shorter(shown[2:])
    return "".join(f"{line}\n" for line in [*head, *(_moved(masked(line), skipped) for line in rest)])


def masked(line: str) -> str:
    """The line without values of names that sound like secrets, and without what looks like one."""
    for pattern in (_PAIR, _ARGUMENT, _ADDRESS):
        line = pattern.sub(_hide, line)
    return _TOKEN.sub(HIDDEN, line)


def _hide(match: re.Match[str]) -> str:
    value = match["value"]
    if _OPEN.search(match["name"]) or _VARIABLE.fullmatch(value) or value in ("true", "false", "null", "{", "["):
        return match[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{match['name']}{quote}{HIDDEN}{quote}"


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode("utf-8", "replace").removeprefix("\ufeff").splitlines()


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items both begin with."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _moved(line: str, by: int) -> str:
    """The line numbers of a hunk whose file begins ``by`` lines earlier."""
    found = _HUNK.match(line)
    if found is None:
        return line
    return f"@@ -{int(found[1]) + by}{found[2] or ''} +{int(found[3]) + by}{found[4] or ''} @@"


def _shorter(lines: Sequence[str]) -> list[str]:
    """Of endless lines (a file in one line) only what differs from the line that takes its place is shown: where text is
    cut, a secret might lose its name. Other endless lines are shown as one sign."""
    shown: list[str] = []
    for place, line in enumerate(lines):
        other = lines[place + 1] if line[0] == "-" and place + 1 < len(lines) else lines[place - 1] if place else ""
        if len(line) <= WIDTH_MAX:
            shown.append(line)
        elif {line[0], other[:1]} == {"-", "+"}:
            shown.append(line[0] + _differing(line[1:], other[1:]))
        else:
            shown.append(line[0] + HIDDEN)
    return shown


def _differing(line: str, other: str) -> str:
    begin = _shared(line, other)
    end = min(_shared(line[::-1], other[::-1]), min(len(line), len(other)) - begin)
    middle = line[begin : len(line) - end]
    return f"{HIDDEN} {middle} {HIDDEN}" if 0 < len(middle) <= WIDTH_MAX else HIDDEN
