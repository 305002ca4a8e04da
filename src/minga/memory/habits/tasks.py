"""Which kind of work a person asks for, by the words of it in Spanish and English."""

import re

from minga.memory.extraction.wording import folded

_KINDS = (
    ("review", r"revisa(?:r|me)? (?:el |la |los |este |mi )?(?:pr|codigo|cambios?|diff|merge)|review|code review"),
    (
        "tests",
        r"(?:escrib\w+|agreg\w+|haz\w*|falta\w*|write|add|make)\b.{0,30}\b(?:tests?|pruebas?)|flaky|cobertura|coverage",
    ),
    (
        "fix",
        r"arregl\w+|corrig\w+|falla\w*|error(?:es)?|bug|se cae|no funciona"
        r"|fix|fails?|failing|broken|crash\w*|traceback",
    ),
    ("upgrade", r"migra\w*|actualiza\w* (?:a|de|la version)|sub(?:ir|amos|e) a la|upgrade|bump|migrate"),
    ("deploy", r"despleg\w+|despliegue|publica\w*|deploy\w*|release|rollout|servidor|backups?|respaldos?"),
    ("refactor", r"refactor\w*|limpia\w*|renombra\w*|extrae\w*|clean ?up|rename"),
    ("docs", r"document(?:a|ar|acion|ation)\b|readme|manual|changelog|docs"),
    ("feature", r"agreg\w+|implement\w+|cre(?:a|ar|emos)|hay que (?:hacer|sacar)|necesit\w+|add|build|create|make"),
    ("explain", r"explic\w+|por que|como (?:se|es|funciona)|que hace|explain|why|how (?:does|do|is)|what does"),
)
_SIGNS = tuple((kind, re.compile(rf"\b(?:{words})\b")) for kind, words in _KINDS)

READ_MAX = 600
"""Of what was asked: what follows is detail."""


def task(text: str) -> str:
    """The first kind whose words stand in it; empty where none do."""
    plain = folded(text[:READ_MAX])
    return next((kind for kind, sign in _SIGNS if sign.search(plain)), "")
