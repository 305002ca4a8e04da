"""`minga dte folios`: the SII's folio authorisations (CAF), and what became of their folios."""

import sys

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput, UnknownFolio
from minga.dte.folios import Authorisation, Held
from minga.dte.kinds import kinds
from minga.dte.making import plain_rut
from minga.dte_wiring import folios_of
from minga.entrypoints.cli.dte_outgoing import CAF_BYTES_MAX, at
from minga.entrypoints.cli.pages import Verb, Verbs, option
from minga.entrypoints.cli.passphrase import read_small
from minga.entrypoints.cli.verb import Desk

HELP = """Folios: add the files that the SII gave you (CAF), list what is left, free or void a folio.

No folio is handed out twice, whatever happens. A document that was cut off while it was made leaves its folio taken:
`list` names it. If no document was made with it, release it; the next document gets it. If one was sent, leave it. If
it will never be used, void it here and annul it at the SII.
"""


@click.group(cls=Verbs, name="folios", help=HELP)
def command() -> None:
    """A verb each."""


@command.command("add", cls=Verb, help="Keep a folio authorisation (CAF), encrypted, with its private key.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.pass_obj
def add(desk: Desk, /, files: tuple[str, ...]) -> None:
    contents = [(read_small(at(file), CAF_BYTES_MAX), file) for file in files]

    async def work(minga: Minga) -> list[tuple[Authorisation, bool]]:
        folios = folios_of(minga)
        return [await folios.add(content, file) for content, file in contents]

    for found, is_new in desk.run(work):
        state = desk.say("added") if is_new else desk.say("was here already")
        print(f"{_name(desk, found)}: {state}")


@command.command(
    "list", cls=Verb, help="Show each authorisation: what is left, until when, which folios were taken and not used."
)
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def list_folios(desk: Desk, /, as_json: bool) -> None:
    async def work(minga: Minga) -> list[Held]:
        return await folios_of(minga).all()

    held = desk.run(work)
    if as_json:
        print(msgspec.json.encode([_fields(each) for each in held]).decode())
        return
    for each in held:
        until = each.authorisation.valid[1]
        left = desk.say.counted(each.left, "1 left, valid until {day}", "{count} left, valid until {day}", day=until)
        print(f"{_name(desk, each.authorisation)}: {left}")
        for number in each.open:
            print(f"  {desk.say('{folio} was taken, and no document of it is known', folio=number)}")
    if any(each.open for each in held):
        told = desk.say("No document was made with it: minga dte folios release TYPE FOLIO. Never to be used: void.")
        print(told, file=sys.stderr)
    if not held:
        print(desk.say("No folios yet. Add the SII's file: minga dte folios add caf.xml"), file=sys.stderr)


@command.command("release", cls=Verb, help="No document was made with this folio: the next one gets it.")
@click.argument("kind", type=int, metavar="TYPE")
@click.argument("folio", type=int, metavar="FOLIO")
@option("--issuer", metavar="RUT", help="Whose folio; needed where there are several.")
@click.pass_obj
def release(desk: Desk, /, kind: int, folio: int, issuer: str | None) -> None:
    async def work(minga: Minga) -> None:
        folios = folios_of(minga)
        await folios.release(_issuer(await folios.all(), kind, folio, issuer), kind, folio)

    desk.run(work)


@command.command("void", cls=Verb, help="This folio will never be used: annul it at the SII too.")
@click.argument("kind", type=int, metavar="TYPE")
@click.argument("folio", type=int, metavar="FOLIO")
@option("--issuer", metavar="RUT", help="Whose folio; needed where there are several.")
@click.pass_obj
def void(desk: Desk, /, kind: int, folio: int, issuer: str | None) -> None:
    async def work(minga: Minga) -> None:
        folios = folios_of(minga)
        await folios.void(_issuer(await folios.all(), kind, folio, issuer), kind, folio)

    desk.run(work)


def _issuer(held: list[Held], kind: int, folio: int, given: str | None) -> str:
    """Raises UnknownFolio where none has it, BadInput where more than one does."""
    if given:
        return plain_rut(given)
    cafs = [each.authorisation.caf for each in held]
    found = [caf.issuer for caf in cafs if caf.kind == kind and caf.first <= folio <= caf.last]
    if not found:
        raise UnknownFolio(folio=folio, kind=kind, issuer="?")
    if len(found) > 1:
        raise BadInput(detail="several companies have this folio here: say whose it is with --issuer RUT")
    return found[0]


def _name(desk: Desk, found: Authorisation) -> str:
    caf = found.caf
    kind = kinds().get(caf.kind, {}).get(desk.say.language, str(caf.kind))
    return f"{caf.issuer}  {kind} ({caf.kind})  {caf.first}-{caf.last}"


def _fields(held: Held) -> dict[str, object]:
    caf, (since, until) = held.authorisation.caf, held.authorisation.valid
    return {
        "issuer": caf.issuer,
        "type": caf.kind,
        "first": caf.first,
        "last": caf.last,
        "left": held.left,
        "valid_from": since,
        "valid_to": until,
        "taken": held.open,
    }
