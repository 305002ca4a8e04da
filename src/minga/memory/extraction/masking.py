"""Secrets are never stored in memory: what looks like one is replaced by ``[secret]`` before anything is derived."""

import re

MASK = "[secret]"

_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON web token
    r"|(?:sk|rk|pk)[-_](?:live|test|ant|proj|or|svcacct)[-_][\w-]{12,}|sk-[A-Za-z0-9]{20,}|mk-[\w-]{32,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|cbt|dt|rt|soat)-[\w-]{16,}"
    r"|xox[abeoprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,}"
    r"|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}|dckr_pat_[\w-]{20,}|dop_v1_[a-f0-9]{40,}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}|whsec_[A-Za-z0-9+/=]{20,}|shp(?:at|ss)_[a-fA-F0-9]{32}|hv[sb]\.[\w-]{20,}"
    r"|(?<=hooks\.slack\.com/services/)[\w/]{20,}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{20,}|ATATT3[\w=-]{20,}|lin_api_\w{20,}|glsa_\w{20,}|tskey-[\w-]{20,}"
    r")"
)
_URL = re.compile(r"(?<=://)([^\s:/@'\"`<>]{0,80}):([^\s/@'\"`<>]{1,200})(?=@)")
_SCHEME = re.compile(r"\b((?:Bearer|Basic|Token|ApiKey)\s+)(?=[A-Za-z0-9._~+/=-]*\d)([A-Za-z0-9._~+/=-]{12,})")
_NAMED = re.compile(
    r"((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key"
    r"|client[_-]?secret"
    r"|auth|credential|clave|contrase(?:ñ|n)a)s?(?:['\"]|\*\*)?\s{0,3}(?:=|:|=>|:=)"
    r"(?:\*\*(?=\s))?\s{0,3})(\"[^\"\n]{1,200}\""
    r"|'[^'\n]{1,200}'|[^\s'\"`,;<>]{1,200})",
    re.IGNORECASE,
)
_NO_COLUMN = r"(?!\s+(?:primari|for[aá]ne|compuest|[uú]nic|natural|de\s+(?:b[uú]squeda|orden)))"
"""Of a table, what is called a key is a column."""

_TOLD = re.compile(
    rf"\b((?:password|passphrase|pass|pin|token|api key|secret|clave{_NO_COLUMN}|contrase(?:ñ|n)a|credencial)"
    r"(?:\s+(?:de|del|for|of|to|the|la|el|los|las|un|una|[\w.@-]{1,30})){0,5}?\s+(?:es|is|era|was|sera|será"
    r"|quedó|quedo|en)\s+"
    r"(?:ahora\s+|now\s+)?)([`\"'«]?)((?<=«)[^»\n]{4,100}|[^\s`\"'«]{4,100})",
    re.IGNORECASE,
)
_SECRET = rf"(?:password|passphrase|passcode|clave{_NO_COLUMN}|contrase(?:ñ|n)a)s?"
_TOLD_AFTER = re.compile(
    rf"\b({_SECRET}\s+(?:del?|para|of|for|to)(?:\s+(?:[\w@-]{{1,30}}|(?:Ltda|Cía|S\.A|SpA|Av|Sra?)\.)){{1,12}}?\s+"
    r"(?:es|is|era|was|sera|será)\s+(?:ahora\s+|now\s+)?)([`\"'«]?)([^\s`\"'«]{6,100})",
    re.IGNORECASE,
)
"""Of something that has many words."""

_IS_ONE = (
    r"\s{1,3}(?:es|is|era|was)\s+(?:la|the|mi|tu|su|nuestra|my|your|our)\s+(?:\w{1,20}\s+)?"
    rf"{_SECRET}(?:\s+(?:del?|para|of|for|to)\b|\s*(?:[.,;)]|$))"
)
_IS_SAID = re.compile(_IS_ONE, re.IGNORECASE)
_TOLD_BEFORE = re.compile(
    rf"(?<![^\s`\"'«(])([^\s`\"'«»(]{{6,100}}+)(?=[`\"'»]?{_IS_ONE})",
    re.IGNORECASE,
)
"""The other way round: 7f3a is the password of the printer."""

_OF = re.compile(
    rf"\b((?:password|passphrase|passcode|pin|token|api key|secret|clave{_NO_COLUMN}|contrase(?:ñ|n)a|credencial)"
    r"(?:\s+[\w.@-]{1,30}){0,6}?(?:\*\*)?\s{0,3}(?:=|:|=>|->|:=)(?:\*\*(?=\s))?\s{0,3}"
    r"|\b(?:password|passwd|contrase(?:ñ|n)a)\s+)"
    r"([`\"']?)([^\s`\"']{4,100})",
    re.IGNORECASE,
)
"""Of something: the key of the printer: 7f3a; and without a sign, as in a netrc file: password hunter2."""

