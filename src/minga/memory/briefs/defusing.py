"""Recalled text as data: it cannot end the block it stands in, pass for a line of it, or pass for an instruction.

What was said in a session may be anything: a web page that an agent read, a file that a stranger wrote. It is told all
the same, for it is what happened, but marked. This is no wall against a model that obeys quoted text; it takes away the
means of looking like anything else (`tests/memory/briefs/test_defusing.py` has what is known).
"""

import re
import unicodedata

from minga.memory.briefs.texts import ENGLISH, SPANISH
from minga.memory.extraction.poison import suspicious
from minga.memory.recall.words import fold

TAG = "minga-memory"

NAME_LENGTH = 40
"""Characters of an agent's or a user's name."""

_LATIN = str.maketrans(
    dict(
        zip(
            "аеорсухіјѕһԁԛԝАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιαν",
            "aeopcyxijshdqwABEKMHOPCTYXIJSABEZHIKMNOPTYXoiav",
            strict=True,
        )
    )
    | {chr(0xFEE0 + one): chr(one) for one in range(ord("A"), ord("z") + 1)}
)
"""Cyrillic, Greek and wide letters that look like those of English."""

_HIDDEN = (
    r"[\s\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff]*"
)
_OPENING = "[<＜﹤‹〈]"


def _shapes(word: str) -> str:
    """Matches it in letters that look like its own, with what hides between them."""
    looks = ("".join(chr(one) for one, other in _LATIN.items() if other.lower() == letter) for letter in word)
    return _HIDDEN.join(f"[{letter}{others}]" for letter, others in zip(word, looks, strict=True))


_APART = rf"(?:\W|_|{_HIDDEN[:-1]}){{0,40}}?"
_TAG = re.compile(rf"{_OPENING}(?={_APART}{_shapes('minga')}{_APART}{_shapes('memory')})", re.I)
_FRAMES = re.compile(
    rf"{_OPENING}(?={_HIDDEN}/?{_HIDDEN}(?:\w{{1,20}}:)?(?:system|instructions?|admin|developer|important|assistant|user|human"
    r"|function_(?:call|result)s?|tool_(?:call|result|use)s?|(?:start|end)_of_turn)\b)"
    rf"|{_OPENING}(?={_HIDDEN}\|)|{_OPENING}(?={_HIDDEN}{_OPENING}{_HIDDEN}/?SYS)|\[(?=/?INST\])|(?<!\w)\[(?=/?SYSTEM\])",
    re.I,
)
"""Marks by which models know who speaks to them."""

_OPENINGS, _CLOSINGS = "［【〔〖〚⟦⦋⁅❲﹝[", r"\]］】〕〗〛⟧⦌⁆❳﹞"
_BESIDE = r"[^\w\s\x00-\x7f]*"
_ID = rf"(?<![^\W_])(?:[tnfd]|[^\W_\x00-\x7f]){_BESIDE}(?:[^\W_]{_BESIDE}){{6}}"
_DAY = rf"{_BESIDE}(?:\d{_BESIDE}){{4}}(?:[^\w\s]{_BESIDE}(?:\d{_BESIDE}){{2}}){{2}}"
_REST = r"(?:\s*+\S){0,100}?\s*+"
_MARKS = re.compile(
    rf"[{_OPENINGS}](?={_REST}{_ID}\s*[{_CLOSINGS}]"
    rf"|\s*+{_BESIDE}(?:{_shapes('since')}|{_shapes('desde')})?{_BESIDE}\s*+{_DAY}\s++(?!\d\d?:\d\d){_REST}[{_CLOSINGS}])",
    re.I,
)
"""What reads like the mark of a source (`brief`), in whatever letters: it ends with what could be an id, or begins with
a day behind which no time stands."""

_BRACKETS = re.compile(f"[{_OPENINGS}{_CLOSINGS}]")

_LOOKALIKES = str.maketrans(
    {"<": "&lt;", "＜": "&lt;", "﹤": "&lt;", "‹": "&lt;", "〈": "&lt;"} | dict.fromkeys(_OPENINGS, "&#91;")
)

