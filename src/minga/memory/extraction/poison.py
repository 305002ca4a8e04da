"""Texts that try to instruct whoever reads them from memory: stored as data, marked, and never made into rules."""

import re

from minga.domain.memory import Passage
from minga.memory.extraction.wording import TEXT_MAX, folded

_SIGNS = (
    (
        "overrides instructions",
        re.compile(
            r"\b(?:ignore|disregard|forget|override|bypass|ignora|ignore|ignoren|olvida|olvide|descarta"
            r"|desobedece|omite)"
            r"(?:\s+(?:all|any|the|your|these|those|every|toda[s]?|todo[s]?|la[s]?|lo[s]?|el|tu[s]?|su[s]?"
            r"|cualquier|of)){0,4}"
            r"\s+(?:(?:previous|prior|above|earlier|preceding|existing|system|safety|developer|original"
            r"|anteriores|previas|del sistema"
            r"|de seguridad|initial)\s+){0,2}(?:instructions?|prompts?|rules|guidelines|directives|safeguards"
            r"|instruccion(?:es)?"
            r"|reglas|directrices|indicaciones)"
            r"(?:\s+(?:anteriores|previas|de arriba|del sistema|de seguridad|originales|above|before))?"
        ),
    ),
    (
        "speaks as the system",
        re.compile(
            r"^[^\S\n]*(?:\W{0,3})(?:system|sistema|developer|assistant|asistente)\s*"
            r"(?:(?:prompt|message|override|note|mensaje)\s*)?(?:\]\s*)?:\s*\S"
            r"|<\|(?:im_start|im_end|system|endoftext|start_header_id)\|>|\[/?inst\]|<<sys>>|^[^\S\n]*#{2,}\s*"
            r"(?:system|instruction)s?\s*:"
            r"|</?(?:system|system-reminder|instructions?)>",
            re.MULTILINE,
        ),
    ),
    (
        "gives another role",
        re.compile(
            r"\byou are now (?:a|an|in|the|dan|free|no longer|unrestricted)\b|\bact as (?:dan|an unrestricted"
            r"|a jailbroken)"
            r"|\bfrom now on,? you (?:are|will act|must obey)\b|\bahora eres (?:un|una|el|la|dan|libre)\b"
            r"|\ba partir de ahora eres\b|\b(?:developer|god|dan|jailbreak) mode (?:enabled|on|activated)\b"
            r"|\bmodo (?:desarrollador|dios) activado"
        ),
    ),
    (
        "speaks to an agent",
        re.compile(
            r"\b(?:dear|attention|atencion|note to|nota para|important instructions? (?:for|to)|instruccion"
            r"(?:es)? (?:importantes? )?para"
            r"|instructions for)[,:]?\s+(?:(?:the|any|all|el|la|los|cualquier|todo)\s+){0,2}"
            r"(?:ai|ia|llm|assistant|asistente|agent|agente|language model|modelo|claude|codex|gemini|copilot"
            r"|chatgpt)s?\b"
            r"|\b(?:if you are|si eres) (?:an?|una?) (?:ai|ia|llm|language model|modelo|assistant|asistente"
            r"|agent|agente)\b"
            r"|\b(?:new|updated|nuevas|real) (?:system )?(?:instructions|instrucciones)\s*:"
        ),
    ),
    (
        "asks for secrecy",
        re.compile(
            r"\b(?:do not|don't|never|without) (?:tell|telling|mention|mentioning|inform|informing|reveal|alert"
            r"|show)(?:ing)?"
            r"(?: (?:this|it|that|any of this))?(?: to)? the user\b"
            r"|\b(?:no|sin) (?:le |se lo )?(?:digas|dig[ao]|decir(?:le|selo)?|menciones|mencionar|informes"
            r"|informar|avises|avisar|reveles|muestres)"
            r"(?: esto| nada| eso)? al usuario\b"
        ),
    ),
    (
        "sends data away",
        re.compile(
            r"\b(?:send|post|upload|exfiltrate|forward|email|leak|envia|manda|sube|publica|reenvia)\b[^.\n]{0,80}"
            r"\b(?:api keys?|secrets?|passwords?|credentials?|tokens?|environment variables|\.env|private keys?"
            r"|claves?|contrasenas?"
            r"|credenciales|secretos|llaves?)\b[^.\n]{0,60}(?:https?://|\bto \S+@|\ba \S+@)"
            r"|\bcurl\b[^\n|]{0,200}\|\s{0,4}(?:ba|z)?sh\b[^\n]{0,40}(?:ignore|silent|quiet|without)"
        ),
    ),
)
_HIDDEN = re.compile(r"[\u200b\u200c\u2060\u202a-\u202e\u2066-\u2069\U000e0020-\U000e007f]{2,}")
_COMMENT_ORDERS = re.compile(
    r"\b(?:must|always|never|ignore|execute|run|assistant|agent|instruction|system|siempre|nunca|debes|ejecuta"
    r"|ignora|asistente|agente"
    r"|instruccion)",
)


def suspicious(text: str) -> str:
    """Why a text seems to instruct whoever reads it, or the empty string. A person's own words may seem so as well."""
    text = text[:TEXT_MAX]
    plain = folded(text)
    for reason, sign in _SIGNS:
        if sign.search(plain):
            return reason
    if not text.isascii() and _HIDDEN.search(text):
        return "hides signs"
    return "hides orders in a comment" if "<!--" in plain and _orders_in_comment(plain) else ""


def tries_to_instruct(passage: Passage) -> bool:
    """Whether what was said in it, or what its tools gave back, seems to."""
    return bool(suspicious(passage.text) or suspicious(passage.done))


def _orders_in_comment(plain: str) -> bool:
    place = plain.find("<!--")
    while place >= 0:
        end = plain.find("-->", place)
        if _COMMENT_ORDERS.search(plain, place, len(plain) if end < 0 else end):
            return True
        place = -1 if end < 0 else plain.find("<!--", end)
    return False
