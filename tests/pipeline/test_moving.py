"""One session on its way to another device: whole, or nothing is changed."""

import asyncio
import io
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keyed import Folder
from minga.bootstrap import Minga
from minga.domain.errors import (
    BadInput,
    DiffDoesNotFit,
    DiffNotTaken,
    FileInTheWay,
    FileUnwritable,
    PackDamaged,
    PackTooNew,
    SessionBusy,
    SessionOfAnother,
    UnreadableFile,
    WrongPassphrase,
)
from minga.domain.ids import AgentName, NativeId, SessionId
from minga.domain.transcript import ImagePart, Message, Part, TextPart, Transcript, Workspace
from minga.infrastructure import age
from minga.infrastructure.age import Passphrase
from minga.sessions.natives import keep_pieces, packed
from minga.sessions.transcripts import insert_messages, insert_session, set_head
from minga.storage.database import Transaction
from minga.storage.instants import to_micros

AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
S = SessionId("01a21373-6b0f-7fbc-b0cd-0bd66fe358c4")
PHRASE = Passphrase("correct horse battery staple")
MARK = "the secret is GREEN77"
NATIVE = b'{"type":"session_meta"}\n\xff not utf-8 \x00\n' * 50_000


def message(number: int, *parts: Part) -> Message:
    parent = f"m{number - 1}" if number > 1 else ""
    role = "user" if number % 2 else "assistant"
    return Message(f"m{number}", parent, AT, role, parts or (TextPart(f"text {number}"),), AgentName("codex"))


FIRST = [message(1, TextPart(MARK), ImagePart("image/png", b"\x89PNG\x00" * 999)), message(2), message(3)]


async def put(minga: Minga, messages: list[Message], cwd: str, *, native: bytes = b"") -> None:
    def work(transaction: Transaction) -> None:
        if not transaction.execute("SELECT 1 FROM sessions WHERE id = ?", (S,)):
            insert_session(transaction, minga.vault, S, "RUT validator", Workspace(cwd), to_micros(AT))
        insert_messages(transaction, minga.vault, S, messages)
        set_head(transaction, S, messages[-1].id, AT)
        for number in range(0, len(native), 1_000_000):
            piece = native[number : number + 1_000_000]
            one = packed(AgentName("codex"), NativeId("native-1"), S)
            keep_pieces(transaction, minga.vault, one, number // 1_000_000, [piece])

    await minga.database.write(work)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "here")
    yield folder
    folder.close()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "there")
    yield folder
    folder.close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A commit, and uncommitted changes: of a file, a new one, a deletion, a binary, a name with a blank."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "remote", "add", "origin", "https://me:token@example.com/shop.git")
    (root / "kept.txt").write_text("one\ntwo\n")
    (root / "gone.txt").write_text("bye\n")
    git(root, "add", "-A")
    git(root, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "first")
    git(root, "config", "diff.context", "0")
    git(root, "config", "diff.noprefix", "true")
    (root / "kept.txt").write_text("one\n2\n")
    (root / "gone.txt").unlink()
    (root / "a new one.bin").write_bytes(bytes(range(256)))
    return root


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


async def packed_file(minga: Minga, path: Path, lock: age.Passphrase | age.Recipients = PHRASE, **how: bool) -> Path:
    given = {"with_diff": False, "force": False, **how}
    done = await minga.moving.pack(S, path, lock, **given)
    assert done.size == path.stat().st_size
    return path


async def transcript(minga: Minga) -> Transcript:
    return await minga.history.transcript(S)


def test_all_of_a_session_arrives(here: Folder, there: Folder, tmp_path: Path) -> None:
    async def work() -> None:
        sender, receiver = here.minga(), there.minga()
        await put(sender, FIRST, str(tmp_path), native=NATIVE)
        file = await packed_file(sender, tmp_path / "x.age")
        assert file.stat().st_mode & 0o777 == 0o600
        assert MARK.encode() not in file.read_bytes()
        arrived = await receiver.moving.unpack(file, PHRASE, None, apply_diff=False)
        assert (arrived.unpacked.created, arrived.unpacked.messages, arrived.missing) == (True, 3, False)
        assert await transcript(receiver) == await transcript(sender)
        assert await receiver.migrator.natives.newest_bytes(S) == NATIVE
        again = await receiver.moving.unpack(file, PHRASE, None, apply_diff=False)
        assert (again.unpacked.created, again.unpacked.messages) == (False, 0)
        assert await transcript(receiver) == await transcript(sender)

    asyncio.run(work())