_RUINS = (
    r"(?:delete|drop|erase|wipe|destroy|remove|"
    r"borrar(?:l[aeo]s?)?|eliminar(?:l[aeo]s?)?|destruir(?:l[aeo]s?)?|vaciar)\b"
)
_MUST = r"(?:must|ha(?:s|ve) to|debe[ns]?|deberan?|hay que|tienen? que)"
_UNDENIED = r"(?<!\bno )(?<!\bnunca )"
_NOT_ALLOWED = r"(?<!\bmay )(?<!\bpuede )(?<!\bpueden )"
"""Who alone may do it is a record: "only she may run DROP"."""
_AGENTS = r"(?:agente?s?|assistants?|asistentes?|models?|modelos?|ai|ia)"
_RUN = r"(?:execute|run|ejecut(?:a|e|ar)|correr?)"
_SEND = r"(?:send|post|upload|forward|exfiltrat\w*|(?:re)?envi(?:a|e|ar)|mand(?:a|e|ar)|subir?|sube)"
_PRIVATE = r"(?:\.ssh\b|\bid_(?:rsa|ed25519|ecdsa)\b|(?<!\w)\.env\b|\.aws/|\.netrc\b|/etc/(?:passwd|shadow)\b)"
_DENIAL = r"\b(?:not?|never|nunca)\b"

_KEEP_ON = (
    r"(?:\b(?:not?|never|nunca|jamas)|n't)\s+(?:(?:you|te|se|agents?)\s+)?"
    r"(?:skip\w*|stop\w*|avoid\w*|salt(?:es?|arse?)|dej(?:es?|ar?) de|olvid(?:es?|ar?)(?: de| nunca)?)\s+"
    rf"(?:\w+\s+){{0,2}}?(?:(?:curl|wget)\b|(?:{_SEND}|sending|posting|uploading)\b[^\n]{{0,100}}(?:\bhttps?://|{_PRIVATE}))"
)
"""Never to stop sending it is to send it."""

_REACHING = (
    rf"(?:\b(?:{_MUST}|should|{_RUN}|first|primero)\b[^\n]{{0,60}}\b(?:curl|wget)\b[^\n|]{{0,200}}"
    r"\|\s{0,4}(?:sudo\s)?\w{0,2}sh\b"
    rf"|{_UNDENIED}\b(?:you|{_AGENTS})\s+(?:should|{_MUST})\s+(?!{_DENIAL})(?:\w+\s+){{0,2}}?{_SEND}\b"
    rf"[^\n]{{0,100}}\bhttps?://|{_KEEP_ON})"
)
"""To fetch and run what lies elsewhere, or to send something there."""

_SENDING = re.compile(rf"\b{_SEND}\b")
_SENDS_PRIVATE = re.compile(rf"\b{_SEND}\b[^\n]{{0,80}}{_PRIVATE}")
_FORBIDS = re.compile(
    r"(?:^|[.;:,(\n])(?:(?!\b(?:if|si|unless|when|cuando|why|por que|until|hasta|you are|eres)\b)[^.;:,(\n])*"
    r"(?:\b(?:(?<!never )(?<!nunca )(?:no|not)|nunca|jamas|never|ni|nor|prohibido|prohibe|evita|evitar|avoid)|n't)\s+"
    rf"(?:(?:se|ever|you|agents?|deb(?:e|es|en)|hay que)\s+){{0,3}}(?:{_SEND}\s+(?:[ouy]|or|and|ni)\s+)?$"
)
"""Before a verb: nobody is to do it. What is said under a condition may well order it."""
_NEGATES = re.compile(r"\b(?:no|not|nunca|jamas|never|prohib\w*|evit\w*|avoid\w*)\b|n't")
_LEAVES_OPEN = re.compile(
    r"://|\b(?:but|except|only|unless|sino|salvo|excepto|solo|solamente|unic\w+|error|mistake|wrong|mal|olvid\w*|forget\w*"
    r"|dej\w+|stop\w*|skip\w*|salt\w+|fail\w*)\b"
)
"""What is denied twice, or but for one place, is ordered; a rule that forbids needs no address."""

