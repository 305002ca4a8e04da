"""Which CLI reads which file, and the fewest files that tell all of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

FACTS = Path(__file__).parent / "readers.toml"


class Reader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One CLI, as `readers.toml` says it."""

    title: str
    own: str
    reads: tuple[tuple[str, ...], ...]
    skills: tuple[str, ...]
    home: str
    private: tuple[str, ...] = ()
    bytes: int = 0

    def read(self, present: Collection[str]) -> tuple[str, ...]:
        """Those of the files that are ``present`` which it reads."""
        groups = (tuple(one for one in group if one in present) for group in self.reads)
        return next(filter(None, groups), ())


@cache
def readers() -> Mapping[str, Reader]:
    """By the name of the CLI."""
    return msgspec.toml.decode(FACTS.read_bytes(), type=dict[str, Reader])


def names() -> tuple[str, ...]:
    """All files that any CLI reads of a project."""
    return tuple(dict.fromkeys(name for one in readers().values() for group in one.reads for name in group))


def shared() -> tuple[str, ...]:
    """Those that are no person's own."""
    private = {name for one in readers().values() for name in one.private}
    return tuple(name for name in names() if name not in private)


def cover(
    clis: Iterable[str], present: Collection[str], begun: Sequence[str], is_written: Callable[[str], bool]
) -> list[str]:
    """The files in which ``clis`` are to be told, ``begun`` among them, in which Minga's block stands already.

    A file that is there is taken before one that must be made. A CLI that reads a file only for want of its own gets
    its own, unless ``is_written`` says that the other one says something by hand: its own would hide that.
    """
    chosen = list(begun)
    for one in map(readers().__getitem__, clis):
        now = one.read({*present, *chosen})
        keeps = now and (now[0] in one.reads[0] or one.own not in one.reads[0] or is_written(now[0]))
        if not (keeps and set(now) & set(chosen)):
            there = [name for name in now if name not in one.private] if keeps else []
            chosen.append(one.own if one.own in there or not there else there[0])
    return list(dict.fromkeys(chosen))


def skill_folders(clis: Iterable[str], begun: Sequence[str]) -> list[str]:
    """The folders in which ``clis`` find skills, ``begun`` among them."""
    chosen = list(begun)
    for one in map(readers().__getitem__, clis):
        if not set(one.skills) & set(chosen):
            chosen.append(one.skills[0])
    return chosen
