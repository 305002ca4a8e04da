"""Code blocks in Python: right ones, and ones that name what does not exist."""

from collections.abc import Iterator, Sequence

from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import Voice

PAIRS: Sequence[tuple[str, str, str]] = (
    ("import math\n\nprint(math.dist((0, 0), (3, 4)))", "math.dist(", "math.distance("),
    ("import json\n\nwith open('datos.json') as file:\n    data = json.load(file)", "json.load(", "json.parse("),
    ("import os\n\nif os.path.exists('a.txt'):\n    os.remove('a.txt')", "os.path.exists(", "os.path.exist("),
    ("from datetime import datetime\n\nwhen = datetime.fromisoformat('2026-11-26')", "fromisoformat(", "from_iso_format("),
    ("import statistics\n\nprint(statistics.fmean([1, 2, 4]))", "statistics.fmean(", "statistics.average("),
    ("from collections import Counter\n\nprint(Counter('banana').most_common(1))", "import Counter", "import FrequencyCounter"),
    ("from itertools import pairwise\n\nprint(list(pairwise([1, 2, 3])))", "pairwise", "sliding_pairs"),
    ("import random\n\nrandom.seed(7)\nprint(random.sample(range(10), 3))", "random.sample(", "random.pick_many("),
    ("from functools import lru_cache\n\n\n@lru_cache(maxsize=None)\ndef double(n):\n    return 2 * n", "lru_cache", "lru_memoize"),
    ("import shutil\n\nshutil.copy2('a.txt', 'b.txt')", "shutil.copy2(", "shutil.copy_file("),
    ("from pathlib import Path\nimport re\n\ntext = Path('a.txt').read_text()\nprint(re.findall(r'\\d+', text))",
     "re.findall(", "re.find_all("),
    ("import time\n\nstart = time.perf_counter()\nprint(time.perf_counter() - start)", "time.perf_counter()", "time.precise_now()"),
    ("import csv\n\nwith open('a.csv') as file:\n    for row in csv.DictReader(file):\n        print(row)",
     "csv.DictReader(", "csv.DictionaryReader("),
    ("from decimal import Decimal, ROUND_HALF_UP\n\nprint(Decimal('2.5').quantize(Decimal(1), ROUND_HALF_UP))",
     "ROUND_HALF_UP", "ROUND_HALF_AWAY"),
    ("import hashlib\n\nprint(hashlib.sha256(b'x').hexdigest())", "hashlib.sha256(", "hashlib.sha2_256("),
    ("import textwrap\n\nprint(textwrap.shorten('hola mundo', width=6))", "textwrap.shorten(", "textwrap.truncate("),
    ("from concurrent.futures import ThreadPoolExecutor\n\nwith ThreadPoolExecutor(4) as pool:\n    print(list(pool.map(abs, [-1, 2])))",
     "ThreadPoolExecutor", "ThreadedExecutor"),
    ("import secrets\n\nprint(secrets.token_urlsafe(16))", "secrets.token_urlsafe(", "secrets.random_token("),
    ("import heapq\n\nprint(heapq.nlargest(2, [4, 9, 1]))", "heapq.nlargest(", "heapq.largest("),
    ("import sqlite3\n\nwith sqlite3.connect('a.db') as db:\n    db.execute('select 1')", "sqlite3.connect(", "sqlite3.open("),
)  # fmt: skip
"""A right block, what stands in it, and what the wrong one has there instead."""

KEYWORDS: Sequence[tuple[str, str, str]] = (
    ("names = ['b', 'a']\nprint(sorted(names, key=len))", "key=len", "cmp=len"),
    ("import json\n\nprint(json.dumps({'a': 1}, indent=2))", "indent=2", "pretty=True"),
    ("with open('a.txt', encoding='utf-8') as file:\n    print(file.read())", "encoding=", "charset="),
    ("print('a', 'b', sep=';')", "sep=", "separator="),
    ("import subprocess\n\nsubprocess.run(['ls'], capture_output=True, check=True)", "capture_output=", "get_output="),
    ("for number, name in enumerate(['a', 'b'], start=1):\n    print(number, name)", "start=1", "begin=1"),
    ("import textwrap\n\nprint(textwrap.fill('hola', width=20))", "width=20", "columns=20"),
    ("import statistics\n\nprint(statistics.quantiles([1, 2, 3], n=4))", "n=4", "parts=4"),
    ("pairs = zip([1, 2], 'ab', strict=True)\nprint(dict(pairs))", "strict=True", "exact=True"),
    ("import os\n\nos.makedirs('a/b', exist_ok=True)", "exist_ok=", "exists_ok="),
    ("import shutil\n\nshutil.rmtree('tmp', ignore_errors=True)", "ignore_errors=", "force="),
    ("import argparse\n\nparser = argparse.ArgumentParser(description='x')", "description=", "summary="),
)  # fmt: skip

NAMES: Sequence[tuple[str, str, str]] = (
    ("def total(lines):\n    result = 0\n    for line in lines:\n        result += line\n    return result",
     "return result", "return results"),
    ("def clean(text):\n    words = text.split()\n    return ' '.join(words)", "join(words)", "join(word)"),
    ("import json\n\n\ndef read(path):\n    with open(path) as file:\n        return json.load(file)", "import json\n\n\n", ""),
    ("def mean(values):\n    count = len(values)\n    return sum(values) / count", "/ count", "/ cuont"),
    ("class Box:\n    def __init__(self, side):\n        self.side = side\n\n    def volume(self):\n        return self.side ** 3",
     "self.side = side", "self.side = length"),
    ("from pathlib import Path\n\n\ndef size(name):\n    return Path(name).stat().st_size", "Path(name)", "Path(nombre)"),
)  # fmt: skip

