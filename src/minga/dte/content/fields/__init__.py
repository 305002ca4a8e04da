"""Each field by the tables of the two formats: whether it may stand, how it is written, and what a condition demands.

`table` reads the tables, `forms` judges one text, `walking` goes over the document once; the other modules hold the
conditions that the tables write in words. Sums and what references mean are not looked at here.
"""

from minga.dte.content.fields import (
    boleta,
    dated,
    export,
    header,
    lines,
    parties,
    places,
    references,
    transport,
    walking,
)

LOOKS = (
    *walking.LOOKS,
    *header.LOOKS,
    *parties.LOOKS,
    *transport.LOOKS,
    *export.LOOKS,
    *lines.LOOKS,
    *references.LOOKS,
    *dated.LOOKS,
    *places.LOOKS,
    *boleta.LOOKS,
)

__all__ = ["LOOKS"]
