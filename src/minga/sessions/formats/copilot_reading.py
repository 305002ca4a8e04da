from collections.abc import Iterator

from minga.sessions.formats.format import NativeFile, Read


def read(file: NativeFile) -> Iterator[Read]:
    yield from ()
