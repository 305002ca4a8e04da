"""How often Python's collector of cycles looks through the objects of a server."""

import gc

NEW_OBJECTS = 20_000
"""More are made than gone before the young ones are looked through. A call leaves no cycles (a test sees to that), and
those that wait hold some hundred objects each."""


def settle() -> None:
    """To be called once all is wired: what there is now stays, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 10, 10)