def test_a_pack_to_public_keys_opens_with_each_secret_key_and_no_other(
    here: Folder, there: Folder, tmp_path: Path
) -> None:
    async def work() -> None:
        sender, receiver = here.minga(), there.minga()
        await put(sender, FIRST, str(tmp_path))
        pairs = [age.new_identity() for _ in range(3)]
        file = await packed_file(sender, tmp_path / "x.age", age.recipients([public for _, public in pairs[:2]]))
        for key in (age.identities(pairs[2][0]), PHRASE):
            with pytest.raises(WrongPassphrase):
                await receiver.moving.unpack(file, key, None, apply_diff=False)
        assert await receiver.history.latest(9) == []
        for secret, _ in pairs[:2]:
            await receiver.moving.unpack(file, age.identities(secret), None, apply_diff=False)
        assert await transcript(receiver) == await transcript(sender)

    asyncio.run(work())


def test_a_session_that_had_gone_on_here_gets_a_branch_and_stays_where_it_stood(
    here: Folder, there: Folder, tmp_path: Path
) -> None:
    async def work() -> None:
        sender, receiver = here.minga(), there.minga()
        await put(sender, FIRST, str(tmp_path))
        await receiver.moving.unpack(await packed_file(sender, tmp_path / "1.age"), PHRASE, None, apply_diff=False)
        await put(sender, [message(4)], str(tmp_path))
        there_went_on = Message("n4", "m3", AT, "user", (TextPart("meanwhile"),), AgentName("codex"))
        await put(receiver, [there_went_on], str(tmp_path))
        file = await packed_file(sender, tmp_path / "2.age")
        arrived = await receiver.moving.unpack(file, PHRASE, None, apply_diff=False)
        assert arrived.unpacked.stands == "n4"
        assert [one.id for one in (await transcript(receiver)).lineage()] == ["m1", "m2", "m3", "n4"]
        shown = await receiver.branches.of(S)
        assert {one.leaf: one.stands for one in shown} == {"m4": False, "n4": True}

    asyncio.run(work())


def test_a_directory_that_is_not_here_is_told_and_can_be_said(here: Folder, there: Folder, tmp_path: Path) -> None:
    async def work() -> None:
        sender, receiver = here.minga(), there.minga()
        await put(sender, FIRST, "/home/somebody/else")
        file = await packed_file(sender, tmp_path / "x.age")
        assert (await receiver.moving.unpack(file, PHRASE, None, apply_diff=False)).missing
        arrived = await receiver.moving.unpack(file, PHRASE, tmp_path, apply_diff=False)
        assert not arrived.missing
        assert (await receiver.history.summary(S)).cwd == tmp_path
        with pytest.raises(BadInput, match="no directory"):
            await receiver.moving.unpack(file, PHRASE, tmp_path / "nowhere", apply_diff=False)

    asyncio.run(work())


def test_uncommitted_changes_go_along_and_into_the_files_only_when_asked(
    here: Folder, there: Folder, tmp_path: Path, repository: Path
) -> None:
    async def work() -> None:
        sender, receiver = here.minga(), there.minga()
        await put(sender, FIRST, str(repository))
        before = git(repository, "status", "--porcelain")
        file = await packed_file(sender, tmp_path / "x.age", with_diff=True)
        assert git(repository, "status", "--porcelain") == before, "the index is as it was"
        clone = tmp_path / "clone"
        git(tmp_path, "clone", "-q", str(repository), "clone")
        arrived = await receiver.moving.unpack(file, PHRASE, clone, apply_diff=False)
        manifest = arrived.unpacked.manifest
        assert (manifest.remote, manifest.branch) == ("https://example.com/shop.git", "main"), "no token in it"
        assert manifest.commit == git(repository, "rev-parse", "HEAD").strip()
        assert git(clone, "status", "--porcelain") == ""
        assert (await receiver.moving.unpack(file, PHRASE, clone, apply_diff=True)).applied
        assert (clone / "kept.txt").read_text() == "one\n2\n"
        assert (clone / "a new one.bin").read_bytes() == bytes(range(256))
        assert not (clone / "gone.txt").exists()

    asyncio.run(work())


def test_changes_that_do_not_fit_change_nothing_not_even_the_store(
    here: Folder, there: Folder, tmp_path: Path, repository: Path
) -> None:
    async def work() -> None:
        sender, receiver = here.minga(), there.minga()
        await put(sender, FIRST, str(repository))
        file = await packed_file(sender, tmp_path / "x.age", with_diff=True)
        git(tmp_path, "clone", "-q", str(repository), "clone")
        (tmp_path / "clone" / "kept.txt").write_text("my own\n")
        for folder in (tmp_path / "clone", tmp_path):
            with pytest.raises(DiffDoesNotFit):
                await receiver.moving.unpack(file, PHRASE, folder, apply_diff=True)
        assert await receiver.history.latest(9) == []
        assert (tmp_path / "clone" / "kept.txt").read_text() == "my own\n"
        assert (tmp_path / "clone" / "gone.txt").exists()

    asyncio.run(work())


