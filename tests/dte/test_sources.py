"""Files come from a path, a folder, an archive or bytes, in order and one at a time; what cannot be opened is told."""

import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from files import written
from pieces import edited_example

from minga.dte import rules
from minga.dte.examples import example
from minga.dte.reading import containers, containers_in
from minga.dte.reading.archives import list_bytes
from minga.dte.reading.opening import FILE_MAX
from minga.dte.reading.sources import LIST_MAX

DOCUMENT = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + edited_example("33", {}).raw
ENVELOPE = written("EnvioDTE", example("EnvioDTE"))


def zipped(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def told(data: bytes, place: str = "a.zip") -> list[tuple[str, set[str]]]:
    return [(each.place, {fault.rule for fault in each.faults}) for each in containers_in(data, place)]


def test_a_folder_is_read_by_name_and_only_what_may_hold_documents(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name, content in {
        "b/2.xml": DOCUMENT,
        "b/1.XML": ENVELOPE,
        "a.zip": zipped({"x.xml": DOCUMENT, "folder/y.xml": ENVELOPE, "notes.txt": b"nothing"}),
        "c": DOCUMENT,
        "d.dte": DOCUMENT,
        "e.pdf": b"%PDF",
        "f.xsd": b'<schema xmlns:SiiDte="http://www.sii.cl/SiiDte"/>',
        "g.html": b"<html/>",
    }.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    found = [(os.path.relpath(each.place, tmp_path), each.kind, len(each.pieces)) for each in containers(tmp_path)]
    assert found == [
        ("a.zip/x.xml", "DTE", 1),
        ("a.zip/folder/y.xml", "EnvioDTE", 3),
        ("b/1.XML", "EnvioDTE", 3),
        ("b/2.xml", "DTE", 1),
        ("c", "DTE", 1),
        ("d.dte", "DTE", 1),
    ]


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "factura.txt").write_bytes(b"hola")
    assert [each.faults[0].rule for each in containers(tmp_path / "factura.txt")] == ["read-not-xml"]


def test_what_cannot_be_opened_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").symlink_to(tmp_path / "a.xml")
    (tmp_path / "b.xml").write_bytes(DOCUMENT)
    assert [each.faults for each in containers(tmp_path)] == [()]
    for path in (tmp_path / "none.xml", tmp_path / "a.xml", tmp_path / "b.xml" / "c.xml"):
        assert [each.faults[0].rule for each in containers(path)] == ["read-no-access"]


def test_a_pipe_is_read(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, DOCUMENT)
    os.close(writer)
    assert [each.kind for each in containers(Path(f"/dev/fd/{reader}"))] == ["DTE"]
    os.close(reader)


def test_an_archive_in_an_archive_is_read_and_no_deeper() -> None:
    deep = zipped({"1.zip": zipped({"2.xml": DOCUMENT, "2.zip": zipped({"3.xml": DOCUMENT})}), "4.xml": DOCUMENT})
    assert told(deep) == [
        ("a.zip/1.zip/2.xml", set()),
        ("a.zip/1.zip/2.zip", {"read-archive-nested"}),
        ("a.zip/4.xml", set()),
    ]


def claiming(sizes: dict[str, int]) -> bytes:
    """An archive whose list says that its entries unpack to those sizes."""
    data = bytearray(zipped(dict.fromkeys(sizes, DOCUMENT)))
    at = 0
    for size in sizes.values():
        at = data.index(b"PK\x01\x02", at) + 4
        data[at + 20 : at + 24] = size.to_bytes(4, "little")
    return bytes(data)


def test_an_archive_that_grows_without_end_is_left() -> None:
    bomb = claiming({f"{number}.xml": FILE_MAX // 2 for number in range(4)})
    assert told(bomb)[-1] == ("a.zip/2.xml", {"read-archive-bomb"})
    nested = zipped({"1.zip": claiming({"1.xml": FILE_MAX}), "2.xml": DOCUMENT, "3.zip": claiming({"1.xml": FILE_MAX})})
    assert told(nested)[-2:] == [("a.zip/2.xml", set()), ("a.zip/3.zip/1.xml", {"read-archive-bomb"})]


def listing(size: int, *, wide: bool = False, comment: bytes = b"") -> bytes:
    """An archive that says of its list that it has so many bytes, in the old form or in that of 64 bits."""
    data = zipped({"a.xml": DOCUMENT})
    at = data.index(b"PK\x05\x06")
    end = bytearray(data[at:])
    end[12:16] = (0xFFFFFFFF if wide else size).to_bytes(4, "little")
    end[20:22] = len(comment).to_bytes(2, "little")
    record = b"PK\x06\x06" + bytes(36) + size.to_bytes(8, "little") + bytes(8) + b"PK\x06\x07" + bytes(16)
    return data[:at] + (record if wide else b"") + bytes(end) + comment


@pytest.mark.parametrize(
    "archive",
    [
        listing(LIST_MAX + 1),
        listing(LIST_MAX + 1, comment=b"a comment " * 6000),
        listing(LIST_MAX + 1, wide=True),
        listing(2**60, wide=True, comment=b"x" * 65_535),
        zipped({"1.zip": listing(LIST_MAX + 1)}),
    ],
    ids=["plain", "comment", "wide", "wide-comment", "nested"],
)
def test_an_archive_that_lists_more_than_can_be_held_is_left(archive: bytes) -> None:
    ((_, faults),) = told(archive)
    assert faults == {"read-archive-list"}


def test_the_length_of_a_list_is_read_from_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (10, 1):
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", most)
        data = zipped({"a.xml": DOCUMENT, "b.xml": DOCUMENT})
        assert (b"PK\x06\x06" in data) == (most == 1)
        end = data.index(b"PK\x06\x06" if most == 1 else b"PK\x05\x06")
        assert list_bytes(io.BytesIO(data)) == end - data.index(b"PK\x01\x02")
        assert [faults for _, faults in told(data)] == [set(), set()]


def test_an_entry_that_is_too_large_is_not_unpacked() -> None:
    faults = told(claiming({"a.xml": FILE_MAX + 1, "b.xml": len(DOCUMENT)}))
    assert faults == [("a.zip/a.xml", {"read-too-large"}), ("a.zip/b.xml", set())]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:60] + bytes(20) + data[80:],
        lambda data: b"PK\x03\x04" + data[-40:],
    ],
    ids=["half", "damaged", "end"],
)
def test_a_broken_archive_is_told(change: object) -> None:
    assert callable(change)
    faults = told(change(zipped({"a.xml": DOCUMENT})))
    assert [rules for _, rules in faults] == [{"read-archive"}]


