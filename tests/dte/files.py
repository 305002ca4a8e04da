"""Examples of envelopes, messages and books as files, without signatures."""

from minga.dte.editing import edited
from minga.dte.examples import example
from minga.dte.finding import Edits
from minga.dte.reading import Container, opened
from minga.dte.writing import Tree, text


def written(name: str, tree: Tree) -> bytes:
    root = name.partition("-")[0]
    inside = text(tree, {}).replace("<DTE>", '<DTE version="1.0">')
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
    return f'{head}<{root} xmlns="http://www.sii.cl/SiiDte" version="1.0">{inside}</{root}>'.encode("iso-8859-1")


def edited_file(name: str, edits: Edits) -> Container:
    return opened(written(name, edited(example(name), edits)), f"{name}.xml")
