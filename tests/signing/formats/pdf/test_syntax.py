"""Objects by the letter: what one reader forgives, another sees differently."""

import mmap
from pathlib import Path

import pytest

from signing.errors.documents import DocumentNotSignable
from signing.formats.pdf.syntax import check_object_syntax


def check(body: bytes, folder: Path) -> bool:
    (folder / "object").write_bytes(b"7 0 obj " + body)
    with (folder / "object").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return check_object_syntax(content, 0, 7, 0)


@pytest.mark.parametrize(
    ("body", "has_stream"),
    [
        (b"<</A/B/C[1 -2. .5 true null]/D 12 0 R/E<48 65>/F(a(b)\\)c\\\\)>>endobj", False),
        (b"<</Length 5>>stream\n", True),
        (b"% a remark\n1017\nendobj", False),
        (b"[<<>><</A<</B[]>>>>]\rendobj", False),
        (b"/Name endobj", False),
        (b"8 0 R endobj", False),
    ],
)
def test_sound_objects_are_read(body, has_stream, tmp_path):
    assert check(body, tmp_path) is has_stream


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"endobj",
        b"<</A 1>6\nendobj",
        b"<</A 1]endobj",
        b"<</A 1>>>>endobj",
        b"<</A>>endobj",
        b"<</A 1 2>>endobj",
        b"<<1/A>>endobj",
        b"<</A 1 R>>endobj",
        b"[1 2 endobj",
        b"(never closed endobj",
        b"<4G>endobj",
        b"<</A nul>>endobj",
        b"1 2 endobj",
        b"[" * 300 + b"]" * 300 + b"endobj",
    ],
)
def test_objects_with_a_fault_are_refused(body, tmp_path):
    with pytest.raises(DocumentNotSignable):
        check(body, tmp_path)


def test_an_object_under_another_number_is_refused(tmp_path):
    (tmp_path / "object").write_bytes(b"8 0 obj 1 endobj")
    with (tmp_path / "object").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        assert check_object_syntax(content, 0, 8, 0) is False
        with pytest.raises(DocumentNotSignable):
            check_object_syntax(content, 0, 7, 0)
