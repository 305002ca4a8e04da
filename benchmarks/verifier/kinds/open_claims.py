"""Answers that nothing at hand can prove or refute: they must be labelled so, neither accepted nor rejected."""

from collections.abc import Iterator

from benchmarks.verifier.kinds.quotations import document, writing
from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import COMPANIES, Voice


def a_link_nobody_read(v: Voice) -> Iterator[Case]:
    source = writing(v)
    other = source.url.replace("example", v.pick(("ejemplo", "examples", "example-docs"))) + v.pick(("", "/2", "?v=3"))
    point = v.say(f"La norma está explicada en {other}, sección 3.", f"The rule is explained at {other}, section 3.")
    prompt = v.say("¿Dónde se explica?", "Where is that explained?")
    yield Case(None, prompt, v.around(point), "a link that stands in no source", sources=(document(source),))


def a_quotation_of_something_else(v: Voice) -> Iterator[Case]:
    source = writing(v)
    point = v.say(
        "Como escribió la ministra: «La transformación digital del Estado comienza por escuchar a los municipios».",
        "As the minister wrote: “The digital state begins where municipalities are listened to, and nowhere else”.",
    )
    prompt = v.say("¿Hay alguna cita famosa?", "Is there a well-known quotation?")
    yield Case(None, prompt, v.around(point), "a quotation of a text that is not at hand", sources=(document(source),))


def an_opinion(v: Voice) -> Iterator[Case]:
    point = v.pick((
        v.say("Yo elegiría PostgreSQL: su comunidad es grande y rara vez decepciona.",
              "I would choose PostgreSQL: its community is large and it seldom disappoints."),
        v.say(f"{v.pick(COMPANIES)} debería abrir una sucursal en el sur antes que en el norte.",
              f"{v.pick(COMPANIES)} should open a branch in the south before the north."),
        v.say("La reunión salió bien; falta acordar quién avisa al cliente.",
              "The meeting went well; who tells the customer is still to be agreed."),
    ))  # fmt: skip
    yield Case(None, v.say("¿Qué opinas?", "What do you think?"), v.around(point), "an opinion")


def a_fact_of_the_world(v: Voice) -> Iterator[Case]:
    point = v.say(
        f"Según la ley 19.983, artículo {v.between(1, 9)}, la copia de la factura tiene mérito ejecutivo.",
        f"Under Act 19,983, section {v.between(1, 9)}, the copy of the invoice can be enforced.",
    )
    yield Case(
        None, v.say("¿Qué dice la ley?", "What does the law say?"), v.around(point), "a law that was not supplied"
    )


TEMPLATES = (a_link_nobody_read, a_quotation_of_something_else, an_opinion, a_fact_of_the_world)
HELD = ()