_GIVEN = re.compile(
    rf"(\b(?:(?:la|mi|con|como|the|my|with|as)\s+{_SECRET}\s+(?!en\b|in\b)"
    rf"|(?:cambi|chang|reset|set|pus|pon|actualiz|updat)\w{{0,6}}\s+(?:[\w@-]{{1,30}}\s+){{0,3}}?{_SECRET}\s+"
    r"(?:[\w@-]{1,30}\s+){0,6}?(?:a|to|por|by)\s+)"
    r"|\[secret\][,;.]?\s+(?:y\s+|and\s+)?(?:ahora\s+es|sino|now\s+it\s+is|now\s+it's|but)\s+)"
    r"([`\"'«]?)([^\s`\"'«»_./\[\]]{8,100})",
    re.IGNORECASE,
)
"""Without a verb: "with the key 7f3a…", "changed the password to …", and what came in the place of one."""

_DOOR = (
    r"(?:wi-?fi|router|correo|mail|usuario|cuenta|portal|sii|banco|admin|administrador|root|notebook|vpn|nas|alarma"
    r"|base de datos)"
)
_WORD = re.compile(
    r"(?<!de )(?<!de la )(?<!del )(?<!con la )(?<!of )(?<!of the )(?<!for the )"
    r"\b((?:(?:password|passphrase|passcode|contrase(?:ñ|n)a)(?:\s+(?:del?|para|of|for|to)(?:\s+[\w@-]{1,30}){1,5}?)?"
    rf"|clave\s+(?:del?|para)\s+(?:la\s+|el\s+)?{_DOOR}(?:\s+[\w@-]{{1,30}}){{0,4}}?)\s+(?:es|is|era|was)\s+"
    r"(?:ahora\s+|now\s+)?)(\**)([^\W\d_]{5,40})(?=[\s*]*(?:[.,;)\n]|$))",
    re.IGNORECASE,
)
"""A plain word that ends what is said of a password."""

_DESCRIBES = re.compile(
    r"(?:\w+(?:ad|id|ct)[oa]s?"
    r"|\w+(?:ed|ible|able|[ae]nte|[ae]nt|al|ar|il|ing|ly|iv[ao]|ive|ous|ory|ura|mente)s?"
    r"|robusta|compleja|sencilla|fuerte|débil|simple|facil|fácil|otra|igual|correcta|falsa|vieja|nueva|buena|larga"
    r"|corta|nuestra|suya|única|pública|secreta|segura|insegura|misma|vacía|obligatoria|necesaria|cierta|cualquiera"
    r"|ninguna|aquella|interna|confusa|antigua|distinta|mejor|peor|mañana"
    r"|strong|wrong|right|short|there|known|secret|unknown|public|empty|yours|theirs|enough|stolen|broken|lost|older"
    r"|newer|longer|shorter|unique|random|blank|reset|stale|legacy|hidden|below|above|tomorrow|today|strict|again"
    r"|shown|given|different)",
    re.IGNORECASE,
)
"""What tells of a password how it is: no password."""

_FIGURES = re.compile(
    r"\b((?:pin|passcode|c(?:ó|o)digo de seguridad|clave|password|contrase(?:ñ|n)a)(?:\s+[\w.@-]{1,30}){0,6}?"
    r"(?:\s+(?:es|is|era|was)\s+|\s{0,3}[=:]\s{0,3}))()(\d[\d-]{2,14}\d)(?![\w.,%]*\w)",
    re.IGNORECASE,
)
"""A secret that is a number: only where it is said to be one."""

_PHRASE = re.compile(
    r"((?:passphrase|seed phrase|frase (?:de paso|semilla|secreta))\s{0,3}(?:=|:|es|is)\s{0,3})"
    r"([^\W\d_]{3,}(?:[ \t]+[^\W\d_]{3,}){3,23})",
    re.IGNORECASE,
)

