"""A topic is looked for as it is chosen: each word whole, near to the others, however they are written."""

import json

import pytest

from minga.sessions.looking import Topic, unescaped

WITHIN = 60


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Ñancupil Pascualberto", "Ojo: Ñancupil, Pascualberto es moroso"),
        ("ximena huenchumilla", "firmó HUENCHUMILLA, Ximena"),
        ("casino", "los casinos de Iquique"),
        ("nodo-1", "cae nodo-1, no el 2"),
        ("girasol", json.dumps("clave:\ngirasol\n")),
        ("Ñuñoa", json.dumps("en Ñuñoa")),
        ("a b", "b b b a"),
        ("C++", "pasamos a C++17 (antes c++)"),
        ("c# .net", "el módulo en .NET y C#, no en C"),
        ("C C++", "de C++ a C"),
        ("main.c", "de main.c++ a main.c"),
        ("Disney Disney+", "Disney+ es de Disney"),
        ("@ana", "dice (@Ana)"),
    ],
)
def test_words_of_a_topic_are_found(words: str, text: str) -> None:
    assert Topic(words, WITHIN).are_in(text)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("Ana", "Mañana viene Susana"),
        ("nodo-1", "nodo-10 y nodo-11"),
        ("casino Iquique", "el casino de Arica"),
        ("C++", "está en C, no en C+"),
        ("C", "está en C++ y C#"),
        ("main.c", "está en main.c++"),
        ("C C++", "está en C++"),
        (".NET", "sube a rosa.net la red net"),
        ("@ana", "dice Ana de ana@ana.cl"),
        ("casino Iquique", "el casino " + "." * WITHIN + " Iquique"),
    ],
)
def test_parts_of_words_and_words_far_apart_are_none(words: str, text: str) -> None:
    assert not Topic(words, WITHIN).are_in(text)


def test_what_json_escaped_is_read_as_it_was_said() -> None:
    assert unescaped(json.dumps("Pérez,\nRosa")) == '"Pérez, Rosa"'
