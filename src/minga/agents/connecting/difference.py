"""A change of a configuration file as a person may see it: a unified diff in which no secret stands."""

import difflib
import re
from collections.abc import Iterator, Sequence

from minga.agents.connecting.planning import FilePlan

HIDDEN = "…"

WIDTH_MAX = 1000
"""Characters of a line that is shown whole."""

CONTEXT = 3
"""Lines around a change, as in any unified diff."""

_HUNK = re.compile(r"@@ -(\d+)(,\d+)? \+(\d+)(,\d+)? @@")

_NAME = (
    r"(?<![\w.\-])[\w.\-]{0,80}(?:KEY|TOKEN|SECRET|PASSW|PASSPHRASE|PASS(?![A-Z])|PWD|CONTRASE[ÑN]A|CLAVE|CREDENTIAL|AUTH"
    r"|COOKIE|BEARER|SIGNATURE|(?<![A-Z])PAT(?![A-Z]))[\w.\-]{0,80}"
)
_TEXT = r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'"""
_LONG = r"""\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}.*?'{3}"""
_ITEM = rf"""{_TEXT}|[^\[\]]"""
_LIST = rf"""\[(?:{_ITEM}|\[(?:{_ITEM})*+\])*+\]"""
_PAIR = re.compile(
    rf"""(?P<name>{_NAME}(?:["']\s*[:=]\s*|[ \t]*[:=][ \t]*))(?P<value>{_LONG}|{_TEXT}|{_LIST}|[^\s,;{{}}\[\]"']+)""",
    re.IGNORECASE | re.DOTALL,
)
_ARGUMENT = re.compile(rf"""(?P<name>["']{_NAME}["']\s*,\s*)(?<=[,\s])(?P<value>{_TEXT})""", re.IGNORECASE)
_SPOKEN = re.compile(rf"""(?P<name>(?=-){_NAME} +)(?P<value>[^\s"',\]]+)""", re.IGNORECASE)
"""An argument of a command that is written as one text."""

_OPEN_TEXT = re.compile(r"""(?P<text>"(?:[^"\\\n]|\\.)*|'[^'\n]*)(?P<end>["']?)""")
"""From a quotation mark through the next one, or to the end of the line."""

_PAIR_WITHIN = re.compile(
    rf"""(?P<name>{_NAME}\\?["']?\s*[:=]\s*+)(?P<value>(?![\s\[{{(,]*\Z).+)""",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(r"""(?P<name>\b(?:Bearer|Basic)\s+)(?P<value>[^\s"']{6,})""", re.IGNORECASE)
_ADDRESS = re.compile(r"(?P<name>\b\w+://(?:[^\s/@:\"']*:)?)(?P<value>[^\s/@\"']+)(?=@)")
_PEM = re.compile(r"(?P<name>-----BEGIN )(?P<value>.*?(?:-----END [^-]*-----|\Z))", re.DOTALL)
_TOKEN = re.compile(
    r"\b(?:sk-|gh[opsur]_|github_pat_|glpat-|xox[abepr]-|AIza|AKIA|ya29\.|eyJ)[\w.\-/+=]{6,}|"
    r"\b(?:hf|npm)_[A-Za-z0-9]{20,}|"
    r"(?<![\w./\\-])(?=[\w+=]*\d)(?=[\w+=]*[A-Za-z])[\w+=]{28,}(?![\w./\\-])|"
    r"(?<![\w./\\~-])(?=[\w+/=]*\d)(?=[\w+/=]*[A-Z])(?=[\w+/=]*[a-z])[\w+=][\w+/=]{27,}(?![\w./\\-])"
)
_VARIABLE = re.compile(r"""["']?(?:\$\{?\w+\}?|\{env:\w+\})["']?""")
"""A variable's name in the place of a value: no secret."""

_OPEN = re.compile(
    r"env_key|key_variable|envKey|env_vars|bearer_token_env_var|apiKeyHelper|printenv|token_env", re.IGNORECASE
)
"""Names whose values are names of variables, or programs."""

_QUOTES = re.compile(r"""\"{3}|'{3}|["'\[]""")
_CLOSING = {"[": "]"}


def difference(plan: FilePlan) -> str:
    """Empty where nothing changes. Lines end in a newline."""
    before, after = _lines(plan.before), _lines(plan.after)
    names = [str(plan.path) if content is not None else "/dev/null" for content in (plan.before, plan.after)]
    skipped = max(_shared(before, after) - CONTEXT, 0)  # what is the same before the first change
    shown = [*difflib.unified_diff(before[skipped:], after[skipped:], names[0], names[1], lineterm="", n=CONTEXT)]
    if not shown:
        return f"--- {names[0]}\n+++ {names[1]}\n" if plan.changes else ""
    masks = [_masked_lines(lines)[skipped:] for lines in (before, after)]
    rest = _shorter(list(_with_masks(shown[2:], masks[0], masks[1])))
    return "".join(f"{line}\n" for line in [*shown[:2], *(_moved(line, skipped) for line in rest)])


def masked(text: str) -> str:
    """The text, with as many lines, without values of names that sound like secrets, and without what looks like
    one."""
    text = _PEM.sub(_hide, text)
    text = _OPEN_TEXT.sub(lambda found: _PAIR_WITHIN.sub(_hide, found["text"]) + found["end"], text)
    for pattern in (_PAIR, _ARGUMENT, _SPOKEN, _SCHEME, _ADDRESS):
        text = pattern.sub(_hide, text)
    return _TOKEN.sub(HIDDEN, text)


def _hide(match: re.Match[str]) -> str:
    value = match["value"]
    if _OPEN.search(match["name"]) or _VARIABLE.fullmatch(value) or value in ("true", "false", "null", "git"):
        return match[0]
    hidden = "\n".join([HIDDEN] * (value.count("\n") + 1))
    found = _QUOTES.match(value)
    begin, end = (found[0], _CLOSING.get(found[0], found[0])) if found else ("", "")
    return f"{match['name']}{begin}{hidden}{end}"


def _with_masks(shown: Sequence[str], before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The lines of a diff, each as it stands in the masked file; endless ones as they are."""
    old = new = 0
    for line in shown:
        if found := _HUNK.match(line):
            old, new = int(found[1]) - (found[2] != ",0"), int(found[3]) - (found[4] != ",0")
            yield line
            continue
        is_endless = len(line) > WIDTH_MAX
        yield line if is_endless else line[0] + (before[old] if line[0] == "-" else after[new])
        old, new = old + (line[0] != "+"), new + (line[0] != "-")


def _masked_lines(lines: Sequence[str]) -> list[str]:
    """Without the endless ones, of which little is shown."""
    return masked("\n".join(line if len(line) < WIDTH_MAX else HIDDEN for line in lines)).split("\n")


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
    """Of endless lines (a file in one line) only what differs from the line that takes its place is shown: where text
    is cut, a secret might lose its name. Other endless lines are shown as one sign."""
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
    return f"{HIDDEN} {masked(middle)} {HIDDEN}" if 0 < len(middle) <= WIDTH_MAX else HIDDEN
