"""Whether a text is talk of the day alone: moods, waiting, food and weather, going on, leaving for a coffee.

No sentence is known here. `everyday.toml` holds kinds of words, and what is read is which kinds a clause is made of: it
says nothing where every word of it is grammar or of the day, and one of them tells a feeling or what the speaker or the
listener does in talking. So one word that is not known, a figure, a weekday, a "no" or an "only" keeps the whole text,
and so does a piece without such a word, which may be an answer ("in the afternoon").
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from minga.memory.extraction.nicknames import is_person
from minga.memory.extraction.smalltalk import LAUGH, unnamed
from minga.memory.extraction.wording import folded

WORDS_MAX = 30

_MARKS = r",.;:!?¡¿…\n()\u2013\u2014"
_CLAUSE = re.compile(rf"[^{_MARKS}]+[{_MARKS}]*")
_WORD = re.compile(r"[^\W\d_]+")
_TELLING = re.compile(r"[\d/`_@#%$=<>\\{}\[\]|~^*+&\"«»]")
"""Figures, and signs of code and of quotations: somebody names something."""

_NUMBER = r"(?:\d{1,2}|dos|tres|cinco|diez|quince|veinte|two|three|five|ten|fifteen|twenty)"
_WAIT = re.compile(
    rf"(?<!\bm[aá]ximo )(?<!\bm[ií]nimo )\b{_NUMBER} ?(?:min(?:uto|ute|utito)?s?|seg(?:undo)?s?|sec(?:ond)?s?)\b"
    r"(?! (?:(?:como )?(?:m[aá]x|m[ií]n)|at (?:most|least)|a lo (?:mas|menos)))"
    rf"|(?<=\b(?:en|in) ){_NUMBER}(?= (?:estoy|vuelvo|sigo|voy|llego|i'm|i'll))"
    rf"|(?<=\bdame ){_NUMBER}(?= y )|(?<=\bgive me ){_NUMBER}(?= and )",
    re.IGNORECASE,
)
"""Some minutes are no figure, unless they bound something."""

_ALONE = re.compile(r"\b(?:without|sin) (?:me|you|us|them|mi|ti|ustedes)\b|\botra vez\b", re.IGNORECASE)
_SIGHED = re.compile(
    r"\b(?:uf+|ugh|already|por fin|finally|happy|feliz|(?:ganas de|ojal[aá]) que (?:sea|llegue)(?: el)?),? "
    r"(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|(?:septiem|octu|noviem|diciem)bre"
    r"|january|february|march|april|may|june|july|august|(?:septem|octo|novem|decem)ber)\b(?: otra vez)?",
    re.IGNORECASE,
)
"""A day or a month that one longs for, or is tired of, tells none."""

_BUT = re.compile(r"(?<=\w) (?=(?:pero|but)\b)", re.IGNORECASE)
_ADDED = frozenset({"un siete", "no se puede", "it s friday", "es viernes", "ya es viernes"})
"""Beside what is praised or borne, or where one leaves."""

_CHOOSES = re.compile(
    "|".join(
        (
            r"\b(?:this|that|the|last|next) one\b",
            r"\b(?:el|la|the) (?:segund[oa]|second)\b",
            r"\b(?:el|la|los|las|the) (?:mism[ao]s?|same)\b",
            r"^(?:mas|menos|more|less|make|keep(?! going| it up)|be|haz|hazlo|haga|sea|que sea|pon\w*)\b",
            r"^(?:hable|habla)(?:me|nos)?\b|\b(?:call me|llamame)\b|\bde (?:usted|tu)$",
            r"\b(?:vamos|dale|vayamos|sigamos|go|continue) (?:con|with)\b|\bvoy con (?:eso|esto)$",
            r"\w (?:yo|tu|nosotros|ella|ellos|ellas)$|\b(?:was|is|s|be) (?:me|you|us|him|her|them)$",
            r"\bque (?:si|no)$|\b(?:say|them|him|her) (?:yes|no)$",
            r"\bgustan? (?:el|la|los|las)\b|^(?:yo )?trabaj[a-z]+ (?:en|desde) (?:la|mi) casa\b",
            r"\bby phone\b|\bpor (?:telefono|celular)\b",
            r"\b(?:vemos|juntamos|meet)\b.*\b(?:en|at) (?:el|la|mi|tu|my|your|the)\b",
            r"^(?:talk|speak|write|answer|explain)\b|\byou (?:missed|forgot)\b|\brather\b",
            r"\b(?:gustan?|tincan?) asi\b|\basi me\b",
            r"^(?:it|that|this|eso|esto) (?:can|could|will|must|puede|debe|tiene)\b",
        )
    )
)
"""Which one, of what kind, who, where, by what way."""

_ENDINGS = {
    "+": "_ ed ing",
    "ar": "o as amos aba abas abamos e es emos aste ando are aremos",
    "er": "o es emos as ia ias iamos i imos iste iendo ere eremos",
    "ir": "o es imos as amos ia ias iamos i iste iendo ire iremos",
}
_OTHERS = {"+": "s", "ar": "a an en aron", "er": "e en a an ieron", "ir": "e en a an ieron"}
"""What they do is known, but may be told."""

_MARVEL = re.compile(r"\s*what an? \w+[\s!.,]*", re.IGNORECASE)
"""Whatever it was, it is marvelled at."""

_ASKS = re.compile(r"\s*(?:en |a |y )?(?:qué|cómo|cuánt[oa]s?|dónde|quién)\b", re.IGNORECASE)
"""Or cries out."""

_HAPPENED = re.compile(r"(?:ya )?(?:se|que se) (?:me|nos|te) |me carga\b")
"""To somebody: "se me hizo tarde", "me carga"."""

_OF_OTHERS = re.compile(
    r"\b(?:he|she|they|ella|ellos|ellas)\b|^el [a-z]+[aeo] (?:el|la|los|las|un|una)\b|\b(?:m|am|is|re|s) an?\b"
    r"|\b(?:el|la|mi|the|my|our) (?:jef[ea]|equipo|team|gente)\b"
    r"|\bya les? |\bcan t (?!wait|believe)|\bno(?:thing|body)\b"
)
"""What somebody else does, what somebody is, what cannot be done."""

_REASSURES = re.compile(
    r"^(?:no|ni) te (?:me )?[a-z]+[ae]s\b|^no seas\b|^que (?:te |le |les |lo |la )?(?!si\b)[a-z]{2,}(?:es|as|en|an)\b"
    r"|^(?:tell me|dime|cuentame|avisame) (?:when|how|if|cuando|como|si)\b"
    r"|^no se (?:donde|como|que|por que|si|cual|cuando|quien)\b|^that was (?:so |very |really |too |pretty )?[a-z]+$"
)
"""Or wishes, or asks to be told, or marvels."""

_CONDITIONS = frozenset({"cuando", "when", "whenever", "if"})
_ARTICLES = frozenset({"el", "un", "del", "al", "este"})
_ONCE = frozenset({"me", "te", "le", "les", "nos", "to", "ll", "will", "gonna", "wanna", "go", "and", "y", "us"})

_VERBS = frozenset({"going", "starting", "handling"})
_CLITIC = re.compile(r"(?:me|te|se|nos)?(?:l[aeo]s?)?$")


@dataclass(frozen=True, slots=True)
class Words:
    """Of each kind, folded. ``deeds``: forms of verbs that are nothing else."""

    known: frozenset[str]
    deeds: frozenset[str]
    grammar: frozenset[str]
    quality: frozenset[str]
    soon: frozenset[str]
    feeling: frozenset[str]
    liking: frozenset[str]
    going: frozenset[str]
    starting: frozenset[str]
    handling: frozenset[str]
    habits: frozenset[str]
    weather: frozenset[str]
    life: frozenset[str]
    day: frozenset[str]
    denying: frozenset[str]
    us: frozenset[str]
    you: frozenset[str]
    asking: frozenset[str]
    process: frozenset[str]
    keeps: frozenset[str]


def is_everyday(text: str, is_phrase: Callable[[str], bool], beside: Collection[str] = ()) -> bool:
    """Whether ``text`` is talk of the day alone. A clause that ``is_phrase`` says nothing either, but another must show
    that nothing is answered. ``beside``: more words that name nothing."""
    plain = _WAIT.sub("rato", text)
    if _TELLING.search(plain) or len(_WORD.findall(plain)) > WORDS_MAX:
        return False
    plain = _BUT.sub(", ", _ALONE.sub("then", _SIGHED.sub("uf ojala", unnamed(plain))))
    clauses = [clause for clause in _CLAUSE.findall(plain) if _WORD.search(clause)]
    is_told = False
    for place, clause in enumerate(clauses):
        judged = _judged(clause, is_phrase, beside)
        if judged is None and not (_calls(clauses, place) or _goes_with(clause, beside)):
            return False
        is_told = is_told or judged is True
    return is_told


def _judged(clause: str, is_phrase: Callable[[str], bool], beside: Collection[str]) -> bool | None:
    """True where it is talk of the day, False where it only agrees, None where it may tell something."""
    if is_phrase(clause):
        return not set(_WORD.findall(folded(clause))).issubset(beside)
    if _MARVEL.fullmatch(clause) or _is_of_the_day(clause, beside):
        return True
    return False if _tells_when(_WORD.findall(folded(clause))) else None


def _tells_when(said: Sequence[str]) -> bool:
    """Soon, and nothing else."""
    kinds = words()
    return not kinds.soon.isdisjoint(said) and (kinds.soon | kinds.grammar).issuperset(said)


def _calls(clauses: Sequence[str], place: int) -> bool:
    """Whether it only calls somebody by name, at the beginning or the end."""
    names = [word for word in _WORD.findall(clauses[place]) if folded(word) not in ("don", "dona")]
    return place in (0, len(clauses) - 1) and len(names) == 1 and is_person(names[0])


def _goes_with(clause: str, beside: Collection[str]) -> bool:
    """Whether it adds nothing to a clause of the day: what is done, of no kind and on no day."""
    kinds = words()
    said = folded(" ".join(_WORD.findall(clause))).split()
    if " ".join(said) in _ADDED:
        return True
    held = frozenset((*said, *map(_verb, said)))
    if not _is_known(clause, said, beside) or held & (kinds.quality | kinds.day | kinds.liking | kinds.denying):
        return False
    return bool(held & (kinds.us | kinds.handling | kinds.going)) and not _names_deed(said)


def _is_of_the_day(clause: str, beside: Collection[str]) -> bool:
    spelled = [word for word in _WORD.findall(clause) if not LAUGH.fullmatch(folded(word))]
    said = [folded(word) for word in spelled]
    if len(said) > 1 and _shows_feeling(said) and said[-1] not in words().known and is_person(spelled[-1]):
        spelled, said = spelled[:-1], said[:-1]
    if not _is_known(" ".join(spelled), said, beside):
        return False
    told = " ".join(said)
    return "?" in clause or bool(_ASKS.match(clause) or _HAPPENED.match(told)) or _says_nothing(said)


def _is_known(clause: str, said: Sequence[str], beside: Collection[str]) -> bool:
    """Whether no word names anything, and none chooses."""
    kinds = words()
    if (
        _CHOOSES.search(" ".join(said))
        or any(map(_is_name, _WORD.findall(clause)[1:]))
        or not kinds.keeps.isdisjoint(said)
    ):
        return False
    return all(word in kinds.known or word in beside or _verb(word) in kinds.known for word in said)


def _is_name(word: str) -> bool:
    return len(word) > 1 and word[0].isupper() and not word.isupper()


def _shows_feeling(said: Sequence[str]) -> bool:
    return not words().feeling.isdisjoint(said)


def _says_nothing(said: Sequence[str]) -> bool:
    """Of a clause of known words: that one of them is of those that only talk."""
    kinds = words()
    held = frozenset((*said, *map(_verb, said)))
    if held & kinds.feeling or _REASSURES.search(" ".join(said)):
        return True
    if held & kinds.denying or _names_deed(said) or _OF_OTHERS.search(" ".join(said)):
        return False
    if held & kinds.going or (held & kinds.starting and not held & kinds.day):
        return True
    if held & kinds.weather:
        return not held & _CONDITIONS
    if not held & kinds.life and held & kinds.liking:
        return True
    return _is_between_us(said) or (bool(held & kinds.life) and not held & _CONDITIONS and _does(said))


def _names_deed(said: Sequence[str]) -> bool:
    """A form of a verb behind an article is a noun: "el saludo", "un aviso"."""
    return any(before in _ARTICLES and word in words().deeds for before, word in pairwise(said))


def _is_between_us(said: Sequence[str]) -> bool:
    """Of who speaks or who is spoken to, in words that name no kind, no size and no day."""
    kinds = words()
    told = len(said) > 2 and said[0] not in kinds.asking
    us = kinds.you if not kinds.life.isdisjoint(said) else kinds.us
    return told and not us.isdisjoint(said) and (kinds.quality | kinds.day).isdisjoint(said)


def _does(said: Sequence[str]) -> bool:
    """Something once, not always."""
    kinds = words()
    return any(
        word in kinds.starting
        or (not {word, _verb(word)}.isdisjoint(kinds.handling) and (word not in kinds.habits or before in _ONCE))
        for before, word in zip(("", *said), said, strict=False)
    )


def _verb(word: str) -> str:
    """Without the pronouns that a Spanish verb carries: "esperame", "demosle"."""
    kinds = words()
    if word in kinds.known:
        return word
    bare = _CLITIC.sub("", word, count=1)
    bare = f"{bare}s" if bare.endswith("mo") else bare
    return bare if bare in kinds.deeds or (bare in kinds.known and bare.endswith(("r", "ndo"))) else word


@cache
def words() -> Words:
    """Of the file, with the forms of the Spanish verbs and adjectives in it."""
    held = tomllib.loads((files("minga.memory.extraction") / "everyday.toml").read_text("utf-8"))
    keeps = frozenset(held.pop("keeps").split())
    kinds = {
        kind: frozenset(_forms(listed, _ENDINGS if kind in _VERBS else {})) - keeps for kind, listed in held.items()
    }
    others = (_forms(held[kind], _OTHERS) for kind in _VERBS)
    known = frozenset().union(*(some for kind, some in kinds.items() if kind != "process"), *others)
    deeds = kinds["going"] | kinds["starting"] | kinds["handling"]
    deeds -= kinds["life"] | kinds["grammar"] | kinds["soon"]
    return Words(known - keeps, deeds=deeds, keeps=keeps, **kinds)


def _forms(listed: str, endings: Mapping[str, str]) -> Iterator[str]:
    for word in folded(listed).split():
        if word.endswith("~"):
            yield from (word[:-1] + ending for ending in ("o", "a", "os", "as"))
        elif word.endswith("+"):
            yield from _english(word[:-1], endings)
        else:
            yield word
            if len(word) > 4:
                yield from (word[:-2] + ending for ending in endings.get(word[-2:], "").split())


def _english(verb: str, endings: Mapping[str, str]) -> Iterator[str]:
    stem = verb.removesuffix("e")
    for ending in endings.get("+", "_ s ed ing").split():
        yield {"_": verb, "s": f"{verb}s"}.get(ending, stem + ending)
