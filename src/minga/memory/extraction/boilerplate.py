"""Texts that say nothing worth keeping: greetings, "ok, continue", announcements, notices of a CLI, refusals, noise."""

import re

from minga.memory.extraction.announcing import announces
from minga.memory.extraction.everyday import is_everyday
from minga.memory.extraction.smalltalk import is_small_talk
from minga.memory.extraction.wording import folded

SHORT = 200
"""Characters up to which a text may be nothing but a phrase."""

_PHATIC = frozenset(
    """
    a ah ahi ahora aja altiro amigo ay bacan bien bkn bravo bro bueno buena buenas buenisimo buenos cachado cachai
    chao chau che chuta claro clarisimo compadre con continua continuar continue continuemos copiado correcto crack
    cosa cosas dale de demas desde dime dude e el en entendido epa es eso esta estamos este estupendo excelente
    exacto feliz finiquitado genial go gracias gracia grande ha hasta hecho hello hey hi hola igual ja joya la las
    lindo listo listoco lo los luego maestro mas mil mucha muchas mucho muy nada nice no nos noted ok oka okas okay
    okey okis ole oye para parece perfecto perfecta plop por porfa porfi porfavor prosigue pucha que q si sigamos
    sigue seguimos siguiente sip super suerte saludos tal tambien tanto te tipo todo tranqui tu uf uff un una vale
    vamos viste vemos wena weno wenas y ya yap yapo yes yup again ahead alright all and amazing are awesome bye
    cheers cool day done excellent fine for good got great happy have is it keep later lets let lol looks makes me
    much my now of on perfect please proceed right see sense so sounds sure thank thanks that thats the then there
    this thx too ty understood very we welcome well works wow yeah yep you your al ayuda buen chaoo do eres favor
    hazlo lgtm lot asi cuidate momento nomas pls plis po provecho quedo razon risa ship tenis tienes voy wait sipo
    nopo nop yapos oki wn weon cabros cabras chiquillos chiquillas chicos chicas equipo team guys folks everyone
    gente amiga amigos compa hermano jefe jefa raja filete impeque piola onda np yw tyvm nvm omg yay sweet roger ack
    gotcha oops phew aww ouch mate next
    """.split()  # noqa: SIM905 - words
)
"""Words that greet, thank, agree, take leave or go on. A text of these and small talk alone says nothing; days are
not among them: "sí, el viernes" decides."""

_GREETS = frozenset(
    """
    hola hello hi hey buenas buenos wena wenas good chao bye saludos
    """.split()  # noqa: SIM905 - words
)
_WORD = re.compile(r"[a-z0-9_]+")

_FIGURE = re.compile(r"\d|porque|because|since\b|ya que")
_DECIDES = re.compile(
    "|".join(
        (
            r"\b(?:eso|esto|esos?|esas?|est[ae]|asi|that|this|it) not?\s*(?:$|[,.;!])",
            r"^(?:eso|es[ae]|est[ae]|asi) si[.!]*$|\bno (?:(?:es|era|fue|son|va) )?asi\b",
            r"\bya no(?:$|[,.;!]| (?:es|era|son|va|van|corre|esta|estan|sirve)\b)",
            r"\b(?:con|with) (?:es[ae]|est[ae]|aquel|aquella|this|that)$",
            r"\b(?:mas|more) (?:grande|big)|\b(?:mi|my) (?:ok|okay|aviso)\b",
            r"\bgustan? mas\b|\b(?:like|love) (?:it|this|that|them) (?:more|better)\b",
            r"\bles? (?:gust|encant|carg)[a-z]+",
            r"\bno est(?:a|an|aba|aban|uvo)\b(?! (?:nada )?mal)",
            r"\b(?:is|are)(?:n't| not) (?:ready|right|done|good|so)\b",
            r"^not (?:ready|right|good|okay|ok)[.!]*$",
            r"^(?:avisa|pregunta|consulta|di)(?:me|nos|les?) (?:antes|primero)\b",
            r"\bpuedes? [a-z]+ todo\b|\b(?:you|u) (?:can|may) (?!have)[a-z]+ (?:(?:it|them) all|everything)\b",
            r"^(?:si|yes|yep|yeah),? (?:todo|all(?: of (?:it|them))?|everything)[.!]*$",
            r"^(?:ha(?:z|ga)l[ao]s?|elige|decide) (?:tu|usted)\b|\bdo (?:it|that|this) (?:my|your)self\b",
        )
    )
)
"""A few words that agree with nothing, but choose, refuse, allow or prefer: "no, eso no", "dale con ese"."""

