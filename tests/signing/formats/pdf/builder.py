"""Writes small PDFs by hand, sound or hostile, with right offsets."""

import zlib
from collections.abc import Sequence

PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"


def pdf_of(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF whose objects are numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%b>>\nstream\n%b\nendstream" % (len(content), entries, content)


def minimal(*extra: bytes, catalogue: bytes = b"", pages: bytes = b"<</Type/Pages/Kids[3 0 R]/Count 1>>") -> bytes:
    """Return a PDF of one empty page, with further objects from number 4."""
    return pdf_of([b"<</Type/Catalog/Pages 2 0 R%b>>" % catalogue, pages, PAGE, *extra])


def zeros_deflated(size_bytes: int) -> bytes:
    packer = zlib.compressobj(9)
    block = bytes(1024 * 1024)
    return b"".join(packer.compress(block) for _ in range(size_bytes // len(block))) + packer.flush()


def xref_stream_bomb(size_bytes: int) -> bytes:
    """Return a small file whose cross-reference stream says that it inflates to size_bytes."""
    head = b"%PDF-1.7\n"
    body = zeros_deflated(size_bytes)
    entries = b"/Type/XRef/Filter/FlateDecode/W[1 2 1]/Size %d/Root 1 0 R" % (size_bytes // 4)
    return head + b"1 0 obj\n" + stream(body, entries) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)
