"""Validates RUTs, computes their check digit and writes them in the usual forms."""

import json
import re
from dataclasses import dataclass

from minga.agents.builtin.question import Language, Question, fold
from minga.agents.builtin.skill import Answered, Declined, Fact
from minga.agents.builtin.words import Span, blank, quoted, unaccounted, vocabulary
from minga.domain import rut
from minga.domain.events import ToolKind

_NUMBER = re.compile(r"(?<![\w.+/-])[0-9][0-9.]*(?:\s?[-‐‑–−]\s?[0-9k](?![\w/-])|k)?(?![\w/+-])")

_WORD_RUT = re.compile(r"\bruts?\b|\brol unico tributario\b")
_FORM = re.compile(r"\b[0-9]{1,2}(?:\.[0-9]{3}){2}\s?[-‐‑–−]\s?[0-9k](?!\w)")
"""Dots and hyphen together are written for RUTs only; other numbers count only where the task says RUT."""

_BODY = re.compile(r"(?<![\w.])[0-9]{1,2}(?:\.[0-9]{3}){2}(?![\w.])")
_RUN = re.compile(r"\brun\b")
"""The number of a person's identity card, which is that person's RUT; in English the word is a verb."""

_VALIDATE = re.compile(
    r"\b(valid\w*|verifi\w+|comprueb\w+|comprobar|revis\w+|chequea\w*|correct\w*|bien escritos?|check(?! digit))\b"
)
_DIGIT = re.compile(r"\b(digitos? verificador(?:es)?|dv|(?:check|verification|verifier) digits?)\b")
_FORMAT = re.compile(r"\b(format\w*|con puntos|sin puntos|with dots|without dots)\b")
_SET_PHRASES = re.compile(r"\b(o no|or not|por favor)\b")

_VOCABULARY = vocabulary(
    """
    valida valide validar validame valido validos valida validas verifica verificar verifique verificame comprueba
    comprobar comprueben revisa revisar revisame chequea chequear correcto correctos correcta esta estan bien
    escrito escritos es son
    calcula calcular calcule calculame obten cual cuales que digito digitos verificador verificadores dv formatea
    formatear formato formatos puntos guion con sin el la los las un de del al en mi mis este estos ese esos
    siguiente siguientes numero numeros rut ruts rol unico tributario y e o si a para me dime dame puedes podrias su sus
    tiene tienen corresponde corresponden quiero necesito saber
    validate valid check checks verify verified correct validity is are compute calculate what which s whats digit
    digits verification verifier format formatted dots hyphen with without the of for this these that my and or
    number numbers please give can you could tell me if whether does do have has it its following
    documento documentos adjunto adjuntos archivo document documents attached file
    """
)
_IN_DOCUMENT = re.compile(r"\b(documentos?|adjuntos?|archivo|documents?|attached|file)\b")

