"""Right code that looks broken: fragments, other programs' names, newer versions, code that is shown as wrong."""

from collections.abc import Iterator, Sequence

from benchmarks.verifier.labelled import Case
from benchmarks.verifier.voice import Voice

SOUND = "import math\n\nprint(math.sqrt(2))"
"""Shown beside, so that there is something to prove."""

ODD: Sequence[tuple[str, str, str]] = (
    ("python", "def total(lines):\n    ...\n    return sum(line.amount for line in lines)", "an ellipsis for what is left out"),
    ("python", "    def save(self):\n        self.store.write(self.rows)", "a method, indented as in its class"),
    ("python", "import pandas as pd\n\ndf = pd.read_csv('a.csv')\nprint(df.groupby('rut').sum())", "a package of others"),
    ("python", "from odoo import fields, models\n\n\nclass Sale(models.Model):\n    _inherit = 'sale.order'\n\n    note = fields.Char()",
     "a package of others"),
    ("python", "total = order.lines.total()\nclient.send(total)", "names that the reader has"),
    ("python", ">>> import math\n>>> math.floor(2.7)\n2", "a session"),
    ("pycon", ">>> [n ** 2 for n in range(3)]\n[0, 1, 4]", "a session"),
    ("python", "%timeit sum(range(1000))\n!ls -l", "a notebook's commands"),
    ("python", "data = await client.get('/orders')\nprint(data)", "await outside of a function, as notebooks allow"),
    ("python", "try:\n    import tomllib\nexcept ImportError:\n    import tomli as tomllib", "a package for older versions"),
    ("python", "from itertools import batched  # Python 3.12+\n\nprint(list(batched('ABCDEFG', 3)))", "newer than this Python"),
    ("python", "def first[T](items: list[T]) -> T:  # Python 3.12+\n    return items[0]", "newer than this Python"),
    ("python", "from math import *\n\nprint(cos(pi))", "names from a star"),
    ("python", "client = Client(api_key=<your key>)", "a place to fill in"),
    ("python", "def f(x):\n    # …\n    return x", "a comment with three dots"),
    ("bash", "for file in *.csv; do\n  python -m tool \"$file\" | jq '.rows[]'\ndone", "shell"),
    ("json", "{\n  // settings of the editor\n  \"editor.tabSize\": 2, // two\n}", "JSON with comments, as editors take it"),
    ("", "GET /orders?status=paid HTTP/1.1\nHost: example.cl", "no language named"),
    ("python", "@app.route('/')\ndef index():\n    return render_template('index.html')", "names that stand further up"),
    ("python", "print 'hola'  # Python 2", "an older Python, said so"),
    ("python", "import os\nprint(os.environ['HOME'])\nglobals()['x'] = 3\nprint(x)", "a name that is made while it runs"),
    ("javascript", "const [a, ...rest] = await fetch('/x').then((r) => r.json());", "another language"),
    ("python", "match value:\n    case {'kind': kind, **rest}:\n        print(kind, rest)", "a match"),
    ("python", "print(f'{1 + 1 = }')\nif (n := 10) > 5: print(n)", "newer forms"),
    ("python", "class Node:\n    next: 'Node | None' = None\n\n    def tail(self):\n        return self.next.tail() if self.next else self",
     "a class that names itself"),
)  # fmt: skip

SHOWN_AS_WRONG: Sequence[tuple[str, str, str]] = (
    ("import json\n\njson.parse('{}')", "import json\n\njson.loads('{}')", "json.parse"),
    ("import os\n\nos.path.exist('a')", "import os\n\nos.path.exists('a')", "os.path.exist"),
    ("sorted([2, 1], cmp=None)", "print(sorted([2, 1], key=None))", "cmp"),
    ("def f(x)\n    return x", "def f(x):\n    return x", "def f(x)"),
)


def odd(v: Voice) -> Iterator[Case]:
    language, code, why = v.own(ODD)
    prompt = v.say("Muéstrame cómo se hace.", "Show me how it is done.")
    shape = v.say("Así:\n\n```{}\n{}\n```\n\nY para probar:\n\n```python\n{}\n```",
                  "Like this:\n\n```{}\n{}\n```\n\nAnd to try:\n\n```python\n{}\n```")  # fmt: skip
    yield Case(True, prompt, v.around(shape.format(language, code, SOUND)), why)


def odd_again(v: Voice) -> Iterator[Case]:
    yield from odd(v)
    yield from odd(v)


def shown_as_wrong(v: Voice) -> Iterator[Case]:
    before, after, name = v.own(SHOWN_AS_WRONG)
    shape = v.pick((
        v.say("El error está aquí, porque `{2}` no existe:\n\n```python\n{0}\n```\n\nCorregido:\n\n```python\n{1}\n```",
              "The mistake is here, since `{2}` does not exist:\n\n```python\n{0}\n```\n\nMended:\n\n```python\n{1}\n```"),
        v.say("**Antes (incorrecto)**\n\n```python\n{0}\n```\n\n**Después**\n\n```python\n{1}\n```",
              "**Before (wrong)**\n\n```python\n{0}\n```\n\n**After**\n\n```python\n{1}\n```"),
        v.say("No escribas esto:\n\n```python\n{0}\n```\n\nsino esto:\n\n```python\n{1}\n```",
              "Do not write this:\n\n```python\n{0}\n```\n\nbut this:\n\n```python\n{1}\n```"),
    ))  # fmt: skip
    prompt = v.say(
        f"¿Por qué falla este código?\n\n```python\n{before}\n```", f"Why does this fail?\n\n```python\n{before}\n```"
    )
    yield Case(True, prompt, v.around(shape.format(before, after, name)), "code that is shown as wrong, and mended")


def continued_over_blocks(v: Voice) -> Iterator[Case]:
    prompt = v.say("Explícalo paso a paso.", "Explain it step by step.")
    blocks = (
        "import csv",
        "def read(path):\n    with open(path) as file:\n        return list(csv.reader(file))",
        "rows = read('a.csv')\nprint(rows)",
    )
    point = "\n\n".join(f"{number}.\n\n```python\n{code}\n```" for number, code in enumerate(blocks, 1))
    yield Case(True, prompt, v.around(point), "what one block uses, another imports")


def indented_in_a_list(v: Voice) -> Iterator[Case]:
    """Kept apart: the fence stands within a list item, so that its code is indented."""
    prompt = v.say("Dame los pasos.", "Give me the steps.")
    point = v.say("1. Crea el archivo:\n\n   ```python\n   import math\n\n   print(math.pi)\n   ```\n\n2. Ejecútalo.",
                  "1. Make the file:\n\n   ```python\n   import math\n\n   print(math.pi)\n   ```\n\n2. Run it.")  # fmt: skip
    yield Case(True, prompt, v.around(point), "a block within a list")


TEMPLATES = (odd_again, odd_again, odd_again, shown_as_wrong, continued_over_blocks)
HELD = (indented_in_a_list,)
