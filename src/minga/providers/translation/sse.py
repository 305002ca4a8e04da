"""Server-sent events, cut as they come (html.spec.whatwg.org, server-sent events)."""

from collections.abc import Iterator


def events_of(whole: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and data of each event. ``whole`` ends with an event; comments and events without data are left out."""
    for event in (whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in whole else whole).split(b"\n\n"):
        first, line_end, rest = event.partition(b"\n")
        if not line_end and first.startswith(b"data: "):
            yield "", first[6:]
        elif first.startswith(b"event: ") and rest.startswith(b"data: ") and b"\n" not in rest:
            yield first[7:].decode("utf-8", "replace"), rest[6:]
        elif event:
            name, data = _fields(event)
            if data is not None:
                yield name, data


def _fields(event: bytes) -> tuple[str, bytes | None]:
    name, data = "", []
    for line in event.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    return name, b"\n".join(data) if data else None
