"""Names that code takes from elsewhere: what does not exist is found, what may exist is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.code.compiling import Compiles
from minga.verification.code.imports import Names

SHOP = {
    "shop/__init__.py": "from shop.money import pesos\nVERSION = '1'\n",
    "shop/money.py": (
        "import json\nIVA = 19\ndef pesos(amount, *, sign='$'):\n    return amount\n"
        "def net(total, rate=19):\n    return total\nif IVA:\n    class Odd: pass\n"
    ),
    "shop/lazy.py": "def __getattr__(name):\n    return name\n",
    "shop/all.py": "from shop.money import *\nfrom math import *\n",
    "shop/parts/__init__.py": "",
    "shop/parts/small.py": "x = 1\n",
    "src/tools/__init__.py": "",
    "src/tools/run.py": "def go(): ...\n",
    ".venv/lib/python3.11/site-packages/rest/__init__.py": "def get(url): ...\n",
}


@dataclass(frozen=True)
class Before:
    files: dict[str, bytes] = field(default_factory=dict)

    def paths(self) -> Sequence[str]:
        return list(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


def answered(code: str, cwd: Path = Path("/nonexistent"), before: str = "Así:", prompt: str = "") -> Checked | None:
    return Names().look(Work(prompt, f"{before}\n\n```python\n{code}\n```\n", cwd))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name, text in SHOP.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def changed(cwd: Path, code: str, name: str = "shop/new.py", before: dict[str, bytes] | None = None) -> Checked | None:
    (cwd / name).write_text(code)
    originals = Before(before) if before else None
    return Names().look(Work("", "Listo.", cwd, (FileChange(name, "added"),), originals=originals))


@pytest.mark.parametrize(
    "code",
    [
        "import json\njson.loads('1')\njson.dumps([1], indent=2, default=str)\njson.dumps(1, cls=E, more=1)",
        "import os\nos.path.exists('x')\nos.path.join('a', 'b')\nos.startfile('x')\nos.environ['A']",
        "import os.path\nos.path.exists('x')",
        "from datetime import UTC, datetime, timezone\ndatetime.now(UTC).isoformat()\ndatetime.utcnow().date()",
        "from typing import override, TypeIs\nfrom itertools import batched\nfrom warnings import deprecated",
        "from pathlib import Path\nPath('a').walk()\nPath.home().read_text(encoding='utf-8', newline='')",
        "import shutil\nshutil.rmtree('x', onexc=print)",
        "import xml.etree.ElementTree as ET\nET.parse('x').getroot()",
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(max_workers=2)",
        "import asyncio\nasyncio.run(main())\nasyncio.TaskGroup()",
        "import re\nre.sub('a', 'b', 'c', flags=re.I)\nre.compile('a').fullmatch('b')",
        "from collections import Counter, defaultdict\nCounter('ab').most_common(1)\ndefaultdict(list).items()",
        "'a'.join(['b'])\n[1].append(2)\n{}.get('a', 1)\nf'{1}'.strip()",
        "sorted([2, 1], key=len, reverse=True)\nopen('x', encoding='utf-8')\nprint(1, sep='', flush=True)",
        "import json\ndef f(json):\n    return json.parse('x')",
        "import json\njson = object()\njson.parse('x')",
        "try:\n    import jsonfast.sub as json\nexcept ImportError:\n    import json",
        "import os\nif hasattr(os, 'forkpty2'):\n    os.forkpty2()",
        "import sys\nif sys.version_info >= (3, 20):\n    from datetime import eons",
        "import math\ntry:\n    math.clamp(1)\nexcept AttributeError:\n    pass",
        "import json\nimport pytest\nwith pytest.raises(TypeError):\n    json.loads()",
        "import json\n```\n\n```python\ndef f(json):\n    return json.parse()",
        "import argparse, threading\nargparse.ArgumentParser('x', add_help=False)\nthreading.Thread(target=print)",
        "max(1, 2, key=abs)\nzip('a', strict=True)\nimport textwrap\ntextwrap.wrap('a', 9, max_lines=2)",
        "import shutil, subprocess\nshutil.rmtree('a', onexc=print)\nsubprocess.run('a', cwd='b', text=True)",
        "from collections import Counter\nCounter(a=1)\nfrom enum import Enum\nEnum('A', names='x y')",
        "import math\nmath.clamp(1)  # type: ignore[attr-defined]",
        "def f(a, b=1, *, c): ...\nf(1, c=2)\nf(*x)\nf(**y)\nf(1, 2, c=3)",
        "def f(a): ...\nf = g\nf()",
        "x = []\nx = other()\nx.push(1)",
        "import datetime\ndatetime.datetime.now(datetime.timezone.utc)\ndatetime.UTC",
        "from functools import lru_cache\n@lru_cache\ndef f(a): ...\nf.cache_clear()",
        "import string\nstring.ascii_letters",
        "import distutils._log, fcntl, winreg, msvcrt",
        "from __future__ import annotations\nimport typing as t\nx: t.Any = 1",
        "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(1, 1)",
        "import logging\nlogging.getLogger(__name__).warn('x')\nlogging.handlers",
        "import json\ndef f(x: Order) -> str:\n    ...\n    return json.dumps(x)",
    ],
)
def test_names_that_exist_or_may_exist_are_never_failed(code: str) -> None:
    checked = answered(code)
    assert checked is None or checked.state is not CheckState.FAILED, checked


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import json\njson.parse('1')", "line 5: json has no name parse"),
        ("import json\njson.load_s('1')", "line 5: json has no name load_s; did you mean loads?"),
        ("import os\nos.path.exist('x')", "line 5: os.path has no name exist; did you mean exists?"),
        ("import os.path as p\np.exist('x')", "line 5: p has no name exist; did you mean exists?"),
        ("from datetime import timezone_utc", "line 4: datetime has no name timezone_utc; did you mean timezone?"),
        (
            "from datetime import datetime\ndatetime.utc_now()",
            "line 5: datetime has no name utc_now; did you mean utcnow?",
        ),
        (
            "from collections import Counter\nCounter('a').top(3)",
            "line 5: a Counter has no name top; did you mean pop?",
        ),
        (
            "from pathlib import Path\nPath('a').read_json()",
            "line 5: a Path has no name read_json; did you mean read_bytes?",
        ),
        (
            "from pathlib import Path\np = Path('a')\nif p.exist():\n    pass",
            "line 6: a Path has no name exist; did you mean exists?",
        ),
        ("s = 'abc'\nif s.contains('b'):\n    pass", "line 5: a str has no name contains"),
        ("items = []\nitems.add(1)", "line 5: a list has no name add"),
        ("from itertools import chunked", "line 4: itertools has no name chunked"),
        ("import xml.etree.Elements", "line 4: no module xml.etree.Elements in the standard library"),
        ("import math\ndef f(x):\n    return math.clamp(x, 0, 1)", "line 6: math has no name clamp"),
        ("import statistics\nstatistics.average([1])", "line 5: statistics has no name average"),
        ("import hashlib\nhashlib.sha265(b'')", "line 5: hashlib has no name sha265; did you mean sha256?"),
        ("open('a', encode='utf-8')", "line 4: open() takes no argument encode; did you mean encoding?"),
        ("sorted([1], reversed=True)", "line 4: sorted() takes no argument reversed; did you mean reverse?"),
        ("import re\nre.sub('a', 'b')", "line 5: re.sub() lacks its argument string"),
        ("import math\nmath.sqrt(1, 2)", "line 5: math.sqrt() takes at most 1 arguments by position, not 2"),
        ("def f(a, b):\n    return a\nf(1)", "line 6: f() lacks its argument b"),
        ("def f(a, *, key):\n    return a\nf(1, 2, key=3)", "line 6: f() takes at most 1 arguments by position, not 2"),
        ("def f(a, total=1):\n    return a\nf(1, totl=2)", "line 6: f() takes no argument totl; did you mean total?"),
        ("import json\njson.dumps(1, pretty=True)", "line 5: json.dumps() takes no argument pretty"),
        ("import textwrap\ntextwrap.fill('a', columns=3)", "line 5: textwrap.fill() takes no argument columns"),
        ("import shutil\nshutil.rmtree('a', force=True)", "line 5: shutil.rmtree() takes no argument force"),
        ("import subprocess\nsubprocess.run(['a'], silent=True)", "line 5: subprocess.run() takes no argument silent"),
        ("enumerate('ab', begin=1)", "line 4: enumerate() takes no argument begin"),
        ("import argparse\nargparse.ArgumentParser(summary='x')", "line 5: ArgumentParser() takes no argument summary"),
        ("import uuid\n```\n\nThen:\n\n```python\nuuid.random()", "line 10: uuid has no name random"),
        ("zip([1], 'a', exact=True)", "line 4: zip() takes no argument exact"),
        ("import json\ndef f(x):\n    result = x\n    return json.dumps(reslut)", "line 7: nothing defines reslut"),
        ("import json\ndef f(x):\n    return json.dumps(os.getcwd())", "line 6: nothing imports os"),
    ],
)
def test_a_name_that_does_not_exist_is_told_with_the_nearest(code: str, said: str) -> None:
    checked = answered(code)
    assert checked is not None
    assert checked.state is CheckState.FAILED
    assert checked.evidence[0].startswith(said)


@pytest.mark.parametrize(
    "code",
    [
        "from shop import pesos, VERSION, money, parts",
        "from shop.money import IVA, Odd, net, json\nnet(1, rate=2)",
        "import shop.money as m\nm.pesos(1, sign='x')",
        "from .money import pesos\nfrom . import parts\nfrom .parts import small\nfrom .parts.small import x",
        "from shop.lazy import whatever",
        "from shop.all import pesos, sqrt, pi",
        "from tools.run import go",
        "import rest\nrest.get('x')",
        "from shop._version import version\nfrom shop.api_pb2 import Message",
        "import shop\nshop.later = 1\nshop.__file__",
        "from shop import *\nanything()",
        "def f():\n    global made\n    made = 1\nprint(made, __file__, _('x'), frozendict)",
        "import conftest_of_others, requests",
        "class A:\n    size = 1\n    def top(self):\n        return self.size\n    rows = [n for n in range(size)]",
        "for i in range(3):\n    pass\nprint(i)\nwith open('x') as f, open(f.name) as g:\n    print(g)",
        "match 1:\n    case int() as n:\n        print(n)\n    case [*rest]:\n        print(rest)",
        "try:\n    unicode\nexcept NameError:\n    unicode = str",
    ],
)
def test_names_of_the_workspace_that_exist_are_never_failed(shop: Path, code: str) -> None:
    checked = changed(shop, code)
    assert checked is None or checked.state is not CheckState.FAILED, checked


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("from shop.money import peso", "shop/new.py:1: shop.money has no name peso; did you mean pesos?"),
        ("from shop import vat", "shop/new.py:1: shop has no name vat"),
        ("from .money import peso", "shop/new.py:1: .money has no name peso; did you mean pesos?"),
        (
            "from .mony import pesos",
            "shop/new.py:1: shop/ has no module .mony; did you mean money?",
        ),
        ("import shop.taxes", "shop/new.py:1: shop/ has no module shop.taxes"),
        ("import shop.money\nshop.money.gross(1)", "shop/new.py:2: shop.money has no name gross"),
        ("from shop.all import peso", "shop/new.py:1: shop.all has no name peso; did you mean pesos?"),
        ("from tools.run import stop", "shop/new.py:1: tools.run has no name stop"),
        ("from rest import fetch", "shop/new.py:1: rest has no name fetch"),
        (
            "from shop.money import pesos\npesos(1, '$')",
            "shop/new.py:2: pesos() takes at most 1 arguments by position, not 2",
        ),
        ("from shop.money import net\nnet(1, iva=2)", "shop/new.py:2: net() takes no argument iva"),
        ("def f(total):\n    return totl", "shop/new.py:2: nothing defines totl"),
        ("print(json.dumps(1))", "shop/new.py:1: nothing imports json"),
        ("def f():\n    x = 1\ndef g():\n    return x", "shop/new.py:4: nothing defines x"),
    ],
)
def test_names_that_the_workspace_does_not_have_are_told(shop: Path, code: str, said: str) -> None:
    checked = changed(shop, code)
    assert checked is not None
    assert checked.state is CheckState.FAILED
    assert checked.evidence[0].startswith(said)
    assert not checked.proves


def test_what_is_only_called_is_not_made_by_the_answer(shop: Path) -> None:
    checked = answered("from shop.money import add_tax\nadd_tax(1)", shop)
    assert checked is not None
    assert checked.state is CheckState.FAILED


@pytest.mark.parametrize(
    "code", ["def f(lines):\n    result = 0\n    return results", "from os import path\npath.join(here)"]
)
def test_a_name_that_the_reader_may_have_keeps_the_rest_from_passing(code: str) -> None:
    checked = answered(code)
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN
    assert Compiles().look(Work("", f"```python\n{code}\n```", Path("/nonexistent"))) is None


def test_what_the_answer_itself_makes_need_not_be_there(shop: Path) -> None:
    made = "Agrego `gross` a money.py:\n```python\ndef gross(x):\n    return x\n```\nY se usa así:"
    checked = answered("from shop.money import gross", shop, made)
    assert checked is None or checked.state is not CheckState.FAILED
    checked = answered("import shop.taxes", shop, "Crea `shop/taxes.py`:")
    assert checked is None or checked.state is not CheckState.FAILED


def test_a_module_that_is_not_at_hand_is_unproven() -> None:
    checked = answered("import requests\nrequests.gett('x')")
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN
    assert checked.evidence == ("line 4: the module requests cannot be seen from here, so its names stay unchecked",)


def test_what_was_not_defined_before_either_is_not_held_against_the_work(shop: Path) -> None:
    checked = changed(shop, "print(injected)\nprint(lost)", before={"shop/new.py": b"print(injected)"})
    assert checked is not None
    assert checked.evidence == ("shop/new.py:2: nothing defines lost",)


def test_what_is_shown_as_wrong_is_no_fault_of_the_answer() -> None:
    assert answered("import json\njson.parse('1')", before="This does not work:") is None


def test_a_workspace_that_shadows_the_standard_library_is_not_judged_by_it(shop: Path) -> None:
    (shop / "queue.py").write_text("def shout(): ...\n")
    checked = answered("import queue\nqueue.shout()", shop)
    assert checked is None or checked.state is not CheckState.FAILED


def test_nothing_of_the_workspace_runs(shop: Path) -> None:
    (shop / "shop" / "loud.py").write_text("open('ran', 'w')\nx = 1\n")
    assert answered("from shop.loud import y", shop) is not None
    assert not (shop / "ran").exists()
    assert not (Path.cwd() / "ran").exists()


@given(
    st.lists(
        st.sampled_from(["import os", "os.x()", "f(1)", "def f(a):", " return a", "x = y", "from . import z"]),
        max_size=8,
    )
)
def test_no_code_breaks_it(lines: list[str]) -> None:
    answered("\n".join(lines))
