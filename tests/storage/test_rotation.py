"""New keys for old ones: online, and restartable wherever it was cut off."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from transit_server import TOKEN, serving

from children import begun
from keyed import ANA, BEA, ONE, THREE, TWO, Folder
from minga.bootstrap import Minga
from minga.domain.errors import KeysDamaged, MasterKeyUnusable, MingaError, UnknownUser
from minga.domain.ids import SessionId
from minga.domain.secrecy import UserName
from minga.storage import rotation
from minga.storage.database import Transaction
from minga.storage.keys import KeyStore
from minga.storage.master import Masters
from minga.storage.rotation import rotate_master, rotate_user

PLACE = "turns:1"
CONTENT = b"what was said"

Sealed = dict[SessionId, bytes]


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    url = request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else ""
    made = Folder(tmp_path, url)
    yield made
    made.close()


def fill(folder: Folder) -> Sealed:
    """Two users; three sessions of one, two of them shared."""
    folder.add(ANA, BEA)
    ana = folder.vault(ANA)
    for session_id in (ONE, TWO, THREE):
        ana.create(session_id, "/src")
    ana.share(ONE, BEA, "read")
    ana.share(TWO, BEA, "continue")
    folder.minga().keys.store_key("store")
    return {session_id: ana.seal(session_id, CONTENT, PLACE) for session_id in (ONE, TWO, THREE)}


def assert_all_opens(folder: Folder, sealed: Sealed, **variables: str) -> None:
    """In a new process, for both users, as before."""
    minga = folder.minga(ANA, **variables)
    assert {minga.vault.open(session_id, content, PLACE) for session_id, content in sealed.items()} == {CONTENT}
    assert minga.vault.readable() == set(sealed)
    bea = folder.minga(BEA, **variables).vault
    assert [bea.access(session_id) for session_id in (ONE, TWO, THREE)] == ["read", "continue", None]
    assert bea.open(ONE, sealed[ONE], PLACE) == CONTENT


def current_keys(minga: Minga) -> list[tuple[str, ...]]:
    select = "SELECT id, state, master_id FROM user_keys ORDER BY id"
    return [tuple(row) for row in minga.keys.read(lambda transaction: transaction.execute(select))]


def test_a_new_master_key_takes_the_place_of_the_old_one(folder: Folder) -> None:
    sealed = fill(folder)
    store_key = folder.minga().keys.store_key("store")
    [old] = folder.minga().keys.masters()
    before = folder.master_file.read_text()
    done = rotate_master(folder.minga().keys, "file")
    assert (done.resumed, done.rewrapped) == (False, 4)  # two users, and the store's keys: projects and store
    [new] = folder.minga().keys.masters()
    assert new.id == done.new_id != old.id
    assert old.id not in folder.master_file.read_text()
    assert_all_opens(folder, sealed)
    assert folder.minga().keys.store_key("store") == store_key
    folder.master_file.write_text(before)
    with pytest.raises(MingaError, match=new.id):
        folder.vault(ANA).access(ONE)


def test_a_new_user_key_takes_the_place_of_the_old_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = fill(folder)
    monkeypatch.setattr("minga.storage.rotation.BATCH", 2)
    before = {key_id for key_id, _, _ in current_keys(folder.minga())}
    done = rotate_user(folder.minga().keys, ANA)
    assert (done.resumed, done.rewrapped) == (False, 3)
    after = {key_id for key_id, _, _ in current_keys(folder.minga())}
    assert after - before == {done.new_id}
    assert len(after) == 2
    assert_all_opens(folder, sealed)
    with pytest.raises(UnknownUser):
        rotate_user(folder.minga().keys, UserName("nobody"))


def test_a_process_that_runs_goes_on_through_every_rotation(folder: Folder) -> None:
    sealed = fill(folder)
    ana, bea = folder.vault(ANA), folder.vault(BEA)
    assert ana.open(ONE, sealed[ONE], PLACE) == bea.open(ONE, sealed[ONE], PLACE) == CONTENT
    for rotate in (
        lambda: rotate_user(folder.minga().keys, ANA),
        lambda: rotate_master(folder.minga().keys, "file"),
        lambda: rotate_user(folder.minga().keys, BEA),
    ):
        rotate()
        assert ana.open(ONE, sealed[ONE], PLACE) == bea.open(ONE, sealed[ONE], PLACE) == CONTENT
        name = SessionId(f"later-{rotate().new_id}")
        ana.create(name, "/src")
        ana.share(name, BEA, "read")
        assert folder.vault(BEA).open(name, ana.seal(name, b"x", PLACE), PLACE) == b"x"


def test_the_master_key_moves_to_another_source_and_back(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    sealed = fill(folder)
    with serving() as transit:
        token = {"VAULT_TOKEN": TOKEN}
        rotate_master(folder.minga(**token).keys, f"vault:{transit.url}")
        assert folder.master_file.read_text() == ""
        assert_all_opens(folder, sealed, **token)
        with pytest.raises(MasterKeyUnusable, match="403"):
            folder.vault(ANA).access(ONE)
        rotate_master(folder.minga(**token).keys, "file")
        assert transit.keys == {}
    assert_all_opens(folder, sealed)


def test_a_target_that_does_not_answer_changes_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    sealed = fill(folder)
    with pytest.raises(MasterKeyUnusable):
        rotate_master(folder.minga().keys, "vault:http://127.0.0.1:1/transit")
    assert len(folder.minga().keys.masters()) == 1
    assert_all_opens(folder, sealed)


class Cut(Exception):
    """As if the process had been killed here."""


class Cutting:
    """Lets ``left`` steps happen - a durable write, or something done in a source of masters - and cuts off before,
    or right after, the next one."""

    def __init__(self, left: int, *, after: bool) -> None:
        self._left = left
        self._after = after

    def step(self, do: Callable[[], object]) -> object:
        if self._left == 0 and not self._after:
            raise Cut
        done = do()
        if self._left == 0:
            raise Cut
        self._left -= 1
        return done


class CutMasters:
    """A source whose process may be cut off."""

    def __init__(self, inner: Masters, cutting: Cutting) -> None:
        self.source, self.shown = inner.source, inner.shown
        self.wrap, self.unwrap, self.export, self.add = inner.wrap, inner.unwrap, inner.export, inner.add
        self._inner, self._cutting = inner, cutting

    def create(self) -> str:
        return str(self._cutting.step(self._inner.create))

    def destroy(self, master_id: str) -> None:
        self._cutting.step(lambda: self._inner.destroy(master_id))


def cut_store(folder: Folder, cutting: Cutting) -> KeyStore:
    keys = folder.minga().keys
    write, source = keys.write, keys.source

    def cut_write(work: Callable[[Transaction], object]) -> object:
        return cutting.step(lambda: write(work))

    keys.write = cut_write  # type: ignore[method-assign,assignment]
    keys.source = lambda name: CutMasters(source(name), cutting)  # type: ignore[method-assign,assignment]
    return keys


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("what", ["master", "user"])
def test_wherever_a_rotation_is_cut_off_all_opens_and_the_next_call_finishes_it(
    tmp_path: Path, what: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minga.storage.rotation.BATCH", 1)

    def rotate(keys: KeyStore) -> rotation.Rotated:
        return rotate_master(keys, "file") if what == "master" else rotate_user(keys, ANA)

    cuts = 0
    for left in range(100):
        folder = Folder(tmp_path / str(left))
        sealed = fill(folder)
        try:
            rotate(cut_store(folder, Cutting(left, after=after)))
            break
        except Cut:
            cuts += 1
        assert_all_opens(folder, sealed)
        rotate(folder.minga().keys)
        assert_all_opens(folder, sealed)
        assert len(folder.minga().keys.masters()) == 1
        assert {state for _, state, _ in current_keys(folder.minga())} == {"current"}
    assert cuts >= 4
    assert len(current_keys(folder.minga())) == 2


def test_nothing_is_lost_by_killing_rotations_at_any_moment(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    sealed = fill(folder)
    program = (
        "import sys; from pathlib import Path; from keyed import ANA, Folder\n"
        "from minga.storage.rotation import rotate_master, rotate_user\n"
        "folder = Folder(Path(sys.argv[1]))\n"
        "while True:\n"
        "    rotate_master(folder.minga().keys, 'file'); print(1, flush=True)\n"
        "    rotate_user(folder.minga().keys, ANA); print(2, flush=True)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    for number in range(10):
        command = [sys.executable, "-c", program, str(tmp_path)]
        with begun(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            for _ in range(number % 4 + 1):
                assert process.stdout.readline()
        assert_all_opens(folder, sealed)
    rotate_master(folder.minga().keys, "file")
    rotate_user(folder.minga().keys, ANA)
    assert len(folder.minga().keys.masters()) == 1
    assert {state for _, state, _ in current_keys(folder.minga())} == {"current"}


def test_rotations_that_race_with_each_other_and_with_work_lose_nothing(folder: Folder) -> None:
    sealed = fill(folder)
    problems: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                for _ in range(5):
                    work()
            except (AssertionError, MingaError) as wrong:
                problems.append(wrong)

        return run

    def converse() -> None:
        vault = folder.vault(ANA)
        name = SessionId(f"new-{threading.get_ident()}-{len(vault.readable())}")
        vault.create(name, "/other")
        assert vault.open(name, vault.seal(name, b"x", PLACE), PLACE) == b"x"
        assert vault.open(ONE, sealed[ONE], PLACE) == CONTENT

    works: list[Callable[[], object]] = [
        lambda: rotate_master(folder.minga().keys, "file"),
        lambda: rotate_master(folder.minga().keys, "file"),
        lambda: rotate_user(folder.minga().keys, ANA),
        lambda: rotate_user(folder.minga().keys, ANA),
        converse,
        converse,
    ]
    threads = [threading.Thread(target=guarded(work)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    ana = folder.vault(ANA)
    assert {ana.open(session_id, content, PLACE) for session_id, content in sealed.items()} == {CONTENT}
    assert {ana.access(session_id) for session_id in ana.readable()} == {"own"}


def test_a_rotation_over_a_changed_key_stops_and_destroys_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    fill(folder)
    change = (
        "UPDATE user_keys SET wrapped = (SELECT wrapped FROM store_keys WHERE name = 'store') WHERE user_name = 'bea'"
    )
    folder.minga().keys.write(lambda transaction: transaction.execute(change))
    with pytest.raises(KeysDamaged):
        rotate_master(folder.minga().keys, "file")
    assert folder.vault(ANA).access(ONE) == "own"
    assert len(folder.master_file.read_text().splitlines()) == 2
