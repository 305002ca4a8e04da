"""age files: as the other implementation writes and reads them, and what is wrong with them."""

import io
from pathlib import Path

import pyrage
import pytest

from minga.infrastructure import age
from minga.infrastructure.age import BadKey, Damaged, Passphrase, WrongKey

TEXT = bytes(range(256)) * 1024
SIZES = [0, 1, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, len(TEXT)]
SECRET, PUBLIC = age.new_identity()
PHRASE = Passphrase("correct horse battery staple")


def sealed(content: bytes, lock: age.Passphrase | age.Recipients) -> bytes:
    sink = io.BytesIO()
    age.encrypt(io.BytesIO(content), sink, lock)
    return sink.getvalue()


def opened(content: bytes, key: age.Key) -> bytes:
    sink = io.BytesIO()
    age.decrypt(io.BytesIO(content), sink, key)
    return sink.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_with_a_passphrase_pyrage_opens(size: int) -> None:
    assert pyrage.passphrase.decrypt(sealed(TEXT[:size], PHRASE), PHRASE.text) == TEXT[:size]


@pytest.mark.parametrize("size", [0, 64 * 1024, len(TEXT)])
def test_what_pyrage_seals_with_a_passphrase_opens(size: int) -> None:
    assert opened(pyrage.passphrase.encrypt(TEXT[:size], PHRASE.text), PHRASE) == TEXT[:size]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_to_a_public_key_opens_with_its_secret_key_alone(size: int) -> None:
    content = sealed(TEXT[:size], age.recipients([PUBLIC]))
    assert opened(content, age.identities(f"# a comment\n{SECRET}\n")) == TEXT[:size]
    with pytest.raises(WrongKey):
        opened(content, age.identities(age.new_identity()[0]))


def test_every_recipient_opens_it() -> None:
    other_secret, other_public = age.new_identity()
    content = sealed(TEXT, age.recipients([PUBLIC, other_public]))
    assert opened(content, age.identities(SECRET)) == opened(content, age.identities(other_secret)) == TEXT


def test_another_passphrase_does_not_open_it() -> None:
    with pytest.raises(WrongKey):
        opened(sealed(TEXT, PHRASE), Passphrase("another one"))


@pytest.mark.parametrize("lock", ["passphrase", "key"])
def test_a_cut_or_changed_file_is_told_wherever_it_was_hurt(lock: str) -> None:
    content = sealed(TEXT, PHRASE if lock == "passphrase" else age.recipients([PUBLIC]))
    key: age.Key = PHRASE if lock == "passphrase" else age.identities(SECRET)
    for place in (30, 100, len(content) // 2, len(content) - 1):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        for hurt in (content[:place], changed):
            with pytest.raises((Damaged, WrongKey)):
                opened(hurt, key)
    whole_chunks = len(content) - len(TEXT) % (64 * 1024) - 16
    with pytest.raises(Damaged):
        opened(content[: whole_chunks - 64 * 1024 - 16], key)


def test_a_file_that_asks_for_much_more_work_is_refused_unread() -> None:
    content = sealed(TEXT, PHRASE).replace(b" 17\n", b" 30\n", 1)
    with pytest.raises(Damaged, match="work factor of 30"):
        opened(content, PHRASE)


@pytest.mark.parametrize("text", ["", "# only a comment", "AGE-SECRET-KEY-1NONSENSE", PUBLIC], ids=range(4))
def test_what_is_no_secret_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(BadKey) as refused:
        age.identities(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("text", ["", "age1nonsense", SECRET], ids=range(3))
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        age.recipients([text])


def test_a_stream_that_is_left_early_leaves_no_thread_behind(tmp_path: Path) -> None:
    file = tmp_path / "x.age"
    file.write_bytes(sealed(TEXT * 8, PHRASE))
    assert age.wants_passphrase(file)
    with age.decrypting(file, PHRASE) as stream:
        assert stream.read(10) == TEXT[:10]
    with pytest.raises(WrongKey), age.decrypting(file, age.identities(SECRET)) as stream:
        stream.read(1)
    (tmp_path / "no.age").write_bytes(b"PK\x03\x04")
    with pytest.raises(Damaged, match="no age file"), age.decrypting(tmp_path / "no.age", PHRASE):
        pass