def test_an_entry_with_a_password_is_told_and_the_others_are_read() -> None:
    data = bytearray(zipped({"a.xml": DOCUMENT, "b.xml": DOCUMENT}))
    central = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[central + 8] |= 1
    assert told(bytes(data)) == [("a.zip/a.xml", {"read-archive-encrypted"}), ("a.zip/b.xml", set())]


def test_every_fault_of_a_source_has_a_remedy() -> None:
    for name in (
        "read-no-access",
        "read-archive",
        "read-archive-nested",
        "read-archive-bomb",
        "read-archive-list",
        "read-archive-encrypted",
    ):
        assert rules()[name].fix


def test_places_can_be_printed() -> None:
    (place, _), *_ = told(zipped({"\x1b[31mrojo\n.xml": DOCUMENT}))
    assert place.isprintable()


def test_many_files_stream_in_the_memory_of_a_few(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}.xml").write_bytes(ENVELOPE + b" " * 100_000)
    tracemalloc.start()
    assert sum(len(each.pieces) for each in containers(tmp_path)) == 300
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_half_a_gigabyte_in_one_element_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    with path.open("wb") as file:
        file.write(b"<DTE><a>")
        file.truncate(500_000_000)
    tracemalloc.start()
    (container,) = containers(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [each.rule for each in container.faults] == ["read-too-large"]
    assert peak < 1_000_000
