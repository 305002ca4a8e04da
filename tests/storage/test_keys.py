"""The key store: users and their end, lost keys told plainly, recovery."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from transit_server import TOKEN, serving

from children import begun
from keyed import ANA, BEA, CLEO, ONE, THREE, TWO, Folder
from minga.domain.errors import (
    BadInput,
    BadSetting,
    KeysDamaged,
    KeysLost,
    MasterKeyLost,
    StoreUnwritable,
    UnknownUser,
)
from minga.domain.secrecy import DeletionReceipt, UserName
from minga.storage import deletion, receipts, recovery
from minga.storage.wrapping import new_key

PLACE = "turns:1"


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    url = request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else ""
    made = Folder(tmp_path, url)
    yield made
    made.close()


def test_wiring_alone_touches_nothing(tmp_path: Path) -> None:
    Folder(tmp_path).minga()
    assert list(tmp_path.iterdir()) == []


def test_the_key_store_is_for_its_owner_only_and_no_key_stands_in_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    minga = folder.minga()
    minga.vault.create(ONE, "/src/a-secret-project")
    minga.vault.share_project("/src/a-secret-project", _added(folder, BEA), "read")
    opened = [minga.keys.store_key(name) for name in ("store", "search", "projects")]
    master = minga.keys.masters()[0]
    opened.append(minga.keys.exported(master))
    everything = folder.everything()
    assert stat.S_IMODE(folder.keys_file.stat().st_mode) == 0o600
    assert not [key for key in opened if key in everything]
    assert b"a-secret-project" not in everything


def test_the_stores_own_keys_are_made_once_and_differ(folder: Folder) -> None:
    first = {name: folder.minga().keys.store_key(name) for name in ("store", "search")}
    assert {name: folder.minga().keys.store_key(name) for name in first} == first
    assert len(set(first.values())) == 2
    assert {len(key) for key in first.values()} == {32}


def test_processes_that_start_at_once_agree_on_every_key(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; import sys; from keyed import Folder\nminga = Folder(Path(sys.argv[1])).minga()\n"
    )
    program += "minga.vault.create('session-1', ''); print(minga.keys.store_key('store').hex())\n"
    command = [sys.executable, "-c", program, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with ExitStack() as stack:
        wanted = [begun(command, stdout=subprocess.PIPE, env=environment, text=True) for _ in range(6)]
        started = [stack.enter_context(one) for one in wanted]
        told = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 6
    assert len(set(told)) == 1
    assert len(Folder(tmp_path).minga().keys.masters()) == 1


def test_users_are_listed_with_how_many_sessions_are_theirs(folder: Folder) -> None:
    folder.add(BEA, ANA)
    ana = folder.vault(ANA)
    ana.create(ONE, "")
    ana.create(TWO, "")
    ana.share(ONE, BEA, "read")
    assert [(name, count) for name, _, count in folder.minga().keys.users()] == [(ANA, 2), (BEA, 0)]
    with pytest.raises(BadInput, match="already a user 'ana'"):
        folder.add(ANA)


def test_a_removed_user_takes_their_sessions_along_for_everybody(folder: Folder) -> None:
    folder.add(ANA, BEA, CLEO)
    ana, bea = folder.vault(ANA), folder.vault(BEA)
    ana.create(ONE, "/src")
    ana.create(TWO, "/src")
    bea.create(THREE, "/src")
    ana.share(ONE, BEA, "read")
    ana.share_project("/src", CLEO, "continue")
    bea.share(THREE, ANA, "read")
    sealed = bea.seal(THREE, b"x", PLACE)
    receipt = deletion.shred_user(folder.minga().keys, ANA, BEA)
    assert (receipt.what, receipt.name, receipt.by) == ("user", ANA, BEA)
    assert [key.session_id for key in receipt.keys] == [None, ONE, TWO]
    assert folder.vault(BEA).readable() == {THREE}
    assert folder.vault(BEA).shares() == ()
    assert folder.vault(CLEO).readable() == frozenset()
    assert folder.vault(BEA).open(THREE, sealed, PLACE) == b"x"
    for use in (folder.vault(ANA).readable, lambda: deletion.shred_user(folder.minga().keys, ANA, BEA)):
        with pytest.raises(UnknownUser):
            use()


def test_a_new_user_of_an_old_name_has_nothing_of_the_old_one(folder: Folder) -> None:
    folder.add(ANA)
    folder.vault(ANA).create(ONE, "")
    deletion.shred_user(folder.minga().keys, ANA, ANA)
    folder.add(ANA)
    assert folder.vault(ANA).readable() == frozenset()


def test_a_running_process_of_a_removed_user_is_shut_out(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add(ANA)
    ana = folder.vault(ANA)
    ana.create(ONE, "")
    sealed = ana.seal(ONE, b"x", PLACE)
    deletion.shred_user(folder.minga().keys, ANA, ANA)
    with pytest.raises(UnknownUser):
        ana.open(ONE, sealed, PLACE)


# Receipts


@pytest.fixture
def receipt(tmp_path: Path) -> tuple[DeletionReceipt, str]:
    minga = Folder(tmp_path).minga()
    minga.vault.create(ONE, "")
    return minga.vault.shred(ONE), minga.keys.shown(deletion.SIGNING_KEY)


def test_every_changed_letter_of_a_receipt_is_noticed(receipt: tuple[DeletionReceipt, str]) -> None:
    genuine, key = receipt
    text = receipts.to_json(genuine)
    assert receipts.is_genuine(receipts.from_json(text), key)
    for match in re.finditer(r"[0-9a-zA-Z+/]", text):
        other = "1" if match[0] != "1" else "2"
        with suppress(BadInput):
            changed = receipts.from_json(text[: match.start()] + other + text[match.end() :])
            assert changed == genuine or not receipts.is_genuine(changed, key)


def test_a_receipt_that_another_store_signed_is_not_genuine(receipt: tuple[DeletionReceipt, str]) -> None:
    genuine, _ = receipt
    forged = receipts.signed(genuine, new_key())
    assert receipts.is_genuine(forged, forged.public_key)
    assert not receipts.is_genuine(forged, genuine.public_key)
    for key in ("", "garbage", "AAAA"):
        assert not receipts.is_genuine(genuine, key)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"format": "minga-deletion-receipt-1"}', "\ud800", "[" * 100_000, '{"a":' * 100_000],
    ids=lambda text: ascii(text[:9]),
)
def test_what_is_no_receipt_is_told(text: str) -> None:
    with pytest.raises(BadInput, match="no deletion receipt"):
        receipts.from_json(text)


def test_receipts_can_be_read_again_after_they_were_handed_out(folder: Folder) -> None:
    folder.add(ANA)
    ana = folder.vault(ANA)
    for session_id in (ONE, TWO):
        ana.create(session_id, "")
    handed_out = [ana.shred(ONE), ana.shred(TWO)]
    assert deletion.past_receipts(folder.minga().keys) == handed_out


# Lost keys


def test_a_lost_master_key_is_told_with_what_is_gone_and_what_is_not(folder: Folder) -> None:
    minga = folder.minga()
    minga.vault.create(ONE, "")
    master = minga.keys.masters()[0]
    folder.master_file.unlink()
    before = folder.everything()
    for use in _uses(folder):
        with pytest.raises(MasterKeyLost) as lost:
            use()
        for text in (master.id, str(folder.master_file), "no session and no search index"):
            assert text in lost.value.message
        for text in ("minga keys import", "CLIs' own files are not touched"):
            assert text in lost.value.remedy_text
    assert not folder.master_file.exists()
    assert folder.everything() == before or folder.url


def test_an_error_shows_neither_user_nor_password_of_the_server(tmp_path: Path) -> None:
    url = "postgresql://eva:secret@db.example.org/minga?password=secret"
    keys = Folder(tmp_path, url).minga().keys
    assert keys.place.store == "db.example.org/minga"


def test_another_master_key_in_the_place_of_the_lost_one_opens_nothing(tmp_path: Path) -> None:
    folder, other = Folder(tmp_path / "one"), Folder(tmp_path / "other")
    for one in (folder, other):
        one.vault().create(ONE, "")
    other.master_file.replace(folder.master_file)
    with pytest.raises(MasterKeyLost):
        folder.vault().access(ONE)


def test_lost_keys_beside_a_store_are_told_and_no_new_ones_are_made(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    minga = folder.minga()
    _store(folder)
    folder.keys_file.unlink()
    for use in _uses(folder):
        with pytest.raises(KeysLost, match=re.escape(repr(str(folder.keys_file)))):
            use()
    assert not folder.keys_file.exists()
    minga.keys.close()


def test_a_key_store_that_was_changed_is_called_damaged(folder: Folder) -> None:
    minga = folder.minga()
    minga.vault.create(ONE, "")
    minga.keys.store_key("store")
    for change in (
        "UPDATE user_keys SET wrapped = (SELECT wrapped FROM store_keys WHERE name = 'store')",
        "UPDATE store_keys SET wrapped = (SELECT k.wrapped FROM store_keys k WHERE k.name = 'projects')",
    ):
        minga.keys.write(lambda transaction, change=change: transaction.execute(change))
    with pytest.raises(KeysDamaged, match="was changed"):
        folder.vault().access(ONE)
    with pytest.raises(KeysDamaged, match="was changed"):
        folder.minga().keys.store_key("store")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StoreUnwritable):
        Folder(tmp_path).vault().create(ONE, "")


# Recovery


def test_a_recovery_file_brings_the_master_key_back(folder: Folder) -> None:
    minga = folder.minga()
    minga.vault.create(ONE, "")
    sealed = minga.vault.seal(ONE, b"x", PLACE)
    content = recovery.exported(minga.keys)
    folder.master_file.unlink()
    assert recovery.bring_back(folder.minga().keys, content, "") == [minga.keys.masters()[0].id]
    assert folder.vault().open(ONE, sealed, PLACE) == b"x"


def test_a_recovery_file_of_another_store_is_refused(tmp_path: Path) -> None:
    one, other = Folder(tmp_path / "one"), Folder(tmp_path / "other")
    for folder in (one, other):
        folder.vault().create(ONE, "")
    with pytest.raises(BadInput, match="no key that is needed here"):
        recovery.bring_back(one.minga().keys, recovery.exported(other.minga().keys), "")


def test_what_is_no_recovery_file_is_told(tmp_path: Path) -> None:
    keys = Folder(tmp_path).minga().keys
    with pytest.raises(BadInput, match="no keys yet"):
        recovery.exported(keys)
    wrong = {"format": recovery.FORMAT, "keys": {"0" * 16: "AAAA"}}
    for content in (b"", b"{}", b"[]", b"\xff", b"[" * 100_000, json.dumps(wrong).encode()):
        with pytest.raises(BadInput, match="no recovery file"):
            recovery.bring_back(keys, content, "")


# The first source


def test_the_setting_says_where_the_first_master_key_is_made(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with serving() as transit:
        variables = {"MINGA_MASTER_KEY": f"vault:{transit.url}", "VAULT_TOKEN": TOKEN}
        minga = folder.minga(**variables)
        minga.vault.create(ONE, "")
        sealed = minga.vault.seal(ONE, b"x", PLACE)
        assert not folder.master_file.exists()
        assert [master.source for master in minga.keys.masters()] == [f"vault:{transit.url}"]
        later = folder.minga(VAULT_TOKEN=TOKEN)
        assert later.vault.open(ONE, sealed, PLACE) == b"x"
        transit.keys.clear()
        with pytest.raises(MasterKeyLost, match=re.escape(transit.url)):
            folder.minga(VAULT_TOKEN=TOKEN).vault.access(ONE)


@pytest.mark.parametrize("source", ["somewhere", "vault:", "vault:ftp://x", "file:x", "keyring:x"])
def test_a_source_that_there_is_not_is_told(tmp_path: Path, source: str) -> None:
    with pytest.raises(BadSetting, match="none of file, keyring, vault:ADDRESS"):
        Folder(tmp_path).minga(MINGA_MASTER_KEY=source).vault.create(ONE, "")


def _uses(folder: Folder) -> list[Callable[[], object]]:
    return [
        lambda: folder.vault().access(ONE),
        lambda: folder.vault().create(TWO, ""),
        lambda: folder.minga().keys.store_key("store"),
        lambda: folder.add(BEA),
    ]


def _store(folder: Folder) -> None:
    """Open the store itself, which makes its file and its key."""
    program = (
        "import asyncio, sys; from pathlib import Path; from keyed import Folder\n"
        "async def main():\n    minga = Folder(Path(sys.argv[1])).minga()\n    await minga.recover()\n"
        "    await minga.close()\nasyncio.run(main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", program, str(folder.root)], env=environment, check=True, timeout=60)


def _added(folder: Folder, user: UserName) -> UserName:
    folder.add(user)
    return user
