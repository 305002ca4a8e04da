"""Chilean tax documents in an answer or in a file: right ones, and ones that break one rule of the book."""

from collections.abc import Iterator
from functools import cache

from benchmarks.dte import corpus
from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import Voice
from minga.dte import rules
from minga.dte.document import NAMESPACE
from minga.dte.editing import edited
from minga.dte.examples import example, names
from minga.dte.finding import Rule
from minga.dte.trial import sign_piece
from minga.dte.writing import Tree, body_of, order_of, text

_GRAVE = ("rejected", "error")


@cache
def broken_rules() -> tuple[Rule, ...]:
    """Those whose breach makes a document wrong, and whose example is right as a whole, without an edit."""
    found = (each for each in rules().values() if each.mutants and not each.passing and each.example in names())
    return tuple(each for each in found if each.severity in _GRAVE)


@cache
def varied() -> tuple[Tree, ...]:
    """Right documents of all types; the examples come first."""
    return tuple(corpus.valid(5 * len(names())))


def _mutant(v: Voice) -> tuple[Tree, Tree, str]:
    """A right document, the one with one rule broken, and which rule; both have what stamps and files need."""
    while True:
        rule = v.pick(broken_rules())
        right = example(rule.example)
        edits = v.pick(rule.mutants)
        wrong = edited(right, edits)
        if all(_kind(each) for each in (right, wrong)):
            return right, wrong, f"{rule.id}: {edits}"


def _kind(tree: Tree) -> int:
    """The type, 0 where a change took it away."""
    try:
        head = tree["Encabezado"]
        assert isinstance(head, dict)
        paper = head["IdDoc"]
        assert isinstance(paper, dict)
        return int(str(paper["TipoDTE"]))
    except (KeyError, ValueError, AssertionError):
        return 0


def unsigned(tree: Tree) -> str:
    """As an agent writes it: without stamp and signature, which only the sender can make."""
    kind = _kind(tree)
    body = body_of(kind)
    return f'<DTE xmlns="{NAMESPACE}" version="1.0"><{body} ID="D1">{text(tree, order_of(kind))}</{body}></DTE>'


def signed(tree: Tree) -> bytes | None:
    """None where it lacks what a stamp is made of."""
    try:
        return b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + sign_piece(tree).raw
    except (KeyError, ValueError):
        return None


def _in_answer(v: Voice, right: bool, tree: Tree, why: str = "") -> Case:
    prompt = v.say("Genera el XML del documento, sin firmar.", "Write the XML of the document, unsigned.")
    said = v.say(
        "Este es el DTE; falta timbrarlo y firmarlo:", "This is the DTE; it still has to be stamped and signed:"
    )
    written = unsigned(tree)
    if v.pick((True, False)):
        written = f'<?xml version="1.0" encoding="UTF-8"?>\n{written}'
    return Case(right, prompt, v.around(f"{said}\n\n```xml\n{written}\n```"), why)


def mutated(v: Voice) -> Iterator[Case]:
    right, wrong, why = _mutant(v)
    yield _in_answer(v, True, right)
    yield _in_answer(v, False, wrong, why)


def many_lines(v: Voice) -> Iterator[Case]:
    yield _in_answer(v, True, v.pick(varied()), "amounts of every kind")


def in_a_file(v: Voice) -> Iterator[Case]:
    """Signed as for trials."""
    prompt = v.say("Deja la factura en salida/dte.xml.", "Put the invoice into salida/dte.xml.")
    done = v.say("Listo: `salida/dte.xml`.", "Done: `salida/dte.xml`.")
    while True:
        right, wrong, why = _mutant(v)
        raws = signed(right), signed(wrong)
        if all(raws):
            break
    yield Case(True, prompt, done, changes={"salida/dte.xml": raws[0]})
    yield Case(False, prompt, done, why, changes={"salida/dte.xml": raws[1]})


def two_in_one_answer(v: Voice) -> Iterator[Case]:
    """Kept apart: a right and another document in one answer."""
    prompt = v.say("Genera los dos documentos, sin firmar.", "Write both documents, unsigned.")
    first = v.pick(varied())
    right, wrong, why = _mutant(v)
    for is_right, second in ((True, right), (False, wrong)):
        point = "\n\n".join(f"```xml\n{unsigned(each)}\n```" for each in (first, second))
        yield Case(is_right, prompt, v.around(point), "" if is_right else why)


TEMPLATES = (mutated, mutated, many_lines, in_a_file)
HELD = (two_in_one_answer,)
