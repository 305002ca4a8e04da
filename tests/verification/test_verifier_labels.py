"""The labels of the verifier's bench are right: each is proven here in another way than it was made."""

import json
import os
import random
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import jsonschema_rs
import pytest
from benchmarks.verifier import corpus
from benchmarks.verifier.kinds.code import KEYWORDS, NAMES, PAIRS, SYNTAX
from benchmarks.verifier.kinds.jobs import JOBS, Job
from benchmarks.verifier.kinds.tax_documents import unsigned, varied
from benchmarks.verifier.kinds.writings import WRITINGS
from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import Voice
from lxml import etree

ALL = tuple(case for half in (corpus.DEVELOPMENT, corpus.HELD_OUT) for case in corpus.cases(half))


def of(kind: str, *templates: str) -> list[Case]:
    return [each for each in ALL if each.kind == kind and (not templates or each.template in templates)]


def number(text: str, language: str) -> int:
    return int(text.replace("." if language == "es" else ",", "").replace("$", "").strip("* "))


def test_there_are_enough_of_every_kind_and_none_comes_twice() -> None:
    assert len(ALL) >= 1000
    for half in (corpus.DEVELOPMENT, corpus.HELD_OUT):
        counts = Counter((each.kind, each.right) for each in corpus.cases(half))
        assert len(counts) == 2 * (len(corpus.KINDS) - 1) + 1
        assert min(counts.values()) >= 16
    wholes = Counter(repr(each) for each in ALL)
    assert sum(count - 1 for count in wholes.values()) <= len(ALL) // 50


def test_the_same_seed_makes_the_same_answers() -> None:
    assert corpus.cases(corpus.DEVELOPMENT) == corpus.cases(corpus.DEVELOPMENT)


def test_every_wrong_answer_says_what_is_wrong() -> None:
    assert all(each.why for each in ALL if not each.right)


@pytest.mark.parametrize("template", ["sum_in_a_line", "product_in_a_line", "mean_in_a_line", "subtraction_in_steps"])
def test_formulas_are_right_as_labelled(template: str) -> None:
    for case in of("sums", template):
        group = "." if case.language == "es" else ","
        steps = re.findall(r"(?:^\d\. )?([\d(][\d., ()+\-*/×x]*) = ([\d.,]*\d)", case.answer, re.M)
        assert steps
        values = [
            (eval(re.sub("[×x]", "*", left.replace(group, ""))), number(right, case.language)) for left, right in steps
        ]
        assert all(Fraction(left) == right for left, right in values) is case.right, case.answer


def test_tables_and_lists_add_up_as_labelled() -> None:
    for case in of("sums", "table_of_goods", "list_with_a_total"):
        rows = [
            [number(each, case.language) for each in re.findall(r"\$?\d[\d.,]*\d|\b\d\b", line)]
            for line in case.answer.splitlines()
            if line.startswith(("|", "-")) and any(each.isdigit() for each in line)
        ]
        *lines, (total,) = rows
        is_right = sum(line[-1] for line in lines) == total
        if case.template == "table_of_goods":
            is_right = is_right and all(count * price == amount for count, price, amount in lines)
        assert is_right is case.right, case.answer


def test_taxes_are_right_as_labelled() -> None:
    for case in of("sums", "net_tax_total"):
        net, tax, total = (number(each, case.language) for each in re.findall(r"\$[\d.,]*\d", case.answer))
        assert ((2 * 19 * net + 100) // 200 == tax and net + tax == total) is case.right, case.answer


def is_valid_rut(body: int, digit: str) -> bool:
    """The usual one-line way, backwards from 1 and with one more: not that of the bench."""
    at, total = 0, 1
    while body:
        body, last = divmod(body, 10)
        total = (total + last * (9 - at % 6)) % 11
        at += 1
    return ("K" if total == 0 else str(total - 1)) == digit.upper()


def test_ruts_are_valid_as_labelled() -> None:
    for case in of("RUTs", "in_a_sentence", "in_a_table", "in_code", "with_the_name_before", "worked_out"):
        ruts = re.findall(r"(?<![\d.])(\d{1,2}\.?\d{3}\.?\d{3})-([\dkK])(?!\d)", case.answer)
        assert ruts
        valid = all(is_valid_rut(int(body.replace(".", "")), digit) for body, digit in ruts)
        assert valid is case.right, case.answer


def test_a_rut_that_is_the_subject_is_not_valid_and_the_one_beside_it_is() -> None:
    for case in of("RUTs", "invalid_as_the_subject"):
        ruts = re.findall(r"(\d{1,2}\.\d{3}\.\d{3})-([\dK])", case.answer)
        found = {each: is_valid_rut(int(each[0].replace(".", "")), each[1]) for each in ruts}
        assert not next(iter(found.values()))


def test_quotations_stand_in_their_source_as_labelled() -> None:
    for case in of("quotations", "in_quotation_marks", "as_a_block", "two_of_which_one_is_changed", "with_a_link"):
        source = " ".join(case.sources[0].text.split())
        quoted = re.findall(r"[«“\"](\S[^»”\"]*)[»”\"]", case.answer) or re.findall(r"^> (.*)$", case.answer, re.M)
        assert quoted
        assert all(each in source for each in quoted) is case.right, case.answer


def test_slips_of_quotations_are_words_of_the_sentence_that_no_source_has_there() -> None:
    for written in WRITINGS:
        for sentence in written.sentences:
            for word, other in sentence.slips:
                assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sentence.text), (word, sentence)
                assert all(sentence.text.replace(word, other, 1) not in each.text for each in WRITINGS)
                assert sentence.text.index(word) == re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sentence.text).start()