_REFUSAL = re.compile(
    r"(?:(?:lo siento|disculpa|perdon|i'm sorry|i am sorry|sorry|i apologize)[,.]?\s+(?:pero\s+|but\s+)?)?"
    r"(?:no puedo (?:ayudar|ayudarte|asistir|cumplir|hacer eso|continuar con es)|no me es posible (?:ayudar|hacer)"
    r"|(?:i\s?)?(?:can't|cannot|can not|won't|am unable to|'m unable to|'m not able to|am not able to"
    r"|won't be able to) (?:help|assist|comply|do that|continue with|fulfill|provide that)"
    r"|como (?:un )?modelo de (?:lenguaje|ia)|as an? (?:ai |large )?language model\b)"
)
_NOTICE = re.compile(
    r"\[?request interrupted|api error(?: \(|:)|you've (?:hit|reached) your|(?:claude|codex|gemini) (?:ai )?usage limit"
    r"|usage limit reached(?:[|.]|$)"
    r"|rate limit(?:ed| exceeded| reached)|prompt is too long|invalid api key|no response requested"
    r"|tool ran without output"
    r"|\(no (?:content|output)\)|command completed|exit code:? -?\d+$|process exited with code|conversation "
    r"(?:compacted|cleared)"
    r"|compacted\b|context low\b"
    r"|tool (?:use|call) (?:was )?(?:rejected|denied|cancelled)|the user doesn't want to proceed"
    r"|unknown command:"
    r"|see ctrl\+|limite de uso alcanzado|has alcanzado (?:tu|el) limite|operacion cancelada|session limit reached"
    r"|overloaded_error|internal server error$|connection error|stream (?:error|disconnected)"
)
_SHOWN = re.compile(
    r"(?:[^\n]{0,160}\([^()\n]{0,60}\b(?:ctrl|cmd|esc|tab)\b[^()\n]{0,10}"
    r" to (?:interrupt|expand|collapse|cancel|stop|exit|toggle|show|see more|run in background)[^()\n]{0,20}\)"
    r"|[^\w\n]{0,4}(?:read|wrote|searched|listed|thought|worked|baked|brewed|cooked)(?: for)? \d[\d.,]*"
    r" ?(?:files?|lines?|patterns?|paths?|directories|s|m|secs?|seconds?|minutes?)(?: \d+ ?s)?)[\s.…]*"
)
"""A line of what a CLI shows while it works: with the key that ends or opens it, or what was read by its count."""

_COLOURS = re.compile(r"\x1b\[[\d;]{0,20}[A-Za-z]")
_DIGEST = re.compile(r"[0-9a-fA-F-]{32,}")
_SAYS = re.compile(r"[^\W\d_]{2}")
_NAMES = re.compile(r"soy\b|this is\b|i'm\b|here\b|aca\b")


def is_boilerplate(text: str) -> str:
    """Why a text says nothing to remember (``empty``, ``noise``, ``greeting``, ``acknowledgement``, ``progress``,
    ``refusal``, ``notice``), or the empty string where it may say something."""
    text = _COLOURS.sub("", text).strip()
    if not text:
        return "empty"
    if _is_noise(text):
        return "noise"
    if len(text) > SHORT:
        return ""
    plain = folded(text)
    if _DECIDES.search(plain):
        return ""
    if _is_talk(text):
        return "greeting" if not _GREETS.isdisjoint(_WORD.findall(plain)) else "acknowledgement"
    if _NOTICE.match(plain) or all(map(_SHOWN.fullmatch, plain.splitlines())):
        return "notice"
    if _REFUSAL.match(plain) and not _FIGURE.search(plain):
        return "refusal"
    return "progress" if announces(text, _is_talk) else ""


def _is_phrase(text: str) -> bool:
    return is_small_talk(text, _PHATIC)


def _is_talk(text: str) -> bool:
    return _is_phrase(text) or is_everyday(text, _is_phrase, _PHATIC)


def _is_noise(text: str) -> bool:
    """Hardly any letters, or no two of them beside one another (rules, tables of numbers, progress bars, dumps), or one
    endless word (base64), or nothing but a hash or an id."""
    start = text[:2000]
    letters = sum(map(str.isalpha, start))
    if sum("\u2500" <= one <= "\u259f" for one in start) > 0.2 * len(start):
        return True
    if not _SAYS.search(start):
        return not any(map(str.isdigit, start)) or len(start) > 40
    longest = max(map(len, start.split()))
    if _DIGEST.fullmatch(text):
        return True
    return (len(start) > 40 and letters / len(start) < 0.25) or (longest > 120 and longest > 0.8 * len(start))