def test_changes_of_a_directory_that_is_no_repository_cannot_be_taken(here: Folder, tmp_path: Path) -> None:
    async def work() -> None:
        sender = here.minga()
        await put(sender, FIRST, str(tmp_path))
        with pytest.raises(DiffNotTaken):
            await packed_file(sender, tmp_path / "x.age", with_diff=True)
        assert not (tmp_path / "x.age").exists()

    asyncio.run(work())


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.9999])
@pytest.mark.parametrize("how", ["cut", "changed"])
def test_a_hurt_pack_is_refused_and_changes_nothing(
    here: Folder, there: Folder, tmp_path: Path, share: float, how: str
) -> None:
    async def work() -> None:
        sender, receiver = here.minga(), there.minga()
        await put(sender, FIRST, str(tmp_path), native=NATIVE[:200_000])
        secret, public = age.new_identity()
        file = await packed_file(sender, tmp_path / "x.age", age.recipients([public]))
        content = file.read_bytes()
        place = int(len(content) * share)
        hurt = content[:place] + (bytes([content[place] ^ 1]) + content[place + 1 :] if how == "changed" else b"")
        file.write_bytes(hurt)
        with pytest.raises((PackDamaged, WrongPassphrase)):
            await receiver.moving.unpack(file, age.identities(secret), None, apply_diff=False)
        assert await receiver.history.latest(9) == []

    asyncio.run(work())


def test_a_pack_of_a_newer_version_and_no_pack_at_all_are_told_apart(
    here: Folder, there: Folder, tmp_path: Path
) -> None:
    async def work() -> None:
        receiver = there.minga()
        newer = tmp_path / "newer.age"
        with newer.open("wb") as file:
            age.encrypt(io.BytesIO(b"minga-pack 7\nwhatever"), file, PHRASE)
        with pytest.raises(PackTooNew) as refused:
            await receiver.moving.unpack(newer, PHRASE, None, apply_diff=False)
        assert refused.value.values["found"] == 7
        (tmp_path / "other").write_bytes(b"PK\x03\x04")
        with pytest.raises(PackDamaged):
            await receiver.moving.unpack(tmp_path / "other", PHRASE, None, apply_diff=False)
        with pytest.raises(UnreadableFile):
            await receiver.moving.unpack(tmp_path / "nowhere", PHRASE, None, apply_diff=False)

    asyncio.run(work())


def test_a_file_in_the_way_stays_and_what_cannot_be_written_leaves_nothing(here: Folder, tmp_path: Path) -> None:
    async def work() -> None:
        sender = here.minga()
        await put(sender, FIRST, str(tmp_path))
        file = tmp_path / "x.age"
        file.write_bytes(b"mine")
        with pytest.raises(FileInTheWay):
            await packed_file(sender, file)
        assert file.read_bytes() == b"mine"
        await packed_file(sender, file, force=True)
        os.mkfifo(tmp_path / "pipe")
        for place in (tmp_path / "nowhere" / "x.age", tmp_path, tmp_path / "pipe", Path()):
            with pytest.raises(FileUnwritable):
                await packed_file(sender, place, force=True)
        assert (tmp_path / "pipe").is_fifo()
        assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["x.age"]

    asyncio.run(work())


def test_a_session_at_work_is_not_packed(here: Folder, tmp_path: Path) -> None:
    async def work() -> None:
        sender = here.minga()
        await put(sender, FIRST, str(tmp_path))
        await sender.sessions.open(S, "go on", tmp_path)
        with pytest.raises(SessionBusy):
            await packed_file(sender, tmp_path / "x.age")

    asyncio.run(work())


def test_a_pack_does_not_write_into_the_session_of_another_user_of_the_store(here: Folder, tmp_path: Path) -> None:
    async def work() -> None:
        owner = here.minga()
        await put(owner, FIRST, str(tmp_path))
        file = await packed_file(owner, tmp_path / "x.age")
        owner.keys.add_user("ana")  # type: ignore[arg-type]
        with pytest.raises(SessionOfAnother):
            await here.minga("ana").moving.unpack(file, PHRASE, None, apply_diff=False)
        assert await transcript(owner) == await transcript(here.minga())

    asyncio.run(work())
