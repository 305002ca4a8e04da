"""A Minga process is seen to live exactly as long as it does."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from children import begun
from minga.domain.errors import StoreUnwritable
from minga.infrastructure.liveness import Presence

HOLD = """
import sys
from pathlib import Path
from minga.infrastructure.liveness import Presence
print(Presence(Path(sys.argv[1]), lambda: "of-the-child").key(), flush=True)
sys.stdin.read()
"""


def presence(folder: Path, name: str = "id") -> Presence:
    numbers = itertools.count(1)
    return Presence(folder, lambda: f"{name}-{next(numbers)}")


def test_a_process_lives_for_others_until_it_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    here = presence(tmp_path)
    with begun(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        key = child.stdout.readline().strip()
        assert here.is_alive(key)
    assert not here.is_alive(key)
    assert not (tmp_path / key).exists()


def test_a_process_sees_itself_alive_until_it_ends(tmp_path: Path) -> None:
    here = presence(tmp_path)
    key = here.key()
    assert here.key() == key
    assert here.is_alive(key)
    here.end()
    assert not here.is_alive(key)


def test_all_processes_of_a_data_directory_name_the_same_place(tmp_path: Path) -> None:
    one, other = presence(tmp_path / "a", "one"), presence(tmp_path / "a", "other")
    assert one.place() == other.place()
    assert presence(tmp_path / "b", "third").place() != one.place()


def test_a_directory_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable):
        presence(tmp_path / "file" / "running").key()
