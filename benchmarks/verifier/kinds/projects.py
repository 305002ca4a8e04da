"""The small project that references and patches are about; each case gets names of its own."""

from dataclasses import dataclass

from benchmarks.verifier.voice import Voice

_SUBJECTS = ("orders", "invoices", "stock", "payments", "shipping", "payroll", "contracts", "returns")
_VERBS = ("load", "merge", "price", "sort", "close", "notify", "archive", "split", "rank", "freeze")


@dataclass(frozen=True, slots=True)
class Project:
    """``module`` is the path of the file with ``functions``, which are not among ``absent``; ``lines`` tells where each
    is defined."""

    files: dict[str, str]
    module: str
    functions: tuple[str, ...]
    absent: tuple[str, ...]
    lines: dict[str, int]

    @property
    def text(self) -> str:
        return self.files[self.module]

    @property
    def length(self) -> int:
        return self.text.count("\n")


def project(v: Voice) -> Project:
    subject = v.pick(_SUBJECTS)
    verbs = v.some(_VERBS, 8)
    functions = tuple(f"{verb}_{subject}" for verb in verbs[:5])
    body = ['"""What is done with them."""', "", "from decimal import Decimal", ""]
    lines = {}
    for number, function in enumerate(functions):
        body += ["", f"def {function}(rows: list[dict[str, str]], limit: int = {10 * (number + 1)}) -> list[str]:"]
        lines[function] = len(body)
        body += [
            f'    """Return at most `limit` of {subject}."""',
            f"    chosen = [row for row in rows if Decimal(row['amount']) > {number}]",
            *(f"    chosen.append({{'id': '{number}-{extra}'}})" for extra in range(v.between(0, 4))),
            f"    return [row['id'] for row in chosen[:limit]]  # {function}",
            "",
        ]
    name = v.pick(("service", "rules", "queries"))
    module = f"src/{subject}/{name}.py"
    files = {
        module: "\n".join(body) + "\n",
        f"src/{subject}/__init__.py": "",
        "README.md": f"# {subject.title()}\n\nRun `make test`.\n",
        "pyproject.toml": f'[project]\nname = "{subject}"\nversion = "1.0.0"\n',
        f"tests/test_{subject}.py": f"from {subject} import {name}\n\n\ndef test_nothing_is_lost():\n    assert {name}\n",
    }
    return Project(files, module, functions, tuple(f"{verb}_{subject}" for verb in verbs[5:]), lines)
