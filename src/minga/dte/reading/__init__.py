"""Files, folders and archives become containers, and these the pieces that are judged; nothing that stands in a file
raises. Entries: `containers` for a path, `unopened` for one whose small files others are to open, `containers_from` for
a stream, `containers_in` for bytes, `check_container` for what a cover or book says.
"""

from minga.dte.reading.container import Container, Head, Kind, Signed, head
from minga.dte.reading.covers import LOOKS, check_container
from minga.dte.reading.opening import opened
from minga.dte.reading.sources import Unopened, containers, containers_in, paths, unopened
from minga.dte.reading.streams import containers_from

__all__ = [
    "LOOKS",
    "Container",
    "Head",
    "Kind",
    "Signed",
    "Unopened",
    "check_container",
    "containers",
    "containers_from",
    "containers_in",
    "head",
    "opened",
    "paths",
    "unopened",
]
