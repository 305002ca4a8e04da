"""A change of a configuration file as a person may see it: a unified diff in which no secret stands."""

import difflib
import re

from minga.agents.connecting.planning import FilePlan

HIDDEN = "…"

WIDTH_MAX = 400

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
    shown = difflib.unified_diff([*map(masked, before)], [*map(masked, after)], names[0], names[1], lineterm="")
    if masked("\n".join(before)) == masked("\n".join(after)) and plan.changes:
        return f"--- {names[0]}\n+++ {names[1]}\n"
    return "".join(f"{_short(line)}\n" for line in shown)


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


def _short(line: str) -> str:
    """A file in one line of a megabyte: its beginning and its end."""
    if len(line) <= WIDTH_MAX:
        return line
    half = WIDTH_MAX // 2
    return f"{line[:half]} {HIDDEN} {line[-half:]}"