def test_json_fits_its_schema_as_labelled() -> None:
    for case in of("JSON"):
        text = case.answer.strip("\ufeff \n").removeprefix("```json").removesuffix("```")
        try:
            fits = jsonschema_rs.is_valid(json.loads(case.schema), json.loads(text))
        except ValueError:
            fits = False
        assert fits is case.right, (case.answer, case.why)


def runs(code: str) -> bool:
    try:
        exec(compile(code, "block", "exec"), {"__name__": "block"})
    except Exception:  # noqa: BLE001 - whatever a block may raise
        return False
    return True


@pytest.mark.parametrize("pairs", [PAIRS, KEYWORDS], ids=["functions", "keywords"])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_right_blocks_run_and_wrong_ones_do_not(
    pairs: tuple[tuple[str, str, str], ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for right, there, instead in pairs:
        for name, text in (("a.txt", "7"), ("a.csv", "a,b\n1,2\n"), ("datos.json", "{}")):
            (tmp_path / name).write_text(text)
        assert runs(right), right
        (tmp_path / "a.txt").write_text("7")
        assert not runs(right.replace(there, instead)), instead


CALLS: dict[str, str] = {
    "total": "total([1])",
    "clean": "clean('a b')",
    "read": "read('datos.json')",
    "mean": "mean([1])",
    "Box": "Box(2).volume()",
    "size": "size('datos.json')",
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_name_that_is_not_defined_fails_once_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "datos.json").write_text("{}")
    for right, there, instead in NAMES:
        name = next(each for each in CALLS if f"def {each}(" in right or f"class {each}:" in right)
        assert runs(f"{right}\n\n{CALLS[name]}"), right
        assert not runs(f"{right.replace(there, instead)}\n\n{CALLS[name]}"), instead


def test_broken_syntax_is_broken() -> None:
    for right, there, instead in SYNTAX:
        compile(right, "block", "exec")
        with pytest.raises(SyntaxError):
            compile(right.replace(there, instead), "block", "exec")


def test_places_exist_as_labelled() -> None:
    for case in of("references", "file_and_line", "line_of_another", "several", "table_of_places"):
        is_right = True
        for line in case.answer.splitlines():
            place = re.search(r"(src/\w+/\w+\.py):(\d+)", line)
            name = re.search(r"`(\w+_\w+)(?:\(\))?`", line)
            if place:
                text = str(case.files.get(place[1], "")).splitlines()
                at = int(place[2])
                is_right = is_right and at <= len(text) and name is not None and f"def {name[1]}(" in text[at - 1]
            is_right = is_right and all(each in case.files for each in re.findall(r"tests/\w+\.py", line))
        assert is_right is case.right, (case.answer, case.why)


def test_patches_apply_as_labelled(tmp_path: Path) -> None:
    """As git takes them; paths that may not be changed, and absolute ones, are no affair of git's."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    for at, case in enumerate(each for each in of("patches") if not each.allowed and each.why != "an absolute path"):
        folder = tmp_path / str(at)
        folder.mkdir()
        case.work(folder)
        block = re.search(r"```diff\n((?:--- |diff ).*?)^```", case.answer, re.S | re.M)
        assert block
        strip = [] if re.search(r"^--- (a/|/dev/null)", block[1], re.M) else ["-p0"]
        applied = subprocess.run(
            ["git", "apply", "--check", *strip],
            cwd=folder,
            input=block[1].encode(),
            capture_output=True,
            env=environment,
        )
        assert (applied.returncode == 0) is case.right, (case.answer, case.why, applied.stderr)


def passes(job: Job, text: str) -> bool:
    """Whether all tests of the job pass with ``text`` as its module."""
    module: dict[str, Callable[..., object]] = {}
    try:
        exec(text, module)
        exec(job.tests.split("\n", 1)[1], module)
        for name in [each for each in module if each.startswith("test_")]:
            module[name]()
    except (AssertionError, ValueError, IndexError):
        return False
    return True


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.module)
def test_right_mends_pass_all_tests_and_others_do_not(job: Job) -> None:
    assert not passes(job, job.broken)
    assert all(passes(job, text) for text in job.right)
    assert not any(passes(job, text) for text, _ in job.wrong)
    assert job.tests.count(job.expects) == 1
    assert passes(job, job.broken) is False
    yielding = job.tests.replace(job.expects, job.yields)
    namespace: dict[str, Callable[..., object]] = {}
    exec(f"{job.broken}\n{yielding.split(chr(10), 1)[1]}", namespace)
    for name in [each for each in namespace if each.startswith("test_")]:
        namespace[name]()


def test_tax_documents_are_well_formed_and_of_all_types() -> None:
    kinds = {etree.fromstring(unsigned(tree).encode()).findtext(".//{*}TipoDTE") for tree in varied()}
    assert len(kinds) == 12


def test_halves_draw_from_different_lists() -> None:
    drawn = {held: {Voice(random.Random(at), "es", held).own(range(9)) for at in range(60)} for held in (False, True)}
    assert drawn == {False: {0, 2, 4, 6, 8}, True: {1, 3, 5, 7}}
