"""What a sentence says not to be so, or no longer: taken out before facts are read of it, so that what holds now is
read as if it alone had been said: "the port of staging is no longer 8069, now it is 8070"."""

import re
from collections.abc import Sequence
from dataclasses import replace

from minga.memory.extraction.settings import NUMBER
from minga.memory.extraction.wording import Sentence, folded

_MAY_DENY = re.compile(
    r"\b(?:no|not|nunca|jamas|never|fals[oae]|mentira|wrong|mistaken|incorrect[oa]?|equivoc\w+|dejo de|dejaron de"
    r"|stopped|ceased)\b|n't\b"
)
_SIDE = r"(?=[,;:](?!\d)|\s(?:y|e|and|pero|but|sino|porque|because|ya que|ahora|now|desde|since)\b|[.!]?$)"
_TRUE = r"(?:verdad|ciert[oa]|correct[oa]|asi|true|right|correct|so|the case)"
_UNTRUE = r"(?:fals[oa]|mentira|incorrect[oa]|un error|false|wrong|a lie|incorrect|mistaken)"
_NOT_TRUE = (
    rf"(?:(?:ya )?(?:no|nunca) (?:es|era|fue|sea|esta) {_TRUE}|(?:es|era|fue|resulto) {_UNTRUE}"
    rf"|(?:is|was|'s) (?:not|never|no longer) {_TRUE}(?: any ?more)?|(?:isn't|wasn't|ain't) {_TRUE}(?: any ?more)?"
    rf"|(?:is|was|'s) {_UNTRUE}|(?:esta|estan|estaba) (?:equivocad[oa]s?|mal)|se equivoca(?:n|ba)?"
    r"|(?:are|were) (?:wrong|mistaken))"
)
_THAT = re.compile(
    rf"(?:\b(?:(?:it|that)(?: is|'s)? )?(?:not {_TRUE}|no longer {_TRUE}|{_UNTRUE}) that"
    rf"|{_NOT_TRUE} (?:eso )?(?:de )?(?:que|that))\b.*?(?=;|,?\s(?:pero|but|sino)\b|,\s*(?:ahora|now)\b|[.!]?$)"
)
_TOLD = re.compile(
    r"^.*?(?:,|\b(?:pero|but|y|and|aunque|though|although)\b|\()\s*"
    r"(?:(?:eso|esto|that|this|it|he|she|they|el|ella|lo que|lo cual|which)\s*)?"
    rf"(?:{_NOT_TRUE}|ya no|no longer|not any ?more|no more)(?=\s*(?:[.,;:!)]|$))"
)
_BACK = re.compile(
    r"\W*(?:(?:pero|but|y|and|no)[,\s]+)?(?:(?:eso|esto|that|this|it|he|she|they|el|ella)\s*)?"
    rf"(?:{_NOT_TRUE}|lo dudo|no lo creo|(?:aunque |pero )?no estoy (?:tan |muy )?segur[oa](?: de eso)?"
    r"|me equivoque|me confundi|i was (?:wrong|mistaken)|mentira|es broma|just kidding"
    r"|i doubt (?:it|that)|i don't think so|(?:but )?i'?m not (?:so |quite |too )?sure"
    r"(?: (?:though|of that|about that))?)\W*$"
)
_MENDED_MAX = 160
"""Characters; what is longer says more than that."""
_WRONG = (
    r"(?:me equivoque|me confundi|error mio|quise decir|corrijo|correccion|i was (?:wrong|mistaken)|i made a mistake"
    r"|my mistake|my bad|i meant|correction)"
)
_SORRY = r"(?:perdon|disculpa|digo|sorry|(?:no|wait|espera)(?=\s*,\s*(?:es|son|it is|it's)\s))"
_OH = r"(?:(?:no|ups|oops|ah|uy|pero|but|perdon|disculpa|sorry|wait|espera)\W+)*"
_MISTAKEN = re.compile(
    rf"\W*{_OH}(?:{_WRONG}(?=\W*$|\s*[,:;]|\s+(?:\S*[\d`\"#]|es|son|era|it)\b)|{_SORRY}\b)\W*"
    r"(?:(?:en realidad|actually)\W+)?(?P<is>(?:era|es|son|it is|it's|it was)\s+)?"
    r"(?P<value>[`\"]?(?=[\w#])(?:(?![,;!?]\s).){1,60}?)?(?P<rest>[,;]\s.*)?[^\w%]*$"
)
"""Of a sentence that says that the one before was wrong, what it says to be right."""
_VAGUE = re.compile(
    r"(?:como|unos|unas|cerca de|alrededor de|casi|mas o menos|aproximadamente|around|about|roughly|approximately|some)"
    r"\s+(?:(?:el|la|las|the)\s+)?\S*\d.*"
    r"|\S*\d\S*(?:\s[\w%]+)?,?\s"
    r"(?:mas o menos|aprox(?:imadamente)?|o algo asi|or so|more or less|roughly|approximately)"
)
"""A figure that is not exact; it takes no other's place, but that one was wrong."""
_IS_WRONG = re.compile(rf"\W*{_OH}{_WRONG}(?:\W*$|\s*[,:;]|\s+(?:\S*[\d`\"#]|es|son|era|it)\b)")
_MAY_MEND = re.compile(rf"{_WRONG}|{_SORRY}")
_FIGURE = re.compile(rf"\S*[\d`\"#]\S*|{NUMBER}")
_MENDS = re.compile(rf"[,;.(]\s*(?={_OH}(?:{_WRONG}|{_SORRY})\W)")
_ONLY_OH = re.compile(rf"\W*{_OH}")
_IS_NOT = (
    r"(?:(?:ya )?(?:no|nunca|jamas) (?:lo |la |se )?(?:es|son|esta|estan|era|fue|sera|queda|quedo|figura|sigue|usa"
    r"|utiliza|corre|escucha|responde|vive|vence|caduca)|(?:dejo|dejaron) de \w+r"
    r"|(?:is|are|was|were|will|does|has|owns|runs) (?:not|never|no longer)|no longer \w+"
    r"|(?:isn|aren|wasn|weren|won|doesn)'t|(?:stopped|ceased) (?:to be|being|using))\b"
)
_DID_NOT = (
    r"(?:no|nunca|jamas|never|not) (?:se |lo |la |le |les )?"
    r"(?:subi|baj|cambi|mov|aument|redu|ampli|ajust|corri|rais|lower|increas|chang|bump|decid|acord)\w*\b"
)
_SET = (
    r"(?:(?:(?:lo|la|se) )?(?:dejamos|deje|dejo|dejaron|pusimos|puse|puso|pusieron|fijamos|fije|fijo|bajamos|baje|bajo"
    r"|subimos|subi|subio|cambiamos|cambie|cambio|pasamos|pase|paso|movimos|movi|movio) (?:ahora )?(?:a|en|al)"
    r"|(?:we|i|they|he|she)(?: have|'ve)? (?:now )?(?:set|changed|raised|lowered|reduced|increased|moved|switched"
    r"|bumped) it (?:up |down )?to"
    r"|(?:it )?(?:was|is|has been) (?:now )?(?:set|changed|raised|lowered|reduced|increased|moved|bumped)"
    r" (?:up |down )?to)"
)
"""What was done with it instead."""
_INSTEAD = re.compile(
    rf"(?<!\S){_IS_NOT} (?:(?![;]|[.,:](?!\d)).|[.,:](?=\d)){{1,80}}?"
    r"[,;]?\s+(?:(?:sino|pero|but|y|and)\s+(?:que\s+)?)?"
    r"(?:(?:it|he|she|el|ella|lo)\s+)?(?P<now>(?:ahora|now)\s+(?:(?P<it>it|lo)\s+)?(?:es|son|esta|sera|usa|is|are|uses)\b"
    rf"|(?:es|is|usa|uses)\s+(?:ahora|now)\b|(?P<set>{_SET})(?=\s))"
)
_NOT_PLAINLY = re.compile(r"\b(?:si|if|unless|cuando|when|aunque|although|pero|but|y|and|en|for|para|in)\b")
"""Between what is denied and what was done: it may be supposed, or about another thing."""
_JUST_A_VALUE = re.compile(
    r"\s+\S*[\w`\"](?:\s(?:%|ms|s|seg\w*|sec\w*|min\w*|h|hours?|horas?|dias?|days?|[kmgt]b|uf|utm|pesos|lucas|usd))?"
    r"(?:,?\s(?:desde|since|ayer|yesterday|hoy|today)\b[^,;:]*)?[.!\s]*$"
)
"""Behind it: nothing else, but since when."""
_OTHERWISE = re.compile(
    rf"(?<!\S){_IS_NOT} (?:(?![;,]|[.:](?!\d)).){{1,80}}?(?:,?\s(?P<now>sino|but)(?=\s+[^\s,]*\d|\s+[`\"#])"
    r"|,\s(?P<is>es|it is|it's)(?=\s))"
)
_CLAUSE = re.compile(rf"(?<!\S)(?:{_IS_NOT}|{_DID_NOT}).*?{_SIDE}")
_ENDED = re.compile(
    r"(?<!\S)(?P<no>ya no) (?:(?:lo |la |se )?(?:es|esta|queda|figura|sigue|usa|utiliza|corre|escucha|responde|vive))\b"
    r"|(?<!\S)(?:is|runs|lives|listens|answers)(?P<longer> no longer)\b"
    r"|(?<!\S)(?P<using>no longer) (?:uses|owns|runs)\b"
    r"|(?<!\S)(?P<stopped>dejo de ser|dejo de usar|stopped (?:being|using))\b"
    r"|(?<!\S)(?:is(?P<not>n't| not)) (?:(?![,;:]).){1,80}?(?P<more>\sany ?more)\b"
)
_NOT_ALL = re.compile(
    r"\b(?:alone|only|sol[oa]s?|solamente|por (?:la|las) (?:noches?|mananas?|tardes?)|at night|on weekends"
    r"|(?:dicen|dice|dijo|dijeron|comentan|segun|supuestamente|they say|says|said|apparently|allegedly))\b"
)
"""What is no longer so in part, or as others say."""
_HELD = {"dejo de ser": "es", "dejo de usar": "usa", "stopped being": "is", "stopped using": "uses"}
_VERB = {"sino": "  es", "but": " is", "es": "es", "it is": "   is", "it's": "  is"}


