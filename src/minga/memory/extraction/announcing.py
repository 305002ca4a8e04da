"""Whether a text only says what its speaker does next: the log of the tools has that, and how it went."""

import re
from collections.abc import Callable
from functools import cache

from minga.memory.extraction.everyday import words
from minga.memory.extraction.wording import folded

_LEAD = re.compile(
    r"(?:(?:ok|okay|bien|perfecto|listo|claro|entendido|great|sure|alright|understood|got it|now|first|ahora|primero"
    r"|a continuacion|estoy|sigo)[,.!:]*\s+)*"
)
"""What may stand before an announcement, as a sentence of its own or not."""

_PROGRESS = re.compile(
    r"(?:(?:dame |deme )?un (?:momento|segundo|minuto)\b|(?:one|just a|give me a) (?:moment|second|sec|minute)"
    r"|working on (?:it|that|this)|(?:veamos|a ver)(?: (?:que|como|donde|si))?"
    r"|(?:ejecuto|reviso|busco|leo|miro|corro|pruebo|verifico|compruebo|analizo|abro|examino)"
    r" (?:el|la|los|las|si|todo|de nuevo|otra vez|como|que|donde)"
    r"|(?:voy a|vamos a|dejame|permiteme|procedo a|comenzare por|empezare por|paso a)\s+(?:volver a\s+)?"
    r"(?:revisar|mirar|ver|leer|ejecutar|correr|buscar|comprobar|verificar|explorar|examinar|analizar"
    r"|inspeccionar|empezar|asegurarme|repasar|releer|confirmar|pensar"
    r"|comenzar|listar|abrir|probar)"
    r"|(?:revisando|mirando|leyendo|ejecutando|corriendo|buscando|comprobando|verificando|explorando|analizando)"
    r"|(?:let me|i'll|i will|i'm going to|i am going to|let's)\s+(?:now\s+|first\s+|start by\s+)?"
    r"(?:check|look|read|run|search|examine|explore|see|inspect|open|list|find|verify|start|begin"
    r"|take a (?:[a-z]+ )?look|dig|investigate|double-check|make sure|confirm"
    r"|go (?:through|over)|think|gather|review|reread"
    r"|get an? (?:overview|idea|sense)|take care of (?:it|that|this)"
    r"|checking|looking|reading|examining|exploring|running|searching)"
    r"|(?:checking|reading|running|searching|looking|examining|exploring|inspecting)\s(?:the|for|at|into"
    r"|through|all|tests))\b"
)
_FIGURE = re.compile(r"\d|porque|because|since\b|ya que")

_THEN = r"(?:(?:now|next|first|then|so|and|okay|just|also|quickly|ahora|luego|primero|despues|entonces|y),?\s+)*"
_NEXT = re.compile(
    rf"{_THEN}(?:(?:let me|i'll|i will|i'm (?:going to|gonna|about to|now)|i am going to|i need to|i should)\s+{_THEN}"
    r"(?:go ahead and )?"
    r"(?P<does>[a-z]+)"
    r"|(?P<doing>[a-z]+ing)"
    r"|(?:voy a|dejame|permiteme|procedo a|paso a|me pongo a|empiezo por|comienzo por|toca|falta|me queda|hay que)\s+"
    r"(?P<hacer>[a-z]+[aei]r)(?:l[aeo]s?)?|(?P<hare>[a-z]+[aei]r)e"
    r"|l[ao]s? (?:arreglo|corrijo|reviso|cambio|ajusto|pruebo|intento)|(?:moving )?on to (?=the\b)"
    r"|(?:paso|sigo|continuo|vuelvo|avanzo) (?=al?\b|con\b))"
    r"\b"
)
_DOES = frozenset(
    """
    fix edit get make update write apply implement refactor create add clean change finish complete continue proceed
    move try handle tackle address wrap double confirm ensure correct adjust prepare start begin run check look read
    search see find verify dig investigate rerun retry test build resume commit improve simplify har arreglar
    corregir editar actualizar escribir aplicar implementar crear agregar limpiar cambiar terminar completar
    continuar seguir pasar hacer intentar preparar ajustar confirmar resolver revisar mirar ver leer ejecutar correr
    buscar comprobar verificar explorar analizar probar empezar comenzar volver avanzar
    """.split()  # noqa: SIM905 - words
)
"""What is done next. Where something is only looked at, what it is tells nothing, either (`_PROGRESS`); of a change
only where it names nothing."""

_ANOTHER = frozenset({"otra", "otro", "another", "other"})

_PARTS = re.compile(r"(?<=[.!?:…])\s+|,\s+")
_FAILED = re.compile(r"\b(?:that|eso) (?:didn't work|no (?:resulto|funciono))\b")
_ENDS = re.compile(r"[.!;](?!\w)[^.!…:]*\w")
_WORD = re.compile(r"[a-z]+")
_NAMING = re.compile(r"[\d/`_@#%$=<>\\{}\[\]|~^*+&\"()]|\w[.:]\w")


def announces(text: str, says_nothing: Callable[[str], bool]) -> bool:
    """Whether ``text`` only tells what is done next, in one sentence or in some of which the others ``says_nothing``
    of, or name nothing."""
    plain = folded(text).strip()
    if _looks_next(plain):
        return True
    parts = _PARTS.split(_FAILED.sub("", plain))
    said = [part for part in parts if not (_looks_next(part) or _changes_next(part))]
    return len(said) < len(parts) and all(says_nothing(part) or _names_nothing(part) for part in said)


@cache
def _common() -> frozenset[str]:
    kinds = words()
    return (kinds.known | kinds.process | _ANOTHER) - kinds.denying - kinds.liking


def _looks_next(plain: str) -> bool:
    """One sentence, no figure, no reason, no question."""
    plain = plain[_LEAD.match(plain).end() :]  # type: ignore[union-attr] # it may be empty, so it always fits
    if not _PROGRESS.match(plain) or _FIGURE.search(plain) or "?" in plain:
        return False
    return _ENDS.search(plain.partition(", ")[2] or plain) is None


def _changes_next(plain: str) -> bool:
    plain = plain[_LEAD.match(plain).end() :]  # type: ignore[union-attr] # it may be empty, so it always fits
    found = _NEXT.match(plain)
    if found is None or "?" in plain or not _is_done(found):
        return False
    return _names_nothing(plain[found.end() :])


def _is_done(found: re.Match[str]) -> bool:
    does, doing = found["does"] or found["hacer"] or found["hare"], found["doing"]
    if doing:
        return not _DOES.isdisjoint((doing[:-3], f"{doing[:-3]}e", doing[:-4]))
    return not does or does in _DOES


def _names_nothing(plain: str) -> bool:
    """Nothing but grammar and what every task has: files, tests, steps."""
    return not _NAMING.search(plain) and _common().issuperset(_WORD.findall(plain))
