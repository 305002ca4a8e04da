"""The vault: what one user seals, only those open who may, only in its place, and nobody after it was shredded."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyed import ANA, BEA, CLEO, ONE, THREE, TWO, Folder
from minga.domain.errors import (
    BadInput,
    ContentDamaged,
    KeysDamaged,
    MingaError,
    NotTheOwner,
    UnknownSession,
    UnknownUser,
)
from minga.domain.ids import SessionId
from minga.domain.secrecy import Share, UserName, Vault
from minga.infrastructure.account import account_name
from minga.storage import receipts
from minga.storage.deletion import SIGNING_KEY
from minga.storage.vault import CACHED_MAX, KeyVault

PLACE = "turns:1"


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Folder]:
    url = request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else ""
    made = Folder(tmp_path, url)
    made.add(ANA, BEA, CLEO)
    yield made
    made.close()


@pytest.fixture
def ana(folder: Folder) -> KeyVault:
    vault = folder.vault(ANA)
    vault.create(ONE, "/src/shop")
    return vault


@pytest.fixture
def bea(folder: Folder) -> KeyVault:
    return folder.vault(BEA)


def refused(vault: Vault, session_id: SessionId, sealed: bytes) -> None:
    """Not one way to the session is open to the user of ``vault``, and none tells that it exists."""
    assert vault.access(session_id) is None
    assert session_id not in vault.readable() | vault.shared()
    for use in (
        lambda: vault.open(session_id, sealed, PLACE),
        lambda: vault.seal(session_id, b"x", PLACE),
        lambda: vault.sealer(session_id),
        lambda: vault.shred(session_id),
        lambda: vault.share(session_id, CLEO, "read"),
        lambda: vault.unshare(session_id, CLEO),
    ):
        with pytest.raises(UnknownSession) as unknown:
            use()
        nothing = UnknownSession(session="nothing").message
        assert unknown.value.message.replace(repr(session_id), "'nothing'") == nothing


def test_what_was_sealed_opens_in_another_process_too(folder: Folder, ana: KeyVault) -> None:
    sealed = ana.seal(ONE, "añil ✓".encode(), PLACE)
    assert "añil".encode() not in sealed
    assert ana.open(ONE, sealed, PLACE).decode() == "añil ✓"
    again = folder.vault(ANA)
    assert again.open(ONE, sealed, PLACE).decode() == "añil ✓"
    assert (again.access(ONE), again.readable(), again.shared()) == ("own", {ONE}, frozenset())


def test_many_contents_are_sealed_with_one_look_at_the_right_to_it(ana: KeyVault) -> None:
    seal = ana.sealer(ONE)
    sealed = {place: seal(place.encode(), place) for place in (PLACE, "events:t:2", "turns:t")}
    assert [ana.open(ONE, one, place) for place, one in sealed.items()] == list(map(str.encode, sealed))


def test_the_same_content_is_sealed_differently_each_time(ana: KeyVault) -> None:
    assert len({ana.seal(ONE, b"same", PLACE) for _ in range(100)}) == 100


def test_a_session_that_has_a_key_keeps_it(folder: Folder, ana: KeyVault, bea: KeyVault) -> None:
    sealed = ana.seal(ONE, b"x", PLACE)
    ana.create(ONE, "/elsewhere")
    bea.create(ONE, "/elsewhere")
    assert folder.vault(ANA).open(ONE, sealed, PLACE) == b"x"
    refused(bea, ONE, sealed)


def test_somebody_elses_session_is_to_a_user_as_if_it_were_not(ana: KeyVault, bea: KeyVault) -> None:
    refused(bea, ONE, ana.seal(ONE, b"x", PLACE))


def test_content_does_not_open_in_another_place_or_session(ana: KeyVault) -> None:
    ana.create(TWO, "/src/shop")
    sealed = ana.seal(ONE, b"x", PLACE)
    for session_id, place in ((ONE, "turns:2"), (ONE, ""), (TWO, PLACE), (ONE, f"{PLACE}\n")):
        with pytest.raises(ContentDamaged):
            ana.open(session_id, sealed, place)


def test_every_changed_byte_and_every_cut_is_noticed(ana: KeyVault) -> None:
    sealed = ana.seal(ONE, b"twelve bytes", PLACE)
    for at in range(len(sealed)):
        for bit in range(8):
            changed = sealed[:at] + bytes([sealed[at] ^ 1 << bit]) + sealed[at + 1 :]
            with pytest.raises(ContentDamaged):
                ana.open(ONE, changed, PLACE)
        with pytest.raises(ContentDamaged):
            ana.open(ONE, sealed[:at], PLACE)
    with pytest.raises(ContentDamaged):
        ana.open(ONE, sealed + b"\0", PLACE)


def test_content_of_any_bytes_and_any_place_comes_back(tmp_path: Path) -> None:
    vault = Folder(tmp_path).vault()
    vault.create(ONE, "")

    @settings(max_examples=50)
    @given(st.binary(max_size=5000), st.text(max_size=30))
    def check(content: bytes, place: str) -> None:
        assert vault.open(ONE, vault.seal(ONE, content, place), place) == content

    check()


def test_an_account_is_a_user_from_its_first_use_and_a_profile_is_not(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.vault().user == account_name()
    assert folder.vault().readable() == frozenset()
    stranger = folder.vault("nobody-added-me")
    for use in (stranger.readable, lambda: stranger.access(ONE), lambda: stranger.create(ONE, "")):
        with pytest.raises(UnknownUser, match="nobody-added-me"):
            use()


def test_a_shared_session_opens_for_the_other_until_it_is_taken_back(folder: Folder, ana: KeyVault) -> None:
    sealed, bea = ana.seal(ONE, b"x", PLACE), folder.vault(BEA)
    ana.share(ONE, BEA, "read")
    assert (bea.access(ONE), bea.readable(), bea.shared()) == ("read", {ONE}, {ONE})
    assert bea.open(ONE, sealed, PLACE) == b"x"
    ana.share(ONE, BEA, "continue")
    assert folder.vault(BEA).access(ONE) == "continue"
    assert ana.shares() == (Share(BEA, "continue", ONE, None),)
    refused(folder.vault(CLEO), ONE, sealed)
    assert ana.unshare(ONE, BEA)
    assert not ana.unshare(ONE, BEA)
    refused(folder.vault(BEA), ONE, sealed)
    assert ana.open(ONE, sealed, PLACE) == b"x"


def test_with_sqlite_what_was_taken_back_is_gone_at_once_for_processes_that_run(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add(ANA, BEA)
    ana, bea = folder.vault(ANA), folder.vault(BEA)
    ana.create(ONE, "")
    sealed = ana.seal(ONE, b"x", PLACE)
    ana.share(ONE, BEA, "read")
    assert bea.open(ONE, sealed, PLACE) == b"x"
    ana.unshare(ONE, BEA)
    refused(bea, ONE, sealed)


def test_the_generation_grows_when_a_right_changes_and_not_with_a_new_session(folder: Folder, ana: KeyVault) -> None:
    seen = [ana.generation()]
    ana.create(TWO, "/src/shop")
    assert folder.vault(BEA).generation() == seen[0]
    for change in (lambda: ana.share(ONE, BEA, "read"), lambda: ana.unshare(ONE, BEA), lambda: ana.shred(TWO)):
        change()
        seen.append(folder.vault(BEA).generation())
    assert seen == sorted(set(seen))


def test_who_was_given_a_session_cannot_give_it_on_nor_delete_it(folder: Folder, ana: KeyVault, bea: KeyVault) -> None:
    ana.share(ONE, BEA, "continue")
    for use in (
        lambda: bea.share(ONE, CLEO, "read"),
        lambda: bea.unshare(ONE, BEA),
        lambda: bea.shred(ONE),
    ):
        with pytest.raises(NotTheOwner):
            use()
    assert folder.vault(CLEO).access(ONE) is None


def test_a_shared_project_gives_its_sessions_that_are_and_that_come(folder: Folder, ana: KeyVault) -> None:
    ana.create(TWO, "/src/other")
    assert ana.share_project("/src/shop", BEA, "read") == 1
    ana.create(THREE, "/src/shop")
    bea = folder.vault(BEA)
    assert bea.readable() == bea.shared() == {ONE, THREE}
    assert bea.open(THREE, ana.seal(THREE, b"x", PLACE), PLACE) == b"x"
    assert ana.shares() == (Share(BEA, "read", None, "/src/shop"),)
    assert ana.unshare_project("/src/shop", BEA)
    assert folder.vault(BEA).readable() == frozenset()
    assert not ana.unshare_project("/src/shop", BEA)


def test_a_shared_project_gives_nothing_of_others_who_work_in_it(folder: Folder, ana: KeyVault) -> None:
    folder.vault(CLEO).create(TWO, "/src/shop")
    ana.share_project("/src/shop", BEA, "continue")
    assert folder.vault(BEA).readable() == {ONE}


def test_of_two_shares_the_stronger_counts_and_each_can_be_taken_back_alone(folder: Folder, ana: KeyVault) -> None:
    ana.share(ONE, BEA, "continue")
    ana.share_project("/src/shop", BEA, "read")
    assert folder.vault(BEA).access(ONE) == "continue"
    ana.unshare(ONE, BEA)
    assert folder.vault(BEA).access(ONE) == "read"
    ana.share(ONE, BEA, "continue")
    ana.unshare_project("/src/shop", BEA)
    assert folder.vault(BEA).access(ONE) == "continue"


def test_what_cannot_be_shared_is_said(ana: KeyVault) -> None:
    with pytest.raises(UnknownUser):
        ana.share(ONE, UserName("dora"), "read")
    with pytest.raises(UnknownUser):
        ana.share_project("/src/shop", UserName("dora"), "read")
    with pytest.raises(BadInput):
        ana.share(ONE, ANA, "read")
    with pytest.raises(BadInput):
        ana.share(ONE, BEA, "own")
    assert ana.shares() == ()


def test_a_shredded_session_opens_for_nobody_and_leaves_a_receipt(folder: Folder, ana: KeyVault, bea: KeyVault) -> None:
    ana.create(TWO, "/src/shop")
    ana.share(ONE, BEA, "read")
    sealed, other = ana.seal(ONE, b"x", PLACE), ana.seal(TWO, b"y", PLACE)
    receipt = ana.shred(ONE)
    for vault in (ana, folder.vault(ANA), folder.vault(BEA)):
        refused(vault, ONE, sealed)
    assert ana.open(TWO, other, PLACE) == b"y"
    assert (receipt.what, receipt.name, receipt.by) == ("session", ONE, ANA)
    assert [key.session_id for key in receipt.keys] == [ONE]
    public = folder.minga().keys.shown(SIGNING_KEY)
    assert receipts.is_genuine(receipt, public)
    assert receipts.from_json(receipts.to_json(receipt)) == receipt


def test_a_new_session_of_the_same_id_does_not_open_what_was_shredded(ana: KeyVault) -> None:
    sealed = ana.seal(ONE, b"x", PLACE)
    ana.shred(ONE)
    ana.create(ONE, "/src/shop")
    with pytest.raises(ContentDamaged):
        ana.open(ONE, sealed, PLACE)


def test_nothing_of_a_shredded_key_is_left_in_the_files(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    minga = folder.minga()
    minga.vault.create(ONE, "")
    minga.vault.create(TWO, "")
    select = "SELECT wrapped FROM session_keys WHERE session_id = ?"
    wrapped = bytes(minga.keys.read(lambda transaction: transaction.execute(select, (ONE,)))[0][0])
    assert wrapped in folder.everything()
    minga.vault.shred(ONE)
    assert wrapped not in folder.everything()
    assert minga.vault.access(TWO) == "own"


def test_a_row_that_was_changed_in_the_key_store_does_not_open(folder: Folder, ana: KeyVault) -> None:
    ana.share(ONE, BEA, "read")
    for change in (
        "UPDATE session_keys SET access = 'own', via = 'own' WHERE user_name = 'bea'",
        "UPDATE session_keys SET session_id = 'session-9' WHERE user_name = 'bea'",
    ):
        folder.minga().keys.write(lambda transaction, change=change: transaction.execute(change))
        bea = folder.vault(BEA)
        [session_id] = bea.readable()
        with pytest.raises(KeysDamaged):
            bea.access(session_id)


def test_many_threads_may_use_one_vault(tmp_path: Path) -> None:
    vault = Folder(tmp_path).vault()
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                session_id = SessionId(f"{number}-{turn}")
                vault.create(session_id, "")
                assert vault.open(session_id, vault.seal(session_id, b"x", PLACE), PLACE) == b"x"
        except (AssertionError, MingaError) as wrong:
            problems.append(wrong)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(vault.readable()) == 80


def test_no_more_keys_are_kept_open_than_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CACHED_MAX >= 1000
    monkeypatch.setattr("minga.storage.vault.CACHED_MAX", 3)
    vault = Folder(tmp_path).vault()
    sealed = {}
    for number in range(8):
        session_id = SessionId(str(number))
        vault.create(session_id, "")
        sealed[session_id] = vault.seal(session_id, b"x", PLACE)
    assert len(vault._opened) == 3
    assert {vault.open(session_id, content, PLACE) for session_id, content in sealed.items()} == {b"x"}
