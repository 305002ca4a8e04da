"""A value that became another: "bajé la tolerancia de 5 a 2 pesos", "the pool was raised from 25 to 40"."""

import re
from collections.abc import Iterator

from minga.memory.extraction.claims import Claim, cleaned, subject_name, topic
from minga.memory.extraction.settings import NUMBER
from minga.memory.extraction.wording import Sentence

_THING = r"(?P<what>[\w`./%-]{2,40}(?:\s+[\w`./%-]{1,40}){0,6}?)"
_VALUE = rf"(?:{NUMBER}|`[^`\n]{{1,60}}`)"
_FROM_TO = (
    rf"(?P<from>{_VALUE})(?:\s+[a-z]{{2,15}})?\s+(?:a|to|hasta|en)\s+(?:un\s+|unos\s+|los\s+|las\s+|la\s+|el\s+"
    rf"|about\s+)?(?P<to>{_VALUE})(?![\w/:-])(?P<unit>\s(?:folios|pesos|uf|dias|days|conexiones|connections"
    r"|requests|minutos|minutes|horas|hours|usuarios|users|slots|lineas|lines|cajas|puntos)\b)?"
)
_CHANGED = (
    r"(?:subi|baje|cambie|movi|aumente|reduje|amplie|ajuste|corri|subimos|bajamos|cambiamos|movimos|aumentamos"
    r"|subio|bajo|cambio|movio|aumento|redujo|subieron|bajaron|cambiaron"
    r"|aumentaron|i raised|i lowered|i increased|i reduced|i changed|i moved|i bumped|i cut|we raised"
    r"|we lowered|we increased|we reduced|we changed|we moved|we bumped|raised|lowered"
    r"|increased|reduced|changed|bumped)"
)
_DID = re.compile(
    rf"(?:^|[\s,;:(])(?:ya |les |le |lo |la |se |she |he |they )?{_CHANGED}\s+(?:el|la|los|las|the|its|their|su"
    rf"|sus|our)\s+{_THING}\s+(?:de|from)\s+{_FROM_TO}"
)
_BECAME = re.compile(
    rf"(?:^|(?<=[\s,;:(]))(?:el|la|los|las|the|its|su|our)\s+{_THING}\s+(?:(?:ahora|ya|tambien|now|also|despues)\s+)?"
    r"(?:sube|subio|subira|baja|bajo|bajara|pasa|paso|pasara|cambia|cambio|cambiara|aumento|aumenta|quedo"
    r"|se movio|se corrio|went|goes|rose|fell|dropped|changed|moved|grew"
    r"|(?:was|is|has been|were) (?:raised|lowered|increased|reduced|changed|moved|bumped|cut))\s+(?:up\s+"
    r"|down\s+)?(?:de|from)\s+" + _FROM_TO
)
_HAS = re.compile(r"\b(?:de|from)\s+[`$\d]")
_MEASURES = re.compile(
    r"\b(?:una|un|each|cada|call|llamada|build|imagen|image|pendientes|tiempo|time|errores|errors|cobertura"
    r"|coverage|proporcion|consumo|memoria|usage|load|latencia|latency)\b"
)


def found(one: Sentence) -> Iterator[Claim]:
    if not _HAS.search(one.plain):
        return
    for pattern in _DID, _BECAME:
        for match in pattern.finditer(one.plain):
            what = subject_name(match["what"])
            words = what.split()
            if (
                not words
                or match["from"] == match["to"]
                or _MEASURES.search(what)
                or words[0] in ("que", "cual", "mas", "menos", "that")
            ):
                continue
            to = one.text[match.start("to") : match.end("to")] + (match["unit"] or "")
            yield Claim(
                topic(what),
                "value",
                cleaned(to),
                match.start("what"),
                match.end("unit" if match["unit"] else "to"),
                0.85,
                single=True,
            )