def held(one: Sentence, after: Sentence | None) -> Sentence:
    """``one`` with what it denies, or ``after`` takes back, out of the way; each word that stays keeps its place."""
    if after is not None and (_BACK.match(after.plain) or _corrects_vaguely(after)):
        return _struck(one, 0, len(one.plain), ";")
    if not _MAY_DENY.search(one.plain):
        return one
    for pattern in _THAT, _TOLD:
        if (found := pattern.search(one.plain)) is not None:
            one = _struck(one, found.start(), found.end(), ";")
    if (found := _INSTEAD.search(one.plain)) is not None and _is_plain(one, found):
        one = _struck(one, found.start(), found.start("now"), " ")
        one = _struck(one, *found.span("it"), " ") if found["it"] else one
        one = _struck(one, *found.span("set"), "es".rjust(len(found["set"]))) if found["set"] else one
    elif (found := _OTHERWISE.search(one.plain)) is not None:
        word = "now" if found["now"] else "is"
        one = _struck(one, found.start(), found.start(word), " ")
        one = _struck(one, *found.span(word), _VERB[found[word]])
    for found in _CLAUSE.finditer(one.plain):
        one = _struck(one, found.start(), found.end(), ";")
    return one


def _corrects_vaguely(after: Sentence) -> bool:
    found = _MISTAKEN.match(after.plain) if _MAY_MEND.search(after.plain) else None
    is_told = found is not None and (found["is"] or calls_wrong(after))
    return found is not None and bool(is_told) and _VAGUE.fullmatch(found["value"] or "") is not None


