"""As whom a run is done, in lines for a person."""

from collections.abc import Sequence

from minga.domain.events import SpecialistChosen, ToolKind
from minga.domain.ledger import Receipt
from minga.entrypoints.cli.words import Words


def assigned(event: SpecialistChosen, say: Words) -> list[str]:
    """The specialist and where its text is from; then the most that it may do and cost, and what must prove it."""
    head = say("as {name}: {title} (from {source})", name=event.name, title=event.title, source=event.source)
    limits = [say("permissions {permissions}", permissions=event.permissions), *withheld(event.tools, say)]
    if event.budget_micro_usd is not None:
        limits.append(say("at most ${usd:.2f}", usd=event.budget_micro_usd / 1e6))
    if event.checks:
        limits.append(say("must pass {checks}", checks=", ".join(event.checks)))
    over = [say("instead of that from {source}", source=", ".join(event.instead_of))] if event.instead_of else []
    return [head, *over, "; ".join(limits)]


def withheld(tools: Sequence[ToolKind], say: Words) -> list[str]:
    """Empty where it may use every kind of tool that a file can name."""
    kinds = ", ".join(kind.value for kind in ToolKind if kind not in tools and kind is not ToolKind.OTHER)
    return [say("no tools of the kinds {kinds}", kinds=kinds)] if kinds else []


def specialist_line(receipt: Receipt, say: Words) -> str:
    """Of a receipt: whether the checks that the specialist demands proved the answer."""
    name, unproven = receipt.specialist, ", ".join(receipt.unproven)
    if not unproven:
        return say("as {name}", name=name)
    return say("as {name}: not verified by {checks}, which its answers must pass", name=name, checks=unproven)