_INSTRUCTING = re.compile(
    r"\b(?:ignor\w*|disregard\w*|forget\w*|override\w*|overrid\w*|bypass\w*|olvid\w*|descart\w*|omit\w*|salt(?:a|ate|ese)\w*)\b"
    r"[^.\n]{0,60}\b(?:instruc\w*|rules?|reglas?|prompts?|indicaci\w*|guidelines?|directives?|directrices|ordenes|above|"
    r"anterior(?:es)?|previ(?:ous|as|os)|prior|memory|memoria)\b"
    r"|\b(?:new|updated|real|nuevas?|verdaderas?) (?:system )?(?:instructions?|instrucciones|ordenes|prompt)\b"
    r"|\bsystem prompt\b|\bprompt d(?:el|e) sistema\b|\bdeveloper mode\b|\bmodo desarrollador\b|\bjailbreak\w*"
    r"|\byou (?:are now|must now|will now)\b|\bact as (?:an?|the) \w+|\bfrom now on,? you\b|\b(?:ahora eres|actua como|"
    r"desde ahora eres|a partir de ahora eres)\b"
    r"|\b(?:do not|don't|never|no (?:le|les|se lo)) (?:tell|inform|mention|reveal|digas?|cuentes?|menciones?|avises?)\b"
    r"|\b(?:execute|run|ejecuta|corre) (?:this|the following|lo siguiente|este comando|esto)\b"
    r"|\b(?:send|post|upload|exfiltrat\w*|envia|manda|sube)\b[^.\n]{0,60}\b(?:keys?|tokens?|passwords?|secrets?|credential\w*|"
    r"claves?|contrasenas?|credenciales?|secretos?)\b"
    r"|(?:^|\n)\s*(?:system|sistema|assistant|asistente|human|developer|user|usuario)\s*:"
    r"|(?:^|\n)\s*\[(?:[^\[\]\n]{0,60}\s)?[tnfd][a-z0-9]{6}\]"
    rf"|\b{_RUN}\W{{1,3}}(?:sudo\W{{1,3}})?(?:rm|dd|mkfs\w*|shred|curl|wget|chmod)\b"
    rf"|{_NOT_ALLOWED}\b{_RUN}\W{{1,3}}(?:drop|truncate)\b"
    rf"|{_REACHING}"
    r"|\b(?:you (?:must|have to|need to)|debes|deberas|tienes que)\s+(?:\w+\s+){0,2}?"
    rf"(?:{_RUINS}|(?:execute|ejecutar)\b)"
    r"|\b(?:important|importante|urgent|urgente|attention|atencion)\s*[:!]+\s*"
    r"(?:you must|you have to|debes|tienes que)\b"
    rf"|\b{_AGENTS}\s+(?:should|{_MUST})\s+(?!{_DENIAL})(?:\w+\s+){{0,2}}?{_RUINS}"
    rf"|{_UNDENIED}\b{_MUST}\s+(?!{_DENIAL})(?:\w+\s+){{0,2}}?{_RUINS}\s+(?:\w+\s+){{0,2}}?"
    r"(?:databases?|base de datos|produc\w+|repositor\w*|backups?|respaldos?|everything|todo)\b"
    rf"|{_UNDENIED}\b(?:hazlo|haganlo|procede|do it|proceed|{_MUST})\b(?:(?!{_DENIAL})[^.\n]){{0,60}}"
    r"\b(?:sin (?:preguntar|confirmar|pedir)|without (?:asking|confirm\w+|permission|approval))\b"
    r"|\b(?:do not|don't|never|no) (?:ask|pid(?:as?|an)|pregunt(?:es?|en))\b[^.\n]{0,30}"
    r"\b(?:confirm\w+|permission|approval|permiso|aprobacion)\b"
    r"|\b(?:your|tu) (?:new|nueva?|nuevo) (?:task|job|goal|role|tarea|mision|objetivo|rol)\s*(?::|is\b|es\b)"
    r"|[\"']role[\"']\s*:\s*[\"'](?:system|developer)\b"
)
"""In folded text, besides what `extraction.poison` sees. Rather too often than too seldom: being quoted harms no
record."""

