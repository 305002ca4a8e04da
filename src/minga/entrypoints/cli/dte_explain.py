"""`minga dte explain`: one rule in full."""

import sys
from difflib import get_close_matches

import click
import msgspec

from minga.domain.errors import UnknownRule
from minga.dte.editing import edited
from minga.dte.examples import example
from minga.dte.finding import Rule
from minga.dte.rulebook import rules, sources
from minga.dte.writing import Tree
from minga.entrypoints.cli.dte_rules import told
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

HELP = """Explain a rule: what it demands and why, the norm it stands in, since when, what to do, and an example.

\b
  minga dte explain totals-iva
"""


@click.command(cls=Verb, name="explain", help=HELP)
@click.argument("rule")
@option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.pass_obj
def command(desk: Desk, /, rule: str, as_json: bool) -> None:
    found = rules().get(rule)
    if found is None:
        near = get_close_matches(rule, rules(), n=3)
        suggestion = desk.say("Did you mean {names}? ", names=", ".join(near)) if near else ""
        raise UnknownRule(rule=rule, suggestion=suggestion)
    if as_json:
        print(msgspec.json.encode(told(found) | {"passing": found.passing, "mutants": found.mutants}).decode())
        return
    sys.stdout.write("\n".join(_lines(desk, found)) + "\n")


def _lines(desk: Desk, rule: Rule) -> list[str]:
    say, spanish = desk.say, desk.say.language == "es"
    lines = [f"{rule.id} ({say(rule.severity)})", rule.says_es if spanish else rule.says, ""]
    lines += [rule.why_es if spanish else rule.why, ""]
    lines += [f"{say('What to do')}: {rule.fix_es if spanish else rule.fix}"]
    lines += [
        f"{say('Where it stands')}: {each}" + (f" ({each.norm.url})" if each.norm.url else "") for each in sources(rule)
    ]
    if rule.mark == "secondary":
        lines.append(say("The norm itself was not at hand: this is known from a second source, to be confirmed."))
    if rule.kinds:
        lines.append(f"{say('Types of document')}: {', '.join(map(str, sorted(rule.kinds)))}")
    if rule.valid_from or rule.valid_to:
        lines.append(
            say(
                "Holds for documents issued from {begin} to {end}",
                begin=rule.valid_from or "…",
                end=rule.valid_to or "…",
            )
        )
    if rule.mutants:
        lines += ["", say("Example (document {name}):", name=rule.example), *_example(desk, rule)]
    return lines


def _example(desk: Desk, rule: Rule) -> list[str]:
    right = edited(example(rule.example), rule.passing)
    wrong = edited(right, rule.mutants[0])
    paths = {**rule.passing, **rule.mutants[0]}
    return [
        f"  {path}: {desk.say('right')} {_at(right, path) or '-'}   {desk.say('wrong')} {_at(wrong, path) or '-'}"
        for path in paths
    ]


def _at(tree: Tree, path: str) -> str:
    """The text at a path of an example, or "" where there is none."""
    node: object = tree
    for step in path.split("/"):
        name, _, place = step.partition("[")
        found = node.get(name) if isinstance(node, dict) else None
        nodes = found if isinstance(found, list) else [found]
        index = int(place.rstrip("]") or 1) - 1 if place else 0
        node = nodes[index] if index < len(nodes) else None
    return node if isinstance(node, str) else "…" if node is not None else ""
