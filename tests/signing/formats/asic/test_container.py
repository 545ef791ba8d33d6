"""Containers: what we write is plain to others, and what others write is opened with care."""

import io
import struct
import subprocess
import zipfile

import pytest

from signing.errors.files import ContainerNameUnusable, ContainerUnsafe, SignatureFileUnreadable
from signing.formats.asic.container import (
    ASIC_E,
    ContainerLimits,
    open_container,
    rewrite_container,
    write_container,
)

NAME = "Quyết định/số 12.pdf"


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, **options: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.comment = options.get("comment", b"")
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, content)
    return buffer.getvalue()


def opened(tmp_path, content: bytes, limits: ContainerLimits | None = None) -> dict[str, bytes]:
    path = tmp_path / "container"
    path.write_bytes(content)
    with open_container(path, *([limits] if limits else [])) as container:
        return {name: container.read(name) for name in container.names}


def test_unzip_and_python_read_what_we_write_and_the_type_stands_at_its_fixed_place(tmp_path):
    target, data = tmp_path / "a.asice", tmp_path / "data"
    data.write_bytes(b"x" * 300_000)

    write_container(target, ASIC_E, [(NAME, data), ("META-INF/signature.p7s", b"signature")])

    assert subprocess.run(["unzip", "-tq", target], capture_output=True, check=False).returncode == 0
    assert zipfile.ZipFile(target).read(NAME) == data.read_bytes()
    assert target.read_bytes()[30:38] == b"mimetype"
    assert target.read_bytes()[38 : 38 + len(ASIC_E)] == ASIC_E.encode()
    with open_container(target) as container:
        assert container.mimetype == ASIC_E
        assert container.mimetype_leads
        assert container.data_names == (NAME,)


def test_the_same_members_make_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_container(tmp_path / name, ASIC_E, [("a.txt", b"a" * 5000)])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_rewriting_keeps_what_is_not_changed_in_its_order(tmp_path):
    write_container(tmp_path / "one", ASIC_E, [("a", b"1"), ("META-INF/s", b"2"), ("META-INF/t", b"3")])

    changes = {"META-INF/s": b"two", "META-INF/u": b"4"}
    rewrite_container(tmp_path / "one", tmp_path / "two", changes, frozenset({"META-INF/t"}))

    assert opened(tmp_path, (tmp_path / "two").read_bytes()) == {
        "mimetype": ASIC_E.encode(),
        "a": b"1",
        "META-INF/s": b"two",
        "META-INF/u": b"4",
    }


@pytest.mark.parametrize(
    "name",
    [
        *("../up", "/etc/passwd", "a/../../b", "C:\\windows", "a\\b", "", "a//b", "./a", "a/.", "nul\x01", "a\u202eb"),
        *("con:stream", "what?", "dot.", " space", "a\u200bb", "x" * 600),
    ],
)
def test_names_that_lead_elsewhere_are_neither_written_nor_read(name, tmp_path):
    with pytest.raises(ContainerNameUnusable):
        write_container(tmp_path / "out", ASIC_E, [(name, b"")])
    assert not (tmp_path / "out").exists()
    with pytest.raises((ContainerNameUnusable, SignatureFileUnreadable)):
        opened(tmp_path, packed((name, b"x")))


@pytest.mark.parametrize(
    "names", [("a", "A"), ("Quyết", "Quye\u0302\u0301t"), ("mimetype", "a"), ("dir", "dir/a"), ("straße", "STRASSE")]
)
def test_names_that_clash_somewhere_are_refused(names, tmp_path):
    with pytest.raises(ContainerNameUnusable):
        write_container(tmp_path / "out", ASIC_E, [(name, b"") for name in names])


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice_is_refused_when_read(tmp_path):
    with pytest.raises(ContainerNameUnusable):
        opened(tmp_path, packed(("a", b"1"), ("a", b"2")))


def test_bombs_are_refused_by_what_they_state_before_anything_is_unpacked(tmp_path):
    zeros = packed(("zeros", bytes(20_000_000)))
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, zeros)
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, packed(*((f"f{n}", b"") for n in range(30))), ContainerLimits(entries=20))
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, packed(("a", b"x" * 2000), ("b", b"y" * 2000)), ContainerLimits(total_bytes=3000))
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, packed(("META-INF/s", b"x" * 2000)), ContainerLimits(meta_bytes=1000))


def test_a_size_that_is_stated_too_small_does_not_let_more_out(tmp_path):
    """Both headers say 10 bytes where a million are packed."""
    honest = packed(("a", bytes(1_000_000)))
    size = struct.pack("<I", 1_000_000)
    with pytest.raises(SignatureFileUnreadable):
        opened(tmp_path, honest.replace(size, struct.pack("<I", 10)))


def test_overlapping_entries_are_refused(tmp_path):
    """Two directory entries that lead to the same bytes: how a small file unpacks to petabytes."""
    content = packed(("a", b"x" * 100), ("b", b"x" * 100), method=zipfile.ZIP_STORED)
    directory = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", directory + 4)
    both_at_the_start = content[: second + 42] + struct.pack("<I", 0) + content[second + 46 :]
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, both_at_the_start)


def test_something_before_the_first_file_is_refused(tmp_path):
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, b"%PDF-1.7 another face" + packed(("a", b"1")))


def test_encrypted_linked_and_strangely_packed_entries_are_refused(tmp_path):
    plain = packed(("a", b"1" * 100), method=zipfile.ZIP_STORED)
    flagged = bytearray(plain)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        flagged[plain.index(signature) + offset] |= 1
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, bytes(flagged))
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, packed(("a", b"1" * 100), method=zipfile.ZIP_LZMA))
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ContainerUnsafe):
        opened(tmp_path, linked.getvalue())


def test_comments_folders_and_data_descriptors_are_ordinary(tmp_path):
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    stream = Unseekable()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.comment = b"mimetype=application/vnd.etsi.asic-s+zip"
        archive.writestr("folder/", b"")
        archive.writestr("folder/a.txt", b"content")

    assert opened(tmp_path, stream.getvalue()) == {"folder/a.txt": b"content"}
    with open_container(tmp_path / "container") as container:
        assert container.mimetype == "application/vnd.etsi.asic-s+zip"
        assert not container.mimetype_leads


def test_truncated_and_altered_containers_are_refused_and_never_anything_else(tmp_path):
    content = packed(("mimetype", b"text"), ("a.txt", bytes(range(256)) * 8), ("META-INF/s", b"sig" * 50))
    for size in range(0, len(content), 23):
        with pytest.raises((SignatureFileUnreadable, ContainerUnsafe)):
            opened(tmp_path, content[:size])
    for offset in range(0, len(content), 3):
        altered = bytearray(content)
        altered[offset] ^= 0xFF
        try:
            opened(tmp_path, bytes(altered))
        except (SignatureFileUnreadable, ContainerUnsafe, ContainerNameUnusable):
            continue