_OPTION = re.compile(
    r"((?:^|\s)(?:--(?:password|passwd|token|api-key|secret|passphrase)[ =]|-p(?=['\"])"
    r"|-u\s?[\w.-]{1,60}:)|\bsshpass\s+-p\s?|\bredis-cli\b[^\n]{0,80}?\s-a\s|\blogin\b[^\n]{0,80}?\s-p\s)(\S{3,200})"
)
_COOKIE = re.compile(r"\b((?:set-)?cookie:\s*|[;,]\s*)([\w.-]{1,60}=)(?=[\w%.+/=-]*\d)[\w%.+/=-]{12,}", re.IGNORECASE)
_CAF_KEY = re.compile(r"(<RSASK>)[^<]{1,8000}(?=</RSASK>|$)")
_LONG = re.compile(
    r"(?<![\w+/=.-])(?=[\w+=-]{0,60}[a-z])(?=[\w+=-]{0,60}[A-Z])(?=(?:[\w+=-]{0,30}\d){3})[A-Za-z0-9_+=-]{40,}"
    r"(?![\w./])"
)
_HINT = re.compile(r"pass|pwd|secret|token|key|auth|credential|clave|contrase|pin\b", re.IGNORECASE)
_COUNT = re.compile(r"(?:tokens?|keys?|auth)\b\W{0,6}[\d.,]+(?:k|m)?\W?$", re.IGNORECASE)
_REFERENCE = re.compile(
    r"[$%{(<.\[]|\*\W*$|\*(?!\*|\w*\d)"
    r"|(?:os\.|env|process\.|getenv|null|none|true|false|xxx|\.\.\.|str\b|string\b|int\b|self)",
    re.IGNORECASE,
)
_STARRED = re.compile(r"\*{3,}[^\s*]")
"""A part of a secret is hidden; two asterisks only stress what follows."""


def masked(text: str) -> str:
    """``text`` without what looks like a secret. Takes time in proportion to the length."""
    if "PRIVATE KEY" in text:
        text = _without_keys(text)
    if "<RSASK>" in text:
        text = _CAF_KEY.sub(lambda found: found[1] + MASK, text)
    text = _TOKEN.sub(MASK, text)
    if "://" in text:
        text = _URL.sub(lambda found: f"{found[1]}:{MASK}", text)
    text = _LONG.sub(MASK, text)
    if "ookie:" in text or "OOKIE:" in text:
        text = _COOKIE.sub(lambda found: f"{found[1]}{found[2]}{MASK}", text)
    if _HINT.search(text) or " -" in text:
        text = _SCHEME.sub(lambda found: found[1] + MASK, text)
        text = _OPTION.sub(lambda found: found[0] if _REFERENCE.match(found[2]) else found[1] + MASK, text)
        text = _NAMED.sub(_named, text)
        text = _PHRASE.sub(lambda found: found[1] + MASK, text)
        text = _TOLD.sub(_told, text)
        text = _TOLD_AFTER.sub(_told, text)
        if _IS_SAID.search(text):
            text = _TOLD_BEFORE.sub(lambda found: MASK if _looks(found[1]) and MASK not in found[1] else found[0], text)
        text = _OF.sub(lambda found: _told(found) if _looks(found[3]) else found[0], text)
        text = _GIVEN.sub(lambda found: _told(found) if _mixes(found[3]) else found[0], text)
        text = _FIGURES.sub(lambda found: found[1] + MASK, text)
        text = _WORD.sub(lambda found: found[0] if _DESCRIBES.fullmatch(found[3]) else found[1] + MASK, text)
    return text


def _without_keys(text: str) -> str:
    kept: list[str] = []
    place = 0
    while (begin := _KEY_BEGINS.search(text, place)) is not None:
        kept += text[place : begin.start()], MASK
        end = _KEY_ENDS.search(text, begin.end())
        if end is None:
            return "".join(kept)
        place = end.end()
    return "".join((*kept, text[place:]))


def _named(found: re.Match[str]) -> str:
    """A value that is given a name of a secret; what only says where to find it stays, and so does a word of prose."""
    value = found[2].strip("\"'")
    quoted = value != found[2] or _STARRED.match(value) is not None
    value = value.strip("*") if value.startswith("**") else value
    if value.startswith(MASK) or len(value) < 4 or _REFERENCE.match(value) or _COUNT.match(found[0]):
        return found[0]
    if not quoted and value.isalpha() and (found[1].endswith(" ") or len(value) < 6):
        return found[0]
    return found[1] + MASK


def _told(found: re.Match[str]) -> str:
    """Said in a sentence: a value in quotes, or one that no word looks like."""
    value = found[3].rstrip(".,;:)")
    if value.startswith(MASK) or not (found[2] or _looks(value)) or _REFERENCE.match(value):
        return found[0]
    return f"{found[1]}{found[2]}{MASK}{found[3][len(value) :]}"


def _mixes(value: str) -> bool:
    """Letters with figures: more than a sign makes it no word."""
    return any(map(str.isdigit, value)) and any(map(str.isalpha, value))


def _looks(value: str) -> bool:
    """Like no word."""
    return _mixes(value) or any(sign in "!#$%&*@^" for sign in value.strip("*"))
