"""Quotations of a source that was given, word for word and with one word changed."""

from collections.abc import Callable, Iterator

from benchmarks.verifier.kinds.writings import WRITINGS, Sentence, Writing
from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import Voice
from minga.domain.task import Document


def writing(v: Voice) -> Writing:
    return v.own([each for each in WRITINGS if each.language == v.language])


def document(written: Writing) -> Document:
    return Document(written.name, written.text)


def altered(v: Voice, sentence: Sentence) -> tuple[str, str]:
    word, other = v.pick(sentence.slips)
    return sentence.text.replace(word, other, 1), f"“{other}” for “{word}”"


def _pair(
    v: Voice, source: Writing, sentence: Sentence, answer: Callable[[str], str], trap: str = ""
) -> Iterator[Case]:
    prompt = v.say("¿Qué dice el documento sobre esto?", "What does the document say of this?")
    yield Case(True, prompt, v.around(answer(sentence.text)), trap, sources=(document(source),))
    text, why = altered(v, sentence)
    yield Case(False, prompt, v.around(answer(text)), why, sources=(document(source),))


def in_quotation_marks(v: Voice) -> Iterator[Case]:
    source = writing(v)
    opening, closing = v.pick((("«", "»"), ("“", "”"), ('"', '"')))
    said = v.say(f"Según {source.name}, ", f"According to {source.name}, ")
    return _pair(v, source, v.pick(source.sentences), lambda text: f"{said}{opening}{text}{closing}")


def as_a_block(v: Voice) -> Iterator[Case]:
    source = writing(v)
    said = v.say("El documento lo dice así:", "The document puts it like this:")
    return _pair(v, source, v.pick(source.sentences), lambda text: f"{said}\n\n> {text}")


def two_of_which_one_is_changed(v: Voice) -> Iterator[Case]:
    source = writing(v)
    first, second = v.some(source.sentences, 2)
    shape = v.say("1. «{}»\n2. «{}»\n\nAmbas citas vienen de {}.", "1. “{}”\n2. “{}”\n\nBoth are quoted from {}.")
    return _pair(v, source, second, lambda text: shape.format(first.text, text, source.name))


def part_of_a_sentence(v: Voice) -> Iterator[Case]:
    source = writing(v)
    sentence = v.pick(source.sentences)
    said = v.say("se establece que", "it is laid down that")

    def answer(text: str) -> str:
        words = text.rstrip(".").split(" ")
        return f"{v.say('Allí', 'There')} {said} «{words[0].lower()} {' '.join(words[1:])}», {v.say('sin más', 'no more')}."

    return _pair(v, source, sentence, answer, "the first letter is made small, the full stop left out")


def left_out_in_the_middle(v: Voice) -> Iterator[Case]:
    source = writing(v)
    first, second = v.some(source.sentences, 2)

    def answer(text: str) -> str:
        words = first.text.split(" ")
        half = len(words) // 2 + 1
        return v.say("En resumen: ", "In short: ") + f"«{' '.join(words[:half])} […]». «{text}»"

    return _pair(v, source, second, answer, "cut with […]")


def with_a_link(v: Voice) -> Iterator[Case]:
    source = writing(v)
    said = v.say("Fuente", "Source")
    return _pair(v, source, v.pick(source.sentences), lambda text: f"«{text}» ({said}: {source.url})")


def words_that_are_not_quoted(v: Voice) -> Iterator[Case]:
    source = writing(v)
    sentence = v.pick(source.sentences)
    extra = v.own((
        v.say("El llamado «plan B» no aparece en el texto.", "The so-called “plan B” does not appear in the text."),
        v.say("En la pantalla elige «Guardar como…» y pulsa «Aceptar».", "In the window choose “Save as…” and press “OK”."),
        v.say('Yo lo llamaría "letra chica", como en la novela «La casa de los espíritus».',
              'I would call it "small print", as in “The House of the Spirits”.'),
        v.say("Propongo esta redacción nueva: «Las partes acuerdan revisar el texto cada dos años».",
              "I suggest this new wording: “The parties agree to review the text every two years”."),
        v.say("Tú preguntaste «¿qué dice el documento sobre esto?».", "You asked “what does the document say of this?”."),
        v.say('Usa `print("hola mundo")` para probar.', 'Use `print("hello there world")` to try it.'),
    ))  # fmt: skip
    prompt = v.say("¿Qué dice el documento sobre esto?", "What does the document say of this?")
    point = f"«{sentence.text}»\n\n{extra}"
    yield Case(
        True, prompt, v.around(point), f"in quotation marks, and no quotation: {extra}", sources=(document(source),)
    )


def other_signs(v: Voice) -> Iterator[Case]:
    source = writing(v)
    sentence = v.pick(source.sentences)
    text = v.pick((
        sentence.text.replace(" ", "\u00a0", 1),
        f"**{sentence.text}**",
        sentence.text.replace("%", " %").replace("  %", " %").replace("`", ""),
        sentence.text.replace(" ", "  ", 2),
    ))  # fmt: skip
    prompt = v.say("Cita la frase.", "Quote the sentence.")
    yield Case(
        True, prompt, v.around(f"«{text}»"), "other spaces or marks, the same words", sources=(document(source),)
    )


def from_the_second_of_two_sources(v: Voice) -> Iterator[Case]:
    """Kept apart: two documents, and the quotation is of the later; the wrong one mixes both."""
    one, other = v.some(WRITINGS, 2)
    sentence = v.pick(other.sentences)
    prompt = v.say("¿Qué dicen los documentos?", "What do the documents say?")
    sources = (document(one), document(other))
    said = v.say(f"En {other.name} se lee: ", f"{other.name} reads: ")
    yield Case(True, prompt, v.around(f"{said}“{sentence.text}”"), sources=sources)
    text, why = altered(v, sentence)
    yield Case(False, prompt, v.around(f"{said}“{text}”"), why, sources=sources)


def a_word_put_in_brackets(v: Voice) -> Iterator[Case]:
    """Kept apart: an addition that is marked as one; the wrong one changes a word beside it."""
    source = writing(v)
    sentence = v.pick(source.sentences)
    prompt = v.say("Cita la frase y aclárala.", "Quote the sentence and make it clear.")
    for right in (True, False):
        text, why = (sentence.text, "an addition in brackets") if right else altered(v, sentence)
        words = text.split(" ")
        marked = " ".join([*words[:-3], v.say("[sic]", "[sic]"), *words[-3:]])
        yield Case(right, prompt, v.around(f"«{marked}»"), why, sources=(document(source),))


TEMPLATES = (
    in_quotation_marks, as_a_block, two_of_which_one_is_changed, part_of_a_sentence, left_out_in_the_middle,
    with_a_link, words_that_are_not_quoted, other_signs,
)  # fmt: skip
HELD = (from_the_second_of_two_sources, a_word_put_in_brackets)
