"""The order of candidates."""

import numpy as np
import pytest

from minga.memory.index.meaning import BYTES_A_TOKEN
from minga.memory.recall.features import Asked, Candidate, table
from minga.memory.recall.nearness import Numbers, across_languages, asked, directions, nearness, packed
from minga.memory.recall.rank import rank
from minga.memory.tokens import loosened
from minga.memory.vectors import Packed

STATES = np.random.default_rng(7).normal(size=(40, 384)).astype(np.float32)


def candidate(number: int, **more: object) -> Candidate:
    plain = Candidate(number, 1, number, "user", "", "es", 80, False, 0.0)
    return plain._replace(**more)  # type: ignore[arg-type]


def kept(states: Numbers) -> Packed:
    [tokens] = loosened([packed(states)])
    return tokens


def question(states: Numbers | None = None) -> Asked:
    return Asked("¿en qué puerto quedó?", "es", None if states is None else asked(states))


def test_nothing_gives_nothing() -> None:
    assert rank(question(), []) == []


def test_the_passage_with_the_words_comes_first() -> None:
    found = rank(question(), [candidate(n, lexical=9.0 if n == 5 else 0.5) for n in range(10)])
    assert found[0].number == 5
    assert "words" in found[0].reasons
    assert len(found) == 10


def test_the_passage_with_the_tokens_comes_first_whatever_its_language() -> None:
    about = [candidate(n, tokens=kept(STATES[n : n + 4])) for n in range(0, 36, 4)]
    about[3] = about[3]._replace(language="en")
    found = rank(question(STATES[12:16]), about)
    assert found[0].number == about[3].number
    assert "meaning" in found[0].reasons


def test_confidence_is_a_probability_and_grows_with_the_score() -> None:
    found = rank(question(), [candidate(n, lexical=float(n)) for n in range(10)])
    assert all(0 < one.confidence < 1 for one in found)
    assert found[0].confidence > found[-1].confidence


def test_the_order_does_not_depend_on_the_order_in_which_candidates_come() -> None:
    some = [candidate(n, lexical=float(n * 7 % 10), session=n % 3) for n in range(20)]
    assert rank(question(), some) == rank(question(), some[::-1])


def test_a_neighbour_is_one_of_the_same_session_one_place_on() -> None:
    some = [candidate(0, lexical=8.0), candidate(1), candidate(3), candidate(4, session=2, position=2)]
    made = table(question(), some)
    before = made.values[:, made.names.index("lexical -1")]
    told = {some[place].number: value != 0 for place, value in zip(made.order, before, strict=True)}
    assert told == {0: False, 1: True, 3: False, 4: False}


def test_words_of_another_language_count_apart() -> None:
    some = [candidate(0, lexical=8.0, language="en"), candidate(1, lexical=8.0), candidate(2)]
    made = table(question(), some)
    same, foreign = (made.values[:, made.names.index(name)] for name in ("lexical", "lexical, other language"))
    assert same[0] == 0 < foreign[0]
    assert foreign[1] == 0 < same[1]


def test_a_token_takes_64_bytes_and_stays_near_to_itself() -> None:
    assert len(packed(STATES[:6])) == 6 * BYTES_A_TOKEN
    near = nearness(asked(STATES[:6]), [kept(STATES[:6]), kept(STATES[20:26])])
    assert near.shape == (2, 6)
    assert near[0] == pytest.approx(np.ones(6), abs=0.15)
    assert (near[1] < 0.6).all()


def test_tokens_of_many_passages_are_compared_as_those_of_each_alone() -> None:
    many = [packed(STATES[n % 7 : n % 7 + n % 5]) for n in range(900)]
    wanted = asked(STATES[3:9])
    near = nearness(wanted, loosened(many))
    for n in (0, 1, 4, 613, 899):
        assert near[n] == pytest.approx(nearness(wanted, loosened(many[n : n + 1]))[0], abs=1e-5)


def test_a_passage_without_tokens_is_near_to_nothing() -> None:
    assert packed(STATES[:0]) == b""
    assert nearness(asked(STATES[:2]), loosened([b"", packed(STATES[:2])]))[0].tolist() == [0, 0]
    assert rank(question(STATES[:0]), [candidate(0), candidate(1)])[0].confidence < 1


def test_a_passage_of_the_project_that_is_named_comes_before_one_like_it() -> None:
    some = [candidate(n, session=n, lexical=2.0, project=f"github.com/acme/{n % 3}-caja") for n in range(9)]
    some[4] = some[4]._replace(project="github.com/acme/odoo-nalca")
    assert rank(Asked("¿en qué puerto quedó Nalcahue?", "es", None), some)[0].number == 4


@pytest.mark.parametrize("words", ["qué hay en acme", "qué dice el servidor", "qué hay en la oda"])
def test_neither_what_all_projects_have_nor_a_word_of_work_names_one(words: str) -> None:
    names = ("acme/servidor", "acme/odoo-nalca", "acme/web")
    some = [candidate(n, session=n, lexical=2.0, project=name) for n, name in enumerate(names)]
    made = table(Asked(words, "es", None), some)
    for name in ("project named", "another project named"):
        assert not made.values[:, made.names.index(name)].any()


def test_the_newer_passage_counts_more_where_what_holds_now_is_asked_for() -> None:
    some = [candidate(n, session=n, lexical=2.0, at=float(n)) for n in range(6)]
    assert rank(Asked("¿en qué puerto está ahora?", "es", None), some)[0].number == 5
    same = table(Asked("¿en qué puerto quedó?", "es", None), some)
    assert not same.values[:, same.names.index("newer, asked for now")].any()


def test_what_found_a_passage_is_always_named() -> None:
    weak = [candidate(n, session=n, lexical=0.01 * n, at=float(n)) for n in range(1, 8)]
    assert all(one.reasons for one in rank(question(), weak))


def test_of_a_session_the_best_passages_count_and_of_one_project_nothing() -> None:
    some = [candidate(n, session=n % 2, position=n, lexical=float(n)) for n in range(8)]
    made = table(question(), some)
    own = made.values[:, made.names.index("lexical")]
    of_session = made.values[:, made.names.index("lexical, session")]
    sessions = np.array([some[place].session for place in made.order])
    for one in (0, 1):
        best = np.sort(own[sessions == one])[-3:].mean()
        assert of_session[sessions == one] == pytest.approx(np.full(4, best))
    assert made.values[:, made.names.index("lexical, project")] == pytest.approx(np.zeros(8))


def test_a_questions_vector_loses_what_its_language_adds_and_nothing_else() -> None:
    languages = directions().languages
    one = STATES[0] / np.linalg.norm(STATES[0])
    plain = across_languages(one)
    assert np.linalg.norm(plain) == pytest.approx(1, abs=1e-5)
    assert plain @ languages == pytest.approx(0, abs=1e-3)
    assert across_languages(one + 0.4 * languages) == pytest.approx(plain, abs=1e-2)
