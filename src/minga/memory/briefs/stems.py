"""Words of Spanish and English texts, cut to what their forms have in common, for comparing sentences."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")

_STOP_WORDS = """
a al algo ante antes aqui asi aun cada como con contra cual cuales cuando cuanto cuanta cuantos cuantas de del
desde donde dos e el ella ellas ellos en entre era es esa ese eso esta estaba estan este esto estos estas fue
fueron ha habia han hasta hay la las le les lo los mas me mi mientras muy nada ni no nos nosotros o os otra
otro para pero por porque pues que quien quienes se sea ser si sin sobre solo son su sus tambien tan te ti
tiene tienen tu tus un una uno unos unas y ya yo

about above after again all also am an and any are as at be been before being but by can could did do does
doing for from had has have having he her here hers him his how i if in into is it its just me more most my no
nor not of off on once only or other our out over own she should so some such than that the their them then
there these they this those through to too under until up us very was we were what when where which while who
whom why will with would you your
"""
_STOP = frozenset(_STOP_WORDS.split())

_ENDINGS_OF_WORDS = """
amientos imientos amiento imiento aciones uciones iciones acion ucion icion adoras adores adora ador ancias
ancia mente logias logia idades idad ivas ivos iva ivo aron ieron aban iamos abamos ando iendo adas ados idas
idos ada ado ida ido aba ian ia ara era ira ar er ir an en amos emos imos

ations ation ments ment ings ing ness edly ed ies es s ly as os a o e
"""
_ENDINGS = sorted(_ENDINGS_OF_WORDS.split(), key=lambda ending: (-len(ending), ending))

_SHORTEST = 3
"""Letters that stay of a word at least."""


def folded(text: str) -> str:
    """Lower case, without accents. Of the same length as ``text`` only where its characters are composed."""
    return "".join(one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one))


def stems(text: str) -> tuple[str, ...]:
    """Of all words that carry meaning, in order. Numbers stay whole."""
    return tuple(_stem(word) for word in _WORD.findall(folded(text)) if word not in _STOP)


@lru_cache(maxsize=1 << 14)
def _stem(word: str) -> str:
    if word.isdigit() or len(word) <= _SHORTEST:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)]
    return word
