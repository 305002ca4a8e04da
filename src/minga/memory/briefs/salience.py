"""How much a sentence is worth: what it says of its own accord, and what it says to a question.

Weights that were set by hand and not measured one by one: most counts a sentence that shares
words with the question, then one that has the kind of thing that the question asks for, then figures, names, decisions
and errors. Spanish and English.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from minga.memory.briefs.units import Unit
from minga.memory.recall.words import fold, terms

OF_FIGURE, OF_NAME, OF_DECISION, OF_ERROR = 1.0, 0.7, 1.5, 1.2
OF_EDGE = 0.3
OF_ASKING, OF_COURTESY = -1.0, -1.5
OF_SHARED_WORD = 2.0
OF_KIND = 2.5
MOST = 3
"""Figures, and names, that count in one sentence."""

WORTH_LEAST = 0.1

_FIGURE = re.compile(r"[$#]?\d[\d.,:/%-]*")
_DATE = re.compile(
    r"""\b(?: \d{1,2}[-/ ]\d{1,2}[-/ ]\d{2,4} | \d{4}-\d\d-\d\d | 20\d\d | \d{1,2}:\d\d
    | (?:ene|feb|mar|abr|may|jun|jul|ago|sep|oct|nov|dic|jan|apr|aug|dec)[a-z]*
    | lunes|martes|miercoles|jueves|viernes|sabado|domingo|ayer|hoy|manana
    | monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|today|tomorrow )\b""",
    re.VERBOSE,
)
_NAME = re.compile(
    r"`[^`\n]+`|(?<=[a-záéíóúñü,;:)0-9%] )[A-ZÁÉÍÓÚÑ][\w-]{2,}|\b\w+[a-z][A-Z]\w*|\b\w+(?:[_/.]\w+)+|\b[A-Z]{2,}\w*"
)
_PERSON = re.compile(r"\b[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{2,}\b")
_DECISION = re.compile(
    r"""\b(?: decid\w* | decision\w* | acord\w* | acuerdo | qued(?:o|a|amos|aron|ara) | fij(?:o|a|amos|aron) | eleg\w*
    | eligi\w* | descart\w* | cambi\w* | pas(?:o|a|amos)\ a | reemplaz\w* | en\ vez\ de | en\ lugar\ de | desde\ ahora
    | a\ partir\ de | ya\ no | siempre | nunca | jamas | regla\w*
    | agreed? | chose | chosen | settled | switch\w* | moved?\ to | replac\w* | instead\ of | from\ now\ on | always
    | never | no\ longer | must(?:\ not)? | rules? | set\ to | changed? )\b""",
    re.VERBOSE,
)
_ERROR = re.compile(
    r"""\w*(?:error|exception|traceback)\b | \b(?: fall[aoe]\w* | rechaz\w* | rebot\w* | se\ cayo | solucion\w*
    | arregl\w* | corrig\w* | correg\w* | causa
    | fail\w* | reject\w* | crash\w* | broke\w* | cause[ds]? | fix(?:ed|es)? | solved | root )\b""",
    re.VERBOSE,
)
_REASON = re.compile(
    r"""\b(?: porque | ya\ que | puesto\ que | debido | por\ eso | motivo | razon | causa | asi | para\ que
    | because | since | due\ to | reason | so\ that | cause[ds]? | otherwise )\b""",
    re.VERBOSE,
)
_COURTESY = re.compile(
    r"""(?: hola | gracias | buenas? | dale | oka?y? | listo | ya | salvaste | perfecto | genial | hecho | entendido
    | buen\ provecho | thanks? | thank\ you | great | hi | hello | sure | sorry | done | understood | got\ it )\b""",
    re.VERBOSE,
)

_ASKS_WHEN = r"""\bcuando\b | \bfecha | \bque\ dia | \bplazo | \bhora | \bsemana | \bvence | \bwhen\b | \bdate\b
    | \bday\b | \bdeadline"""
_ASKS_HOW_MUCH = r"""\bcuant[oa]s?\b | \bmonto | \bprecio | \btasa | \bporcentaje | \bpuerto | \bversion | \bip\b
    | \blimite | \btope | \bvalor | \btamano | \brut\b | \bfolio | \bhow\ (?:much|many|long|often)\b
    | \bamount | \bport\b | \brate\b | \blimit | \bsize"""
_ASKS_WHO = r"\bquien(?:es)?\b | \bencargad | \bresponsable | \bwho\b | \bin\ charge"
_ASKS_WHY = r"\bpor\ que\b | \bmotivo | \brazon | \bcausa | \bwhy\b | \breason"
_ASKS_FOR_A_FIX = r"\barregl | \bsolucion | \bcorrig | \bfalla | \berror | \bfix | \bfail | \bsolve"
_ASKS_FOR_A_NAME = (
    r"\barchivo | \bcomando | \blibreria | \bmodulo | \btabla | \bfile\b | \bcommand | \blibrary | \bmodule | \btable"
)
_ASKS_FOR_A_DECISION = r"\bdecid | \bacord | \belegi | \bregla | \bprefer | \bchose | \bagree | \brule"

_KINDS: tuple[tuple[re.Pattern[str], re.Pattern[str], bool], ...] = (
    (re.compile(_ASKS_WHEN, re.VERBOSE), _DATE, True),
    (re.compile(_ASKS_HOW_MUCH, re.VERBOSE), _FIGURE, False),
    (re.compile(_ASKS_WHO, re.VERBOSE), _PERSON, False),
    (re.compile(_ASKS_WHY, re.VERBOSE), _REASON, True),
    (re.compile(_ASKS_FOR_A_FIX, re.VERBOSE), _ERROR, True),
    (re.compile(_ASKS_FOR_A_NAME, re.VERBOSE), _NAME, False),
    (re.compile(_ASKS_FOR_A_DECISION, re.VERBOSE), _DECISION, True),
)
"""What a question asks by, what answers it, and whether that is looked for in the folded text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks for: its words with their weights, the rarer ones among all texts the heavier, and the kinds
    of things that would answer it."""

    weights: dict[str, float]
    kinds: tuple[int, ...]


def asked(question: str, texts: Sequence[str] = ()) -> Asked:
    """``texts`` are all that compete for the answer: a word that most of them have says little."""
    words = set(terms(question))
    among = Counter(word for text in texts for word in words.intersection(terms(text)))
    plain = fold(question)
    kinds = tuple(number for number, (asks, _, _) in enumerate(_KINDS) if asks.search(plain))
    return Asked({word: 1 / (1 + among[word] / max(len(texts), 8) * 4) for word in sorted(words)}, kinds)


def worth(unit: Unit, asked_for: Asked, *, at_edge: bool = False) -> float:
    """Above zero. Of no unit: it grows with what stands in the sentence, not with its length."""
    plain, words, of_its_own = _known(unit.text)
    said = of_its_own + (OF_EDGE if at_edge else 0)
    shared = sum(asked_for.weights.get(word, 0) for word in words)
    of_kind = sum(bool(_KINDS[kind][1].search(plain if _KINDS[kind][2] else unit.text)) for kind in asked_for.kinds)
    return max(WORTH_LEAST, said + OF_SHARED_WORD * shared + OF_KIND * min(of_kind, 2))


def names(text: str) -> frozenset[str]:
    """What stands in ``text`` under a name of its own: files, modules, persons, norms."""
    return frozenset(_NAME.findall(text))


@lru_cache(maxsize=1 << 11)
def _known(text: str) -> tuple[str, frozenset[str], float]:
    """A sentence folded, its stems, and what it says of its own accord: it is asked for at every length of its text."""
    plain = fold(text)
    return plain, frozenset(terms(text)), _said(text, plain)


def _said(text: str, plain: str) -> float:
    figures = min(len(_FIGURE.findall(text)), MOST) * OF_FIGURE
    named = min(len(names(text)), MOST) * OF_NAME
    decision = OF_DECISION if _DECISION.search(plain) else 0
    error = OF_ERROR if _ERROR.search(plain) else 0
    asking = OF_ASKING if text.endswith("?") else 0
    courtesy = OF_COURTESY if _COURTESY.match(plain) and len(plain) < 60 else 0
    return figures + named + decision + error + asking + courtesy