def _is_plain(one: Sentence, found: re.Match[str]) -> bool:
    """Whether what was done instead was done with the same thing, and ends in its value: "we set it to 30 s"."""
    if not found["set"]:
        return True
    between = one.plain[found.start() : found.start("set")]
    return _NOT_PLAINLY.search(between) is None and _JUST_A_VALUE.match(one.plain, found.end("set")) is not None


def is_named_outright(one: Sentence) -> bool:
    """Whether a sentence that says the one before to be wrong says what it *is*."""
    found = _MISTAKEN.match(one.plain)
    return found is not None and bool(found["is"])


def mended(one: Sentence) -> str:
    """What ``one`` says to be right in the place of the value before it, as it was said: "me equivoqué: es 8094"; empty
    where it says no such thing: a figure, or a name."""
    if one.asks or len(one.plain) > _MENDED_MAX:
        return ""
    found = _MISTAKEN.match(one.plain)
    value = one.text[slice(*found.span("value"))] if found is not None and found["value"] else ""
    is_named = found is not None and found["is"] and value[:1].isupper() and 1 < len(value.split()) <= 4
    return value if is_named or _FIGURE.fullmatch(folded(value)) else ""


def is_alike(value: str, other: str) -> bool:
    """Whether two figures are of one kind: 8093 and 8094, 18% and 19%, not 30 s and 10:30."""
    kinds = {re.sub(r"\d+(?:[.,]\d+)*", "9", folded(one).replace(" ", "")) for one in (value, other)}
    return len(kinds) == 1 and "9" in kinds.pop()


