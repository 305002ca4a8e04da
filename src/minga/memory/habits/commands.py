"""Commands of a shell, without what differs each time."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

LENGTH_MAX = 120

CACHED = 1 << 12
"""Command lines: in one project most are run again and again."""

_WORDS = re.compile(r"(?:[^\s\"']|\"[^\"]*\"|'[^']*')+|\S+")
_WRAPPED = re.compile(r"^(?:/\w+)*/?(?:ba|z|da)?sh -l?c (.+)$")
_JOINS = ("&&", "||")
_ASSIGNMENT = re.compile(r"^[A-Za-z_]\w*=")
_PLACE = re.compile(r"[/~\\]|^\.+$|\w\.[a-z]\w{0,5}$|::")
_SHORT = re.compile(r"^-[A-Za-z]$")
"""What follows such an option is most often its value."""
_DIFFERS = re.compile(r"^(?:\W*\d[\d.,:_-]*\w?|[0-9a-f]{7,64}|.*[\"'$*{}<>@].*|.*://.*|.{41,})$")
_PREPARES = frozenset(("cd", "export", "source", ".", "set", "pushd", "sleep", "echo", "true", "time"))
_READS = frozenset(
    (
        "ls", "cat", "head", "tail", "grep", "rg", "find", "sed", "awk", "wc", "pwd", "which", "tree", "less", "stat",
        "file", "env", "date", "df", "du", "ps", "jq", "sort", "uniq", "diff",
        "curl", "wget", "nc", "ping", "dig", "git status", "git log", "git diff", "git show", "git branch",
    )
)  # fmt: skip
"""Programs that only look: everybody runs them, and nothing follows from how they end."""

VARIES = "…"


@dataclass(frozen=True, slots=True)
class Command:
    """``told`` as it would be told; ``words`` are all of it, from the program on. ``only_reads``: nothing is made."""

    told: str
    words: tuple[str, ...]
    only_reads: bool

    @property
    def whole(self) -> str:
        return " ".join(self.words)[:LENGTH_MAX]

    @property
    def program(self) -> str:
        """With what it is told to do (`git push`), and the module that Python runs."""
        if self.words[1:2] == ("-m",):
            return " ".join(self.words[:3])
        has_verb = len(self.words) > 1 and not self.words[1].startswith("-") and _same(self.words[1]) == self.words[1]
        return " ".join(self.words[: 1 + has_verb])

    @property
    def options(self) -> tuple[str, ...]:
        """With their values; what it is done to is not among them."""
        found: list[str] = []
        for before, word in pairwise(self.words):
            if word.startswith("-") or (before.startswith("-") and "=" not in before):
                found.append(word)
        return tuple(found)


@lru_cache(maxsize=CACHED)
def command(text: str) -> Command | None:
    """None where ``text`` runs no program of its own."""
    wrapped = _WRAPPED.match(text.strip())
    text = wrapped[1].strip("'\"") if wrapped else text.strip().removeprefix("$ ")
    pieces = [words for piece in _pieces(text) if (words := _of_program(piece)) and words[0] not in _PREPARES]
    if not pieces:
        return None
    told = " && ".join(_told(words) for words in pieces)[:LENGTH_MAX]
    whole = tuple(word for number, piece in enumerate(pieces) for word in (["&&"] if number else []) + piece)
    return Command(told, whole, all(piece[0] in _READS or " ".join(piece[:2]) in _READS for piece in pieces))


def _pieces(text: str) -> list[list[str]]:
    """What runs one after the other, each in words; what is quoted is one word."""
    pieces: list[list[str]] = [[]]
    for word in _WORDS.findall(text):
        if word.rstrip(";"):
            pieces[-1].append(word.rstrip(";")) if word not in _JOINS else pieces.append([])
        if word.endswith(";"):
            pieces.append([])
    return pieces


def _of_program(piece: list[str]) -> list[str]:
    """From the program on, up to a pipe; the program without its directory, and without what runs it."""
    words: list[str] = []
    for word in piece:
        if word in ("|", "|&") or word.startswith((">", "2>", "&>", "<")):
            break
        if words or not (_ASSIGNMENT.match(word) or word in ("sudo", "time", "nohup", "exec")):
            words.append(word)
    return [words[0].rpartition("/")[2] or words[0], *words[1:]] if words else []


def _told(words: list[str]) -> str:
    told = [words[0]]
    for before, word in pairwise(words):
        is_module = before == "-m" and words[0].startswith("python")
        is_value = _SHORT.match(before) and not word.startswith("-")
        told.append(word if is_module else VARIES if is_value else _same(word))
    return " ".join(key for key, _ in groupby(told))


def _same(word: str) -> str:
    """What of a word is the same the next time."""
    name, equals, _ = word.partition("=")
    if equals and name.startswith("-"):
        return f"{name}={VARIES}"
    if word.startswith("-"):
        return re.sub(r"\d+$", VARIES, word) if len(word) <= 40 else VARIES
    return VARIES if _DIFFERS.match(word) or _PLACE.search(word) or equals else word
