"""Quotations, addresses and articles of laws that an answer names stand in what the agent was given or has read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.changed import content_below
from minga.verification.claims import TEXT_MAX, Claim, cut_short, first, lines_of, summed_up
from minga.verification.parts import parts
from minga.verification.passages import Nearest, Source, nearest, source, stands_in, words_of

_QUOTED = re.compile(
    r"«(?P<angled>[^«»]{1,1500})»|“(?P<curly>[^“”]{1,1500})”"
    r"|(?<![\w\"])\"(?=\S)(?P<straight>[^\"]{1,1500})(?<=\S)\"(?![\w\"])"
)
_BLOCK_LINE = re.compile(r"[ ]{0,3}>[ ]?(.*)")
_SPAN = re.compile(r"`[^`\n]{1,300}`")
_MARK = re.compile("[\"'«»“”]")
_LEFT_OUT = re.compile(r"\[[^\[\]]{0,40}\]|\(\.\.\.\)|\(…\)|\.\.\.|…")
_REWORDED = re.compile(
    r"\b(?:cambi\w*|reemplaz\w*|sustitu\w*|propon\w*|propuest\w*|deber[ií]a\w*|nuev[oa]s?|redact\w*|reformul\w*"
    r"|corrig\w*|correg\w*"
    r"|chang\w*|replac\w*|propos\w*|should|new|reword\w*|rewrit\w*|renam\w*|instead|fix\w*|correct\w*"
    r"|par[aá]fras\w*|por ejemplo"
    r"|in other words|es decir|algo como|something like|commit|message|mensaje|sug\w{2,8}|suggest\w*|wording"
    r"|draft|borrador|quedar[ií]a|asunto|subject|traduc\w*|translat\w*)\b",
    re.IGNORECASE,
)
_TO_REWORD = re.compile(
    r"\b(?:corr[ie]g\w*|correg\w*|mejor[ae]\w*|redact\w*|reescrib\w*|reformul\w*|traduc\w*|resum\w*|acort\w*|simplif\w*"
    r"|par[aá]fras\w*|ortogr\w*|cambi[ae]\w*|reemplaz\w*|adapt\w*|rewrit\w*|rephras\w*|reword\w*|improv\w*|translat\w*"
    r"|summari[sz]e\w*|shorten\w*|simplif\w*|proofread\w*|edit|fix|correct|polish|change|replace|wording|grammar|spelling)\b",
    re.IGNORECASE,
)
"""Of a prompt that gives a text to be made another: what resembles it in the answer is no quotation."""

_URL = re.compile(r"https?://[^\s<>()\[\]{}\"'`|\\«»“”]{3,500}")
_ENDS_OF_URLS = ".,;:!?*_"
_OF_THIS_MACHINE = re.compile(r"https?://(?:localhost|127\.|0\.0\.0\.0|\[::1\]|(?:[\w-]{1,60}\.)?example\.)")
_ARTICLE = re.compile(
    r"\b(?:art[ií]culos?|arts?\.?|article)\s(?P<number>\d{1,4}(?:\s?(?:bis|ter|[a-z]\)|°|º))?)"
    r"[^.;\n]{0,40}?\b(?P<law>(?:D\.?F\.?L\.?|D\.?L\.?|Ley|Decreto Ley|Decreto Supremo|Decreto|Law)"
    r"\s(?:N[°º.]{0,2}\s?)?\d[\d.]{0,8}\d|"
    r"(?:C[oó]digo|Code)\s[A-Z][\wáéíóú]{3,20})",
)
_PATH = re.compile(r"(?<![\w/.-])(?:[\w.-]{1,80}/){0,12}[\w.-]{1,80}\.[A-Za-z]{1,8}(?![\w/])")

_PROMPT = "the prompt"

_WORDS_MIN = 5
"""Shorter ones are names and terms: they pass where they stand somewhere, and show nothing where not."""

_NEAR_MAX = 60
"""Quotations of an answer that are looked for by nearness."""

_FILES_MAX = 20
_PATHS_MAX = 200
_SOURCES_MAX = 8_000_000
"""Characters of all sources together."""


@dataclass(frozen=True, slots=True)
class Quotations:
    name = "sources"

    def look(self, work: Work) -> Checked | None:
        prose = parts(work.answer[:TEXT_MAX]).prose
        claims, notes = first(_claims(prose, _Given(work)))
        return summed_up(self.name, claims, (*notes, *cut_short(work.answer)))


class _Given:
    """What the agent was given or read, and the files that the answer names, read when they are needed."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @cached_property
    def texts(self) -> list[tuple[str, str]]:
        work, left = self._work, _SOURCES_MAX
        kept: list[tuple[str, str]] = []
        for name, text in ((_PROMPT, work.prompt), *((one.name, one.text) for one in work.sources)):
            kept.append((name, text[:left]))
            left -= len(kept[-1][1])
        for path, content in islice(_named_files(work), _FILES_MAX):
            kept.append((path, content.decode("utf-8", "replace")[:left]))
            left -= len(kept[-1][1])
        return [(name, text) for name, text in kept if text]

    @cached_property
    def sources(self) -> list[Source]:
        return [source(name, text) for name, text in self.texts]

    @cached_property
    def rewords(self) -> bool:
        """The prompt asks for another text in place of one that it gives."""
        return bool(_TO_REWORD.search(self._work.prompt[:TEXT_MAX]))

    @cached_property
    def urls(self) -> frozenset[str]:
        return frozenset(_bare(match[0]) for _, text in self.texts for match in _URL.finditer(text))

    @cached_property
    def articles(self) -> frozenset[str]:
        return frozenset(_article(match) for _, text in self.texts for match in _ARTICLE.finditer(text))


