"""Puts a finished CMS into the gap of a prepared revision, in place."""

import hashlib
from pathlib import Path
from typing import BinaryIO

from signing.errors.signatures import RevisionAltered, SignatureDoesNotFit
from signing.formats.pdf.prepare import PreparedRevision

_STEP_BYTES = 1024 * 1024


def check_prepared(source: Path, prepared: PreparedRevision) -> None:
    """Make sure that the key will sign source plus one revision, whatever happened in the child that prepared it.

    Raises:
        RevisionAltered: Source is not an untouched prefix, the gap is not empty or not where /ByteRange puts it, or
            the digest is not that of the file.
    """
    digest = hashlib.new(prepared.digest_algorithm)
    with source.open("rb") as original, prepared.path.open("rb") as revision:
        while piece := original.read(_STEP_BYTES):
            if revision.read(len(piece)) != piece:
                raise RevisionAltered("the prepared file does not begin with the original")
        original_size, size = original.tell(), revision.seek(0, 2)
        start, end = prepared.gap_start, prepared.gap_end
        if not original_size < start < end < size:
            raise RevisionAltered("the gap is not inside the appended revision")
        revision.seek(start)
        if revision.read(end - start) != b"<" + b"0" * (end - start - 2) + b">":
            raise RevisionAltered("the gap for the signature is not empty")
        revision.seek(original_size)
        if b"[0 %d %d %d]" % (start, end, size - end) not in revision.read(size - original_size):
            raise RevisionAltered("the byte range does not leave out exactly the gap")
        _digest_span(revision, digest, 0, start)
        _digest_span(revision, digest, end, size)
    if digest.digest() != prepared.digest:
        raise RevisionAltered("the digest is not that of the prepared file")


def _digest_span(file: BinaryIO, digest: "hashlib._Hash", start: int, end: int) -> None:
    file.seek(start)
    left = end - start
    while left:
        piece = file.read(min(left, _STEP_BYTES))
        if not piece:
            raise RevisionAltered("the prepared file became shorter")
        digest.update(piece)
        left -= len(piece)


def complete_pdf(prepared: PreparedRevision, cms_der: bytes) -> None:
    """Write the CMS into the gap; nothing else in the file changes.

    Raises:
        SignatureDoesNotFit: The CMS is larger than the gap.
        RevisionAltered: The gap is not empty: the revision was completed before.
    """
    room = prepared.gap_end - prepared.gap_start - 2
    content = cms_der.hex().encode("ascii")
    if len(content) > room:
        raise SignatureDoesNotFit(f"the CMS takes {len(cms_der)} bytes, the gap has {room // 2}")
    with prepared.path.open("r+b") as file:
        file.seek(prepared.gap_start)
        if file.read(room + 2) != b"<" + b"0" * room + b">":
            raise RevisionAltered("the gap for the signature is not empty")
        file.seek(prepared.gap_start + 1)
        file.write(content)
