"""Files that the memory is written to, and read from; ``-`` is standard output, or standard input."""

import sys
from pathlib import Path

from minga.domain.errors import FileInTheWay, FileUnwritable, UnreadableFile
from minga.entrypoints.cli.visible import for_reader
from minga.infrastructure.files import place_new, write_atomically

BYTES_MAX = 64 * 1024 * 1024


def write(file: str, text: str, *, force: bool) -> None:
    """For its user alone. Raises FileInTheWay, FileUnwritable."""
    if file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(for_reader(text, sys.stdout).encode())
        sys.stdout.buffer.flush()
        return
    path = Path(file).expanduser()
    if not path.parent.is_dir():
        raise FileUnwritable(path=file, detail="its folder does not exist")
    if path.exists() and not path.is_file():
        raise FileUnwritable(path=file, detail="it is no regular file")
    try:
        (write_atomically if force else place_new)(path, text.encode())
    except FileExistsError:
        raise FileInTheWay(path=file) from None
    except OSError as wrong:
        raise FileUnwritable(path=file, detail=wrong.strerror or str(wrong)) from wrong


def read(file: str) -> bytes:
    """At most `BYTES_MAX`. Raises UnreadableFile."""
    try:
        if file == "-":
            content = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with Path(file).expanduser().open("rb") as source:
                content = source.read(BYTES_MAX + 1)
    except OSError as wrong:
        raise UnreadableFile(path=file, detail=wrong.strerror or str(wrong)) from wrong
    if len(content) > BYTES_MAX:
        raise UnreadableFile(path=file, detail="it is larger than 64 MB")
    return content
