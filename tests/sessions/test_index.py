"""The index of words: it keeps up with the store, loses what is deleted, and survives what happens to its file."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from minga.storage import cipher
from minga.storage.following import Progress
from shelf import Play, Shelf, changed
from stores import Place


def test_a_session_that_may_no_longer_be_read_is_not_shown_and_leaves_the_file(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        secret = await shelf.bring("a", "the zanahoria secret")
        await shelf.bring("b", "no secret")
        assert len(await shelf.find("secret")) == 2
        shelf.vault.closed.add(secret)
        assert [one.session_id for one in await shelf.find("secret")] == ["b"]
        await shelf.search.close()
        assert b"zanahoria" not in _plain(shelf)

    play(scene)


def test_a_deleted_session_leaves_no_word_in_the_file(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        secret = await shelf.bring("a", "the zanahoria secret", changed("src/zanahoria.py"))
        kept = await shelf.bring("b", "no secret")
        await shelf.find("secret")
        assert b"zanahoria" in _plain(shelf)
        shelf.vault.closed.add(secret)
        await shelf.delete(secret)
        await shelf.search.forget(secret)
        assert b"zanahoria" not in _plain(shelf)
        assert [one.session_id for one in await shelf.find("secret")] == [kept]

    play(scene)


@pytest.mark.parametrize("brought", [True, False])
def test_a_session_whose_key_is_destroyed_while_it_is_taken_in_stops_no_search(play: Play, brought: bool) -> None:
    async def scene(shelf: Shelf) -> None:
        kept = await shelf.bring("a", "a secret")
        doomed = await shelf.bring("b", "a secret") if brought else (await shelf.run("a secret")).session_id
        shelf.vault.doomed.add(doomed)
        assert [one.session_id for one in await shelf.find("secret")] == [kept]

    play(scene)


def test_numbers_that_are_given_again_after_a_deletion_hide_nothing(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "one word")
        last = await shelf.bring("b", "two words", "three words")
        assert len(await shelf.find("wor*")) == 3
        await shelf.delete(last)
        await shelf.bring("c", "four words", "five words", "six words")
        assert {one.session_id for one in await shelf.find("wor*")} == {"a", "c"}
        assert len(await shelf.find("wor*")) == 4

    play(scene)


def test_a_session_that_is_shared_later_is_found_whole(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        theirs = await shelf.bring("a", "their words")
        shelf.vault.closed.add(theirs)
        await shelf.bring("b", "my words")
        assert [one.session_id for one in await shelf.find("words")] == ["b"]
        shelf.vault.closed.clear()
        shelf.vault.of_others.add(theirs)
        assert {one.session_id for one in await shelf.find("words")} == {"a", "b"}

    play(scene)


@pytest.mark.parametrize("damage", ["bytes", "end", "key", "plain", "form", "gone"])
def test_an_index_that_is_damaged_is_made_again_and_says_so(play: Play, damage: str) -> None:
    async def scene(shelf: Shelf) -> None:
        for number in range(30):
            await shelf.bring(f"s{number}", f"word {number} " + "much else " * 50)
        await shelf.find("word")
        await shelf.search.close()
        content = shelf.path.read_bytes()
        match damage:
            case "bytes":
                middle = bytes(byte ^ 1 for byte in content[4096:])
                shelf.path.write_bytes(content[:4096] + middle)
            case "end":
                shelf.path.write_bytes(content[:10])
            case "key":
                shelf.key = bytes(32)
            case "plain":
                shelf.path.write_bytes(b"SQLite format 3\0" + content[16:])
            case "form":
                _note_another_form(shelf)
            case _:
                shelf.path.unlink()
        shelf.search = shelf.another()
        said: list[Progress] = []
        assert len(await shelf.find("word", said.append, limit=50)) == 30
        assert said[-1].reason == ("new" if damage == "gone" else "damaged")
        assert said[-1].done == said[-1].total == 30

    play(scene)


def test_nothing_of_what_was_said_can_be_read_in_the_file(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "zanahoria", changed("zanahoria.py"))
        await shelf.find("zanahoria")
        for file in shelf.path.parent.iterdir():
            assert b"zanahoria" not in file.read_bytes()
            assert file.stat().st_mode & 0o077 == 0

    play(scene)


@pytest.mark.parametrize("after", [1, 5, 6, 13, 20])
def test_an_index_whose_maker_was_killed_goes_on_and_has_every_message_once(
    place: Place, play: Play, tmp_path: Path, after: int
) -> None:
    async def scene(shelf: Shelf) -> None:
        for number in range(5):
            await shelf.bring(f"s{number}", *(f"word w{4 * number + one}" for one in range(4)))
        script = Path(__file__).with_name("index_then_die.py")
        command = [sys.executable, str(script), place.kind, place.url, str(place.file), str(tmp_path), str(after)]
        environment = {**os.environ, "PYTHONPATH": str(script.parents[1])}
        done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        said: list[Progress] = []
        assert len(await shelf.find("word", said.append, limit=50)) == 20
        assert said[-1] == Progress("behind" if after > 5 else "new", 20, 20)
        for number in range(20):
            assert await shelf.texts(f"w{number}") == [f"word w{number}"]

    play(scene)


def test_two_processes_keep_one_index(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        other = shelf.another()
        for number in range(20):
            await shelf.bring(f"s{number}", f"word {number}")
            mine, theirs = await asyncio.gather(shelf.search.search("word", 50), other.search("word", 50))
            assert len(mine) == len(theirs) == number + 1
        await other.close()

    play(scene)


def _plain(shelf: Shelf) -> bytes:
    """Every byte of the index, opened: also those that no row uses any more."""
    connection = apsw.Connection(str(shelf.path))
    cipher.unlock(connection, shelf.key)
    content = connection.serialize("main")
    connection.close()
    return content


def _note_another_form(shelf: Shelf) -> None:
    """As if another version of Minga had made the index."""
    connection = apsw.Connection(str(shelf.path))
    cipher.unlock(connection, shelf.key)
    connection.execute("UPDATE applied_migrations SET number = number - 1")
    connection.close()