def calls_wrong(one: Sentence) -> bool:
    """Whether it says that what was said before it was wrong."""
    return _IS_WRONG.match(one.plain) is not None


def parted(one: Sentence) -> Sequence[Sentence]:
    """Apart where it goes on with what is right instead: "es 8093, no, me equivoqué, es 8094"."""
    may = len(one.bare) <= 2 * _MENDED_MAX and _MAY_MEND.search(one.bare)
    for found in _MENDS.finditer(one.bare) if may else ():
        last = _part(one, max(found.end(), len(one.text) - _MENDED_MAX - 1), len(one.text))
        begins = _ONLY_OH.fullmatch(one.bare, 0, found.end()) is not None
        if last.start == one.start + found.end() and not begins and mended(last):
            return _part(one, 0, found.start()), *parted(last)
    return (one,)


def _part(one: Sentence, start: int, end: int) -> Sentence:
    text, plain, bare = (each[start:end] for each in (one.text, one.plain, one.bare))
    return replace(one, text=text, plain=plain, bare=bare, start=one.start + start)


def ended(one: Sentence, after: Sentence | None) -> tuple[Sentence, int] | None:
    """``one`` as if what it says to be so no longer still were, and where that stands; None where it says no such
    thing, or is taken back."""
    found = _ENDED.search(one.plain) if _MAY_DENY.search(one.plain) else None
    if found is None or (after is not None and _BACK.match(after.plain)):
        return None
    if _THAT.search(one.plain) or _TOLD.search(one.plain) or _NOT_ALL.search(one.plain):
        return None
    for name, said in found.groupdict().items():
        if said:
            one = _struck(one, *found.span(name), _HELD.get(said, "").ljust(len(said)))
    return None if _MAY_DENY.search(one.plain) else (one, found.start())


def _struck(one: Sentence, start: int, end: int, sign: str) -> Sentence:
    """``sign`` in place of what stands there: blanks join what is around it, anything else keeps it apart."""
    put = sign if len(sign) == end - start else sign * (end - start)
    text, plain, bare = (each[:start] + put + each[end:] for each in (one.text, one.plain, one.bare))
    return replace(one, text=text, plain=plain, bare=bare)