_OWN_HEADS = re.compile(
    "|".join(
        re.escape(fold(one))
        for each in (ENGLISH, SPANISH)
        for one in (each.head, each.rules, each.project_rules, each.record)
    )
)
"""What a brief says at its beginning and above its parts: nothing recalled speaks in its place."""

_OWN_WORDS = "|".join(
    re.escape(fold(one.partition("{")[0]))
    for each in (ENGLISH, SPANISH)
    for one in (each.quoted, each.disputed, each.in_short, each.until)
)
_OWN_BEGINNINGS = re.compile(rf"(?:^|\n)\s*(?:{_OWN_WORDS})")
"""What a brief says of a piece, in front of it."""

_UNSEEN_LETTERS = re.compile("[\u115f\u1160\u3164\uffa0]")

_SPACES = re.compile(r"[^\S\n]+")


def defused(text: str) -> str:
    """``text`` without what steers a terminal or hides from the eye, and with its marks of speakers, blocks and sources
    escaped. Its words stay."""
    text = plain(text)
    for pattern in (_TAG, _MARKS, _FRAMES):
        text = pattern.sub(lambda found: found[0].translate(_LOOKALIKES), text)
    return text


def plain(text: str) -> str:
    """``text`` without what steers a terminal or hides from the eye."""
    text = unicodedata.normalize("NFC", re.sub(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text))
    return _visible(text)


def in_mark(name: str) -> str:
    """A name as it may stand in the mark of a source, or before what was said."""
    return one_line(defused(_BRACKETS.sub("", plain(name))))[:NAME_LENGTH]


def instructs(text: str) -> bool:
    """Whether ``text`` reads like an attempt to give orders to a model, also after it was `defused`."""
    seen = _visible(text)
    seen = seen if seen.isascii() else seen.translate(_LATIN)
    seen = seen.replace("&lt;", "<").replace("&#91;", "[")
    whole = fold(seen)
    signs = (_INSTRUCTING.search(whole), _OWN_HEADS.search(one_line(whole)), _OWN_BEGINNINGS.search(whole))
    return bool(suspicious(seen) or any(signs) or _sends_private(whole) or _FRAMES.search(seen))


def reaches_out(text: str) -> bool:
    """Whether ``text`` orders to fetch and run what lies elsewhere, or to send away what is private: no rule does, but
    many forbid it."""
    whole = fold(_visible(text))
    return re.search(_REACHING, whole) is not None or _sends_private(whole)


def _sends_private(whole: str) -> bool:
    """Unless all sending in it is forbidden."""
    if _SENDS_PRIVATE.search(whole) is None:
        return False
    return (
        _LEAVES_OPEN.search(whole) is not None
        or len(_NEGATES.findall(whole)) != 1
        or any(
            _FORBIDS.search(whole[max(0, one.start() - 120) : one.start()]) is None for one in _SENDING.finditer(whole)
        )
    )


def one_line(text: str) -> str:
    return " ".join(text.split())


def indented(text: str) -> str:
    """Lines after the first begin with blanks, so that none of them looks like a line of the brief."""
    lines = [_SPACES.sub(" ", line) if number == 0 else line.rstrip() for number, line in enumerate(text.split("\n"))]
    return "\n  ".join(line for line in lines if line.strip())


def quoted(text: str) -> str:
    return "«" + text.replace("«", "‹").replace("»", "›") + "»"


def _visible(text: str) -> str:
    if text.replace("\n", "").replace("\t", "").isprintable() and not _UNSEEN_LETTERS.search(text):
        return text  # as nearly all are
    return "".join(one for one in text if one in "\n\t" or not _is_unseen(one))


def _is_unseen(character: str) -> bool:
    """Controls, directions of writing, marks and letters without a width; surrogates, which no text can hold. The
    joiner of emoji stays."""
    if _UNSEEN_LETTERS.match(character):
        return True
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") and character != "\u200d"