_NUMBERS_MAX = 200
"""More RUTs than this are refused: the answer would be too long to read and the task is one for a program."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    validate: bool
    digit: bool
    format: bool


class RutSkill:
    name = "rut"
    kind = ToolKind.OTHER

    def describe(self, language: Language) -> str:
        if language == "es":
            return "Validar RUT, calcular el dígito verificador y darle formato: «valida el RUT 12.345.678-5»"
        return 'Validate a RUT, compute its check digit and format it: "validate RUT 12.345.678-5"'

    async def answer(self, question: Question) -> Answered | Declined | None:
        text = question.folded if question.language == "en" else _RUN.sub("rut", question.folded)
        spans = [match.span() for match in _NUMBER.finditer(text)]
        found = [text[start:end].rstrip(".") for start, end in spans]
        about_rut = bool(_WORD_RUT.search(text))
        if not about_rut and not _FORM.search(text) and not (_DIGIT.search(text) and _BODY.search(text)):
            return None
        wanted = _wanted(text)
        left = unaccounted(blank(text, [*spans, *_spans_of_phrases(text)]), _VOCABULARY)
        in_document = bool(_IN_DOCUMENT.search(text))
        if left:
            return _not_understood(left, question.language) if found else None
        if bool(question.documents) != in_document or (in_document and found):
            return _which_text(question.language)
        if in_document:
            found = [item for document in question.documents for item in _in_document(document.text)]
        if not found:
            return _no_number(question.language)
        if wanted is None:
            return _what_to_do(question.language)
        if len(found) > _NUMBERS_MAX:
            return _too_many(len(found), question.language)
        return _answer(list(dict.fromkeys(found)), wanted, in_document, question.language)


def _wanted(text: str) -> _Wanted | None:
    rest = _DIGIT.sub(" ", text)
    wanted = _Wanted(bool(_VALIDATE.search(rest)), rest != text, bool(_FORMAT.search(rest)))
    if wanted.validate or wanted.digit or wanted.format:
        return wanted
    bare = re.sub(r"[^a-z]", "", _WORD_RUT.sub(" ", blank(text, [match.span() for match in _NUMBER.finditer(text)])))
    return None if bare else _Wanted(validate=True, digit=False, format=True)


def _spans_of_phrases(text: str) -> list[Span]:
    return [match.span() for match in _SET_PHRASES.finditer(text)]


def _in_document(text: str) -> list[str]:
    """Numbers with a hyphen and six or more digits (the SII's lower bound, field RUTEmisor): others can be anything."""
    found = [match[0] for match in _NUMBER.finditer(fold(text))]
    return [each for each in found if re.search(r"[-‐‑–−]", each) and sum(sign.isdigit() for sign in each) > 6]


def _answer(found: list[str], wanted: _Wanted, in_document: bool, language: Language) -> Answered | Declined:
    lines: list[str] = []
    steps: list[str] = []
    for text in found:
        written = rut.match(text)
        if written is None or (written.digit is None and not written.dotted and not _long_enough(text, wanted, found)):
            return _not_a_rut(text, language)
        try:
            line, body = _judge(written, wanted, language)
        except rut.OutOfRange:
            lines.append(_out_of_range(text, language))
            continue
        lines.append(line)
        steps.append(_calculation(body))
    scope = [_scope(language)]
    if in_document:
        scope.append(_scope_of_document(language))
    fact = (
        "Módulo 11: cifras desde la derecha por 2 a 7 y de nuevo 2 …; 11 menos el resto; 11 → 0, 10 → K. "
        f"Cuerpo supuesto de 1 a {rut.BODY_MAX}."
        if language == "es"
        else "Modulo 11: digits from the right times 2 to 7 and again 2 …; 11 minus the rest; 11 → 0, 10 → K. "
        f"Assumed body: 1 to {rut.BODY_MAX}."
    )
    citation = "la regla del RUT chileno" if language == "es" else "the rule of the Chilean RUT"
    body_text = "\n".join([*(f"- {line}" for line in lines), "", *scope])
    return Answered(body_text, json.dumps({"ruts": found}), (Fact(fact, citation),), tuple(steps))


def _scope(language: Language) -> str:
    if language == "es":
        return "Es solo aritmética: no prueba que el RUT exista ni de quién es."
    return "This is arithmetic only: it does not prove that the RUT exists, nor whose it is."


def _scope_of_document(language: Language) -> str:
    if language == "es":
        return (
            "Del documento leí solo los números con guion y seis o más cifras; otros RUT que tenga no fueron revisados."
        )
    return (
        "Of the document I read only numbers with a hyphen and six or more digits; other RUTs in it were not checked."
    )


def _long_enough(text: str, wanted: _Wanted, found: list[str]) -> bool:
    """A short bare number is taken for a RUT only as the one body whose digit is asked: `12 345 678-5` is no list."""
    return len(text) >= 7 or (wanted.digit and not wanted.validate and len(found) == 1)


def _judge(written: rut.Written, wanted: _Wanted, language: Language) -> tuple[str, int]:
    """What there is to say about one number, and its body. Raises OutOfRange."""
    bare = written.digit is None
    short = len(written.body.lstrip("0")) <= len(str(rut.BODY_MAX))
    if bare and (written.dotted or (wanted.digit and not wanted.validate and short)):
        return _as_body(written, language), int(written.body)
    one = rut.with_last_as_digit(written)
    right = rut.Rut(one.body, rut.check_digit(one.body))
    assumed = ""
    if bare:
        assumed = (
            " (sin guion: la última cifra se leyó como dígito verificador)"
            if language == "es"
            else " (no hyphen: the last digit was read as the check digit)"
        )
    line = f"{written.text}{assumed}: {_verdict(one, right, language)}"
    if bare and short:
        line += f". {'Si en cambio' if language == 'es' else 'If instead'} {_as_body(written, language)}"
    return line, one.body


def _verdict(one: rut.Rut, right: rut.Rut, language: Language) -> str:
    forms = f"{rut.with_dots(right)}, {rut.without_dots(right)}"
    if one.valid:
        return f"{'válido' if language == 'es' else 'valid'} ({forms})"
    if language == "es":
        return f"no es válido: el dígito verificador de {one.body} es {right.digit}, no {one.digit}; sería {forms}"
    return f"not valid: the check digit of {one.body} is {right.digit}, not {one.digit}; that would be {forms}"


def _as_body(written: rut.Written, language: Language) -> str:
    """Raises OutOfRange."""
    body = rut.make(written.body, "0").body
    right = rut.Rut(body, rut.check_digit(body))
    forms = f"{rut.with_dots(right)}, {rut.without_dots(right)}"
    if language == "es":
        return f"{written.text} es el cuerpo sin dígito verificador, le corresponde {right.digit}: {forms}"
    return f"{written.text} is the body without check digit, its check digit is {right.digit}: {forms}"


def _calculation(body: int) -> str:
    terms = "+".join(f"{digit}×{weight}" for digit, weight in rut.weights(body))
    total = rut.weighted_sum(body)
    rest = total % 11
    return f"{body}: {terms} = {total}; {total} mod 11 = {rest}; 11 − {rest} = {11 - rest} → {rut.check_digit(body)}"


def _out_of_range(text: str, language: Language) -> str:
    if language == "es":
        return f"{text}: no es válido: el cuerpo está fuera del rango supuesto, 1 a 99.999.999"
    return f"{text}: not valid: the body is outside the assumed range, 1 to 99,999,999"


def _example(language: Language) -> str:
    if language == "es":
        return 'Escribe solo esa tarea, por ejemplo: minga run "valida el RUT 12.345.678-5".'
    return 'Write that task alone, for example: minga run "validate RUT 12.345.678-5".'


def _not_understood(left: tuple[str, ...], language: Language) -> Declined:
    if language == "es":
        return Declined(
            f"La tarea nombra un RUT, pero pide más de lo que puedo probar: no entiendo {quoted(left)}.",
            _example(language),
        )
    return Declined(
        f"The task names a RUT but asks more than I can prove: I do not understand {quoted(left)}.", _example(language)
    )


def _not_a_rut(text: str, language: Language) -> Declined:
    if language == "es":
        return Declined(
            f"«{text}» no tiene la forma de un RUT (12.345.678-5, 12345678-5 o 123456785). ¿Cuál es?",
            _example(language),
        )
    return Declined(
        f"«{text}» has not the form of a RUT (12.345.678-5, 12345678-5 or 123456785). Which one is it?",
        _example(language),
    )


def _no_number(language: Language) -> Declined:
    return Declined("¿Qué RUT?" if language == "es" else "Which RUT?", _example(language))


def _what_to_do(language: Language) -> Declined:
    if language == "es":
        return Declined(
            "¿Qué hago con el RUT: validarlo, calcular el dígito verificador o darle formato?", _example(language)
        )
    return Declined(
        "What shall I do with the RUT: validate it, compute its check digit, or format it?", _example(language)
    )


def _which_text(language: Language) -> Declined:
    if language == "es":
        return Declined(
            "¿El RUT está en la tarea o en un documento adjunto? Solo puedo leer uno de los dos a la vez.",
            _example(language),
        )
    return Declined(
        "Is the RUT in the task or in an attached document? I read one of the two at a time.", _example(language)
    )


def _too_many(count: int, language: Language) -> Declined:
    if language == "es":
        return Declined(f"Son {count} RUT; contesto hasta {_NUMBERS_MAX} por tarea.", _example(language))
    return Declined(f"There are {count} RUTs; I answer up to {_NUMBERS_MAX} a task.", _example(language))
