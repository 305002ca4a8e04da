"""Words of a question in the other language, and what is said for them."""

import asyncio
import tomllib
from importlib.resources import files
from pathlib import Path

from memory.remembered import Written, memory_of, texts
from minga.memory.recall.translations import in_other_words, with_translations
from minga.memory.recall.words import terms


def test_a_word_is_also_looked_for_in_the_other_language_behind_those_of_the_question() -> None:
    own = terms("¿cuándo vence el certificado?")
    found = with_translations(own)
    assert found[: len(own)] == own
    assert set(terms("expire certificate")) <= set(found)
    assert set(terms("vencer")) <= set(with_translations(terms("when does it expire")))


def test_a_word_of_several_parts_needs_them_all() -> None:
    assert set(terms("database")) <= set(with_translations(terms("la base de los datos")))
    assert not set(terms("database")) & set(with_translations(terms("la base del impuesto")))


def test_nothing_gives_nothing_and_an_unknown_word_itself() -> None:
    assert with_translations(()) == ()
    assert with_translations(terms("quiltro")) == terms("quiltro")


def test_every_pair_says_something_in_both_languages() -> None:
    held = tomllib.loads((files("minga.memory.recall") / "translations.toml").read_text("utf-8"))
    phrases = [(phrase, english) for spanish, english in held.items() for phrase in spanish.split(",")]
    assert len(phrases) > 200
    for phrase, english in phrases:
        assert terms(phrase)
        assert set(terms(english)) <= set(with_translations(terms(phrase)))


def test_a_question_also_looks_for_what_is_said_for_its_words_and_for_that_in_the_other_language() -> None:
    own = terms("¿cuánta plata falta?")
    found = in_other_words(own)
    assert found[: len(own)] == own
    assert set(terms("dinero monto")) <= set(found)
    assert set(terms("amount")) <= set(found)
    assert in_other_words(terms("quiltro")) == terms("quiltro")
    assert in_other_words(()) == ()


def test_every_group_has_several_words_each_once() -> None:
    groups = tomllib.loads((files("minga.memory.recall") / "synonyms.toml").read_text("utf-8"))["groups"]
    assert len(set(groups)) == len(groups) > 400
    for group in groups:
        words = group.split(", ")
        assert len(set(words)) == len(words) > 1
        assert set(terms(group)) <= set(in_other_words(terms(words[0])))


def test_without_an_encoder_a_spanish_question_finds_what_was_said_in_english(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        for number in range(40):
            log.say(f"s{number}", f"The parking lot of house number {number} is empty.")
        log.say("s40", "We moved the backups to the other vendor.")
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        found = await texts(memory, "¿a qué proveedor pasamos los respaldos?")
        assert found[0] == "We moved the backups to the other vendor."
        await memory.close()

    asyncio.run(scene())
