"""Where an answer's prose speaks of files, of lines in them, and of names in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minga.verification.claims import TEXT_MAX
from minga.verification.parts import parts

_ENDINGS = (
    "py|pyi|pyx|js|mjs|cjs|jsx|ts|tsx|vue|svelte|json|jsonc|toml|yaml|yml|md|rst|txt|cfg|ini|env|sh|bash|rs|go|java|kt|"
    "c|h|cc|cpp|hpp|cs|rb|php|html|css|scss|sql|xml|xsd|csv|tsv|proto|lock|ipynb|tf|gradle|swift|scala|lua|pl|r"
)
_PATH = rf"[A-Za-z0-9_.~/][\w.@~/+\-]{{0,200}}?\.(?:{_ENDINGS})\b(?![\w/.-]*[\w/])"
_LINES = r"(?:(?::|#L|:L)(?P<line>\d{1,7})(?:(?:-L?|–|:)(?P<end>\d{1,7}))?)"

_FILE = re.compile(rf"(?<![\w./:@~\\-])(?P<path>{_PATH}){_LINES}?(?!\w)")

_IN_WORDS = r"(?:lines?|l[ií]neas?)\s{1,3}(?P<line>\d{1,7})(?:\s?(?:-|–|to|a|y|and)\s?(?P<end>\d{1,7}))?"
_LINE_AFTER = re.compile(
    rf"(?<![\w./:@~\\-])(?P<path>{_PATH})`?[,:]?\s{{0,3}}(?:\(?(?:at|on|en|in|a|desde|from)?\s?"
    rf"(?:the |la |las )?){_IN_WORDS}",
    re.I,
)
_LINE_BEFORE = re.compile(
    rf"{_IN_WORDS}\s{{1,3}}(?:of|in|de|en|del)\s{{1,3}}(?:the |el |la )?"
    rf"(?:file |archivo |fichero )?`(?P<path>{_PATH})`",
    re.I,
)

_NAME = r"`(?P<name>[A-Za-z_][\w.]{1,100})(?:\(\w{0,40}\))?`"
_LONE_NAME = re.compile(_NAME)
_AT = rf"`(?P<path>{_PATH}){_LINES}?`"
_NAME_THEN_FILE = re.compile(
    rf"{_NAME}(?: (?:function|class|method|constant|variable))?,?\s{{1,3}}"
    r"(?:(?:is|was|are|está|se|que|which|stands?|lives?)\s{1,3}){0,2}"
    r"(?:(?:defined|declared|implemented|located|found|pinned|listed|definid[oa]|declarad[oa]|implementad[oa]|define|"
    r"encuentra|vive|ubicad[oa])\s{1,3})?"
    rf"(?:in|at|of|en|de|del)\s{{1,3}}(?:the |el |la )?(?:file |archivo |fichero |m[oó]dulo |module )?{_AT}",
    re.I,
)
_NAME_WITH_FILE = re.compile(rf"{_NAME}\s{{1,3}}\(`?(?P<path>{_PATH}){_LINES}?`?\)", re.I)
_FILE_THEN_NAME = re.compile(
    rf"{_AT}:?\s{{1,3}}(?:already )?(?:defines?|contains?|has|declares?|implements?|"
    r"define|contiene|tiene|declara|implementa)\s{1,3}"
    r"(?:the |a |an |la |el |una |un )?"
    r"(?:(?:function|class|method|constant|variable|funci[oó]n|clase|m[eé]todo|constante)\s{1,3})?"
    rf"{_NAME}",
    re.I,
)
_FILE_WITH_NAME = re.compile(rf"{_AT}\s{{1,3}}\({_NAME}\)", re.I)

_LINK = re.compile(r"\]\((?P<path>[^()\s#:?]{1,200})(?:#L(?P<line>\d{1,7})(?:-L?(?P<end>\d{1,7}))?|#[\w-]{0,80})?\)")

_DOTTED = re.compile(r"`(?P<name>[A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60}){1,6})(?:\(\w{0,40}\))?`")

_BESIDE = re.compile(r"`([A-Za-z_]\w{2,100})(?:\(\))?`|\b([A-Za-z]\w{0,50}_\w{1,50})\b")

_BLOCKS_MAX = 2_000

_LINE_MAX = 50_000

_TO_BE_MADE = re.compile(
    r"\b(?:add|adds|added|adding|creat\w{1,5}|new|writ\w{1,4}|wrote|generat\w{1,4}|mak(?:e|es|ing)|made|put|save|saved|set|"
    r"move|moved|moving|rename\w?|remov\w{1,4}|delet\w{1,4}|replac\w{1,4}|extract\w{0,3}|would|could|should|if|instead|"
    r"no|not|isn't|doesn't|don't|never|missing|without|like|e\.g|example|propose\w?|suggest\w{0,3}|introduc\w{1,4}|"
    r"agreg\w{1,6}|añad\w{1,6}|cre[aeoé]\w{0,6}|nuev[oa]s?|escrib\w{1,5}|gener\w{1,5}|hac(?:er|emos|e falta)|"
    r"pon\w{0,5}|guard\w{1,5}|"
    r"muev\w{1,4}|mov\w{1,5}|renombr\w{1,4}|quit\w{1,4}|elimin\w{1,5}|borr\w{1,5}|reemplaz\w{1,4}|extra\w{1,5}|"
    r"deber[ií]a|podr[ií]a|si|falta|faltan|sin|nunca|ning[uú]n|tampoco|ejemplo|propon\w{1,4}|sugier\w{1,3}|introdu\w{1,5})\b",
    re.IGNORECASE,
)
"""Words of sentences in which a file or name is yet to be made, is gone, or is only imagined."""


@dataclass(frozen=True, slots=True)
class Mention:
    """``line`` is that of the answer. ``first`` and ``last`` are lines of the file, 0 where none is told; ``name`` is
    what should stand there, empty for the file alone. ``dotted`` is a name through its modules, without a path.
    ``beside``: names in the sentence, of which one may stand on those lines."""

    line: int
    path: str = ""
    first: int = 0
    last: int = 0
    name: str = ""
    dotted: str = ""
    beside: frozenset[str] = frozenset()


def mentions(answer: str) -> Iterator[Mention]:
    """What the prose says is there; sentences about what is yet to be made are left out."""
    for number, line in enumerate(parts(answer[:TEXT_MAX]).prose.split("\n"), 1):
        if len(line) > _LINE_MAX or ("`" not in line and "." not in line):
            continue
        for sentence in _sentences(line):
            if not _TO_BE_MADE.search(sentence):
                yield from _in_sentence(sentence, number)


def proposed(answer: str) -> frozenset[str]:
    """Paths that the answer is about to make: in sentences that say so, and as titles of code blocks."""
    cut = parts(answer[:TEXT_MAX])
    lines = cut.prose.split("\n")
    said = [
        sentence
        for line in lines
        if len(line) <= _LINE_MAX
        for sentence in _sentences(line)
        if _TO_BE_MADE.search(sentence)
    ]
    for block in cut.blocks[:_BLOCKS_MAX]:
        said += [line for line in lines[max(0, block.line - 5) : block.line - 1] if line.strip()][-1:]
        said += [line for line in block.text.split("\n")[:3] if len(line) <= 300]
        said += [
            line for line in block.text.split("\n") if line.startswith(("+++ ", "diff --git ")) and len(line) <= 600
        ]
    return frozenset(met["path"] for text in said for met in _FILE.finditer(text))


def _sentences(line: str) -> list[str]:
    return re.split(r"(?<=[.;!?])\s{1,3}(?=[A-ZÁÉÍÓÚÑ¿¡`*])", line)


def _in_sentence(sentence: str, number: int) -> Iterator[Mention]:
    taken: set[str] = set()
    beside = frozenset(one or other for one, other in _BESIDE.findall(_FILE.sub(" ", sentence)))
    if sentence.startswith("|") and (row := _in_row(sentence)):
        place, name = row
        taken.add(place["path"])
        yield _mention(place, number, name)
    if "`" in sentence:
        for pattern in (_NAME_THEN_FILE, _NAME_WITH_FILE, _FILE_THEN_NAME, _FILE_WITH_NAME):
            for met in pattern.finditer(sentence):
                taken.add(met["path"])
                yield _mention(met, number, met["name"])
        for pattern in (_LINE_AFTER, _LINE_BEFORE):
            for met in pattern.finditer(sentence):
                taken.add(met["path"])
                yield _mention(met, number, beside=beside)
        for met in _DOTTED.finditer(sentence):
            if not _FILE.fullmatch(met["name"]):
                yield Mention(number, dotted=met["name"])
    for met in _LINK.finditer(sentence):
        taken.add(met["path"])
        yield _mention(met, number, beside=beside)
    for met in _FILE.finditer(sentence):
        if met["path"] not in taken or met["line"]:
            yield _mention(met, number, beside=beside)


def _in_row(sentence: str) -> tuple[re.Match[str], str] | None:
    """The one place of a table's row, and the one name beside it."""
    places = [met for met in _FILE.finditer(sentence) if met["line"]]
    names = [met["name"] for met in _LONE_NAME.finditer(sentence) if "." not in met["name"]]
    return (places[0], names[0]) if len(places) == len(names) == 1 else None


def _mention(met: re.Match[str], number: int, name: str = "", beside: frozenset[str] = frozenset()) -> Mention:
    first = int(met["line"] or 0)
    end = int(met["end"] or 0)
    return Mention(number, met["path"], first, end if end > first else first, name, beside=beside)
