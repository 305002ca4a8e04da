"""A value that became another: "bajé la tolerancia de 5 a 2 pesos", "the pool was raised from 25 to 40"."""

import re
from collections.abc import Iterator

from minga.memory.extraction.claims import Claim, cleaned, subject_name, topic
from minga.memory.extraction.settings import NUMBER
from minga.memory.extraction.values import owned
from minga.memory.extraction.wording import Sentence

_THING = r"(?P<what>[\w`./%-]{2,40}(?:\s+[\w`./%-]{1,40}){0,6}?)"
_VALUE = rf"(?:{NUMBER}|`[^`\n]{{1,60}}`)"
_FROM_TO = (
    rf"(?P<from>{_VALUE})(?:\s+[a-z]{{2,15}})?\s+(?:a|to|hasta|en)\s+(?:un\s+|los\s+|las\s+|la\s+|el\s+)?"
    rf"(?P<to>{_VALUE})(?![\w/:-])(?P<unit>\s(?:folios|pesos|uf|dias|days|conexiones|connections"
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
    rf"(?:^|[\s,;:(])(?:ya |se |she |he |they )?{_CHANGED}\s+(?:el|la|los|las|the|our)\s+"
    rf"{_THING}\s+(?:de|from)\s+{_FROM_TO}"
)
_BECAME = re.compile(
    rf"(?:^|(?<=[\s,;:(]))(?:el|la|los|las|the|our)\s+{_THING}\s+(?:(?:ahora|ya|tambien|now|also|despues)\s+)?"
    r"(?:sube|subio|subira|baja|bajo|bajara|pasa|paso|pasara|cambia|cambio|cambiara|aumento|aumenta|quedo"
    r"|se movio|se corrio|went|goes|rose|fell|dropped|changed|moved|grew"
    r"|(?:was|is|has been|were) (?:raised|lowered|increased|reduced|changed|moved|bumped|cut))\s+(?:up\s+"
    r"|down\s+)?(?:de|from)\s+" + _FROM_TO
)
_BY_ITSELF = re.compile(
    r"\s(?:sube|subio|subira|baja|bajo|bajara|pasa|paso|pasara|aumento|aumenta|went|goes|rose|fell|dropped|grew)\s"
)
_IS_SET = re.compile(
    r"\b(?:limite|limit|tope|maximo|minimo|ceiling|cap|quota|cuota|cupo|tolerancia|tolerance|umbral|threshold|timeout"
    r"|plazo|deadline|presupuesto|budget|precio|tarifa|price|fee|arriendo|rent|sueldo|salario|salary|wage|jornada"
    r"|cotizacion|retencion|retention|tasa|rate|comision|commission|recargo|pool|intervalo|interval|version|puerto|port"
    r"|bloque|block|canje|alerta|alert)\b"
)
"""What goes up or down where somebody decides it; anything else that does was measured."""
_THEIRS = re.compile(r"\b(?:le|les)\s+(?:ya\s+)?$")
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
                or (_BY_ITSELF.search(one.plain, match.end("what"), match.start("from")) and not _IS_SET.search(what))
                or _THEIRS.search(one.plain, 0, match.start() + 1)
            ):
                continue
            to = one.text[match.start("to") : match.end("to")] + (match["unit"] or "")
            subject, predicate = owned(what) or (topic(what), "value")
            yield Claim(
                subject,
                predicate,
                cleaned(to),
                match.start("what"),
                match.end("unit" if match["unit"] else "to"),
                0.85,
                single=True,
                changes=True,
            )