def _named_files(work: Work) -> Iterator[tuple[str, bytes]]:
    named = dict.fromkeys(match[0] for match in _PATH.finditer(work.answer[:TEXT_MAX]))
    for path in islice(named, _PATHS_MAX):
        if content := content_below(work.cwd, path):
            yield path, content


def _claims(prose: str, given: _Given) -> Iterator[Claim]:
    lines = lines_of(prose)
    near = 0
    without_code = _SPAN.sub(lambda match: " " * len(match[0]) if _MARK.search(match[0]) else match[0], prose)
    for text, line, around, apart in _quotations(without_code):
        claim = _of_quotation(text, line, around, given, searches=near < _NEAR_MAX, apart=apart)
        if claim:
            near += claim.state is not CheckState.PASSED
            yield claim
    for match in _URL.finditer(prose):
        url, line = match[0].rstrip(_ENDS_OF_URLS), lines.at(match.start())
        if _OF_THIS_MACHINE.match(url):
            continue
        if _bare(url) in given.urls:
            yield Claim(CheckState.PASSED, f"line {line}: {url} stands in what was given or read", formal=True)
        else:
            yield Claim(CheckState.UNPROVEN, f"line {line}: {url} was not read in this run")
    for match in _ARTICLE.finditer(prose):
        line = lines.at(match.start())
        if _article(match) in given.articles:
            yield Claim(CheckState.PASSED, f"line {line}: {match[0]} stands in what was given or read", formal=True)
        else:
            yield Claim(CheckState.UNPROVEN, f"line {line}: {match[0]} was not read in this run")


def _quotations(prose: str) -> Iterator[tuple[str, int, str, bool]]:
    """Each with its line, with the words before and after it, and whether it stands apart from them."""
    kept: list[str] = []
    block: list[str] = []
    began, before = 0, ""
    for number, line in enumerate(prose.split("\n"), 1):
        met = _BLOCK_LINE.match(line)
        if met:
            block.append(met[1])
        elif block and line.strip():
            yield " ".join(block).strip('"«»“” '), began, f"{before} {line[:120]}", True
            block = []
        if met and len(block) == 1:
            began, before = number, next((each[-120:] for each in reversed(kept[-4:]) if each.strip()), "")
        kept.append("" if met else line)
    if block:
        yield " ".join(block).strip('"«»“” '), began, before, True
    rest = "\n".join(kept)
    places = lines_of(rest)
    for match in _QUOTED.finditer(rest):
        around = f"{rest[max(0, match.start() - 80) : match.start()]} {rest[match.end() : match.end() + 40]}"
        text = match["angled"] or match["curly"] or match["straight"]
        if "\n\n" not in text:
            yield text, places.at(match.start()), around, False


def _of_quotation(text: str, line: int, around: str, given: _Given, *, searches: bool, apart: bool) -> Claim | None:
    pieces = [words for piece in _LEFT_OUT.split(text) if (words := words_of(piece))]
    count = sum(map(len, pieces))
    if count < 3 or text.startswith(("[!", "http")):
        return None
    names = {" ".join(words): stands_in(words, given.sources) for words in pieces}
    shown = _shown(text)
    if all(names.values()):
        where = next(iter(names.values()))
        formal = where == _PROMPT or count < _WORDS_MIN
        return Claim(CheckState.PASSED, f"line {line}: «{shown}» stands so in {where}", formal=formal)
    if count < _WORDS_MIN:
        return None
    missing = [words for words in pieces if not names[" ".join(words)]]
    found = next((one for words in missing if searches and (one := nearest(words, given.sources))), None)
    if found is None:
        return Claim(CheckState.UNPROVEN, f"line {line}: «{shown}» was not read in this run")
    rewords = (apart or found.source == _PROMPT) and given.rewords
    return _differs(found, line, around, rewords=rewords)


def _differs(found: Nearest, line: int, around: str, *, rewords: bool) -> Claim:
    state = CheckState.UNPROVEN if rewords or _REWORDED.search(around) else CheckState.FAILED
    return Claim(state, f"line {line}: «{found.quoted}» stands in {found.source} as «{found.there}»", holds_back=True)


def _shown(text: str) -> str:
    bare = " ".join(text.split())
    return bare if len(bare) <= 120 else f"{bare[:120]} …"


def _bare(url: str) -> str:
    return url.rstrip(_ENDS_OF_URLS + "/").removeprefix("http://").removeprefix("https://").lower()


def _article(match: re.Match[str]) -> str:
    law = re.sub(
        r"[^a-z0-9áéíóú]", "", match["law"].lower().replace("decreto ley", "dl").replace("n°", "").replace("nº", "")
    )
    return f"{re.sub(r'[^a-z0-9]', '', match['number'].lower())}/{law}"
