"""Pictures given with a task: what is too large, or can be read once only, is refused before it is read."""

import os
from pathlib import Path

import pytest
from program import Program

PNG = b"\x89PNG\r\n\x1a\n"


def picture(path: Path, size: int) -> str:
    """A file that begins as a PNG and has ``size`` bytes, of which the disk holds a few."""
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(size)
    return path.name


def test_a_picture_that_is_larger_than_vendors_take_is_refused_before_it_is_read(minga: Program) -> None:
    name = picture(minga.work / "huge.png", 3_000_000_000)
    done = minga.run("run", "--image", name, "x", prefix=["prlimit", f"--as={2 << 30}"])
    done.refused(2, "with 'huge.png' the pictures are larger than 20000000 bytes", "give fewer, or smaller ones")
    assert minga.sessions() == []


def test_pictures_that_are_too_large_only_together_are_refused(minga: Program) -> None:
    names = [picture(minga.work / f"{number}.png", 8_000_000) for number in range(3)]
    given = [part for name in names for part in ("--image", name)]
    minga.run("run", *given, "x").refused(2, "with '2.png' the pictures are larger than 20000000 bytes")
    minga.run("run", *given, "x", env={"LANG": "es_CL.UTF-8"}).refused(2, "con '2.png' las imágenes pesan más de")


@pytest.mark.parametrize("size", [len(PNG), 20_000_000])
def test_a_picture_of_up_to_the_limit_is_taken(minga: Program, size: int) -> None:
    minga.add_agent()
    done = minga.run("run", "-q", "-a", "plain", "--image", picture(minga.work / "good.png", size), "say x")
    assert "larger than" not in done.err
    assert minga.sessions() != []


def test_a_picture_that_can_be_read_once_only_is_refused_and_not_waited_for(minga: Program) -> None:
    os.mkfifo(minga.work / "pipe")
    minga.run("run", "--image", "pipe", "x").refused(2, "'pipe' cannot be read: it is no regular file")
    minga.run("run", "--image", ".", "x").refused(2, "'.' cannot be read: Is a directory")
    minga.run("run", "--image", "nowhere.png", "x").refused(2, "'nowhere.png' cannot be read: No such file")
