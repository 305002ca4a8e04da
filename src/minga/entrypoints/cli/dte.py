"""`minga dte`: check, explain, make and compare Chilean tax documents."""

import importlib

import click

from minga.entrypoints.cli.pages import Verbs

VERBS = {
    "check": "Check documents: schema, signature, folio authorisation, stamp, sums, fields, references.",
    "rules": "The rules of the check: list them, or what is known and not implemented.",
    "explain": "What a rule demands, where it stands, and an example of it broken.",
    "deadlines": "Until when an invoice can be claimed and must be paid, and what follows.",
    "claim": "What the SII's register answers to an acceptance or a claim.",
    "reconcile": "The SII's register of purchases or sales against the documents.",
    "schemas": "The SII's XML schemas: list, update.",
    "make": "Make a document from a short form: totals, folio, stamp, signature, envelope, PDF.",
    "print": "Print documents as PDF, with their stamp.",
    "folios": "The SII's folio authorisations (CAF): add, list, release, void.",
    "respond": "Answer documents that you received: that they came, accepted or rejected, goods received.",
    "cede": "Give the claim of an invoice to another: the cession file (AEC).",
}

HELP = """Chilean electronic tax documents (DTE): check them, and know why.

\b
  minga dte check invoice.xml            one document, or an envelope with many
  minga dte check folder/ --json         all XML files and archives below a folder
  minga dte explain totals-iva           what a rule demands, and where it stands

Nothing is sent anywhere: every check is made on this machine. A finding is rejected (the SII does not take the
document), error (against a norm), reparo (the SII takes it and objects) or note.
"""


class Dte(Verbs):
    """A command's module is imported when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"minga.entrypoints.cli.dte_{cmd_name}").command
        return command

    def summaries(self) -> dict[str, str]:
        return VERBS


@click.group(cls=Dte, name="dte", help=HELP)
def command() -> None:
    """A verb each."""