SYNTAX: Sequence[tuple[str, str, str]] = (
    ("def add(a, b):\n    return a + b", "b):", "b)"),
    ("values = [1, 2, 3]\nprint(sum(values))", "sum(values))", "sum(values)"),
    ("def half(n):\n    if n % 2 == 0:\n        return n // 2\n    return None", "n % 2 == 0", "n % 2 = 0"),
    ("text = 'hola'\nprint(f'{text} mundo')", "'hola'", "'hola"),
    ("def first(rows):\n    for row in rows:\n        return row", "        return", "    return"),
    ("try:\n    value = int('7')\nexcept ValueError:\n    value = 0", "except ValueError:\n    value = 0", "value = 1"),
)  # fmt: skip


def _pair(v: Voice, pairs: Sequence[tuple[str, str, str]], fault: str) -> Iterator[Case]:
    right, there, instead = v.own(pairs)
    assert there in right, there
    prompt = v.say("Muéstrame cómo se hace en Python.", "Show me how to do it in Python.")
    yield Case(True, prompt, _answer(v, right))
    yield Case(False, prompt, _answer(v, right.replace(there, instead)), f"{fault}: {instead!r} for {there!r}")


def _answer(v: Voice, code: str) -> str:
    language = v.pick(("python", "python", "py"))
    said = v.say("Con la biblioteca estándar basta:", "The standard library is enough:")
    return v.around(f"{said}\n\n```{language}\n{code}\n```")


def plausible_function(v: Voice) -> Iterator[Case]:
    return _pair(v, PAIRS, "a function that does not exist")


def wrong_keyword(v: Voice) -> Iterator[Case]:
    return _pair(v, KEYWORDS, "a keyword that it does not take")


def undefined_name(v: Voice) -> Iterator[Case]:
    return _pair(v, NAMES, "a name that is not defined")


def syntax(v: Voice) -> Iterator[Case]:
    return _pair(v, SYNTAX, "does not compile")


def in_the_project(v: Voice) -> Iterator[Case]:
    """The reader's own module is in the workspace."""
    files = {
        "shop/__init__.py": "",
        "shop/prices.py": "RATE = 19\n\n\ndef with_tax(net, *, rate=RATE):\n    return net + net * rate // 100\n",
    }
    prompt = v.say("¿Cómo uso el módulo de precios?", "How do I use the prices module?")
    right = "from shop.prices import with_tax\n\nprint(with_tax(1000, rate=10))"
    wrong, why = v.pick((
        (right.replace("with_tax", "add_tax"), "a function that the project does not have"),
        (right.replace("shop.prices", "shop.price"), "a module that the project does not have"),
        (right.replace("rate=10", "percent=10"), "a keyword that the project's function does not take"),
    ))  # fmt: skip
    yield Case(True, prompt, _answer(v, right), files=files)
    yield Case(False, prompt, _answer(v, wrong), why, files=files)


def json_block(v: Voice) -> Iterator[Case]:
    right = '{\n  "name": "demo",\n  "scripts": {"test": "vitest run"}\n}'
    wrong, why = v.pick((
        (right.replace('"demo",', '"demo"'), "a comma is missing"),
        (right.replace("}\n}", "}"), "a brace is missing"),
    ))  # fmt: skip
    prompt = v.say("Dame el package.json.", "Give me the package.json.")
    yield Case(True, prompt, v.around(f"```json\n{right}\n```"))
    yield Case(False, prompt, v.around(f"```json\n{wrong}\n```"), why)


def method_of_a_module_object(v: Voice) -> Iterator[Case]:
    """Kept apart: the missing name is an attribute of a class, or sits two blocks further down."""
    blocks = v.pick((
        ("from datetime import date", "print(date.today().isoformat())", "date.today(", "date.now("),
        ("import uuid", "print(uuid.uuid4().hex)", "uuid.uuid4(", "uuid.random("),
        ("import string", "print(string.ascii_lowercase[:3])", "ascii_lowercase", "lower_letters"),
        ("import asyncio", "async def main():\n    await asyncio.sleep(1)\n\n\nasyncio.run(main())", "asyncio.run(", "asyncio.start("),
    ))  # fmt: skip
    first, second, there, instead = blocks
    prompt = v.say("Explícalo por partes.", "Explain it in parts.")
    shape = v.say("Primero:\n\n```python\n{}\n```\n\nDespués:\n\n```python\n{}\n```",
                  "First:\n\n```python\n{}\n```\n\nThen:\n\n```python\n{}\n```")  # fmt: skip
    yield Case(True, prompt, v.around(shape.format(first, second)))
    wrong = second.replace(there, instead)
    yield Case(False, prompt, v.around(shape.format(first, wrong)), f"does not exist: {instead!r}")


TEMPLATES = (plausible_function, plausible_function, wrong_keyword, undefined_name, syntax, in_the_project, json_block)
HELD = (method_of_a_module_object,)
