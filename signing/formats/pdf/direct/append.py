"""Appends a planned revision with its finished CMS: the original is read, hashed and copied once.

The parent does this and not the child that parsed the file, so that whatever a hostile file did there, the key signs
the untouched original followed by one revision.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from signing.errors.signatures import RevisionAltered, SignatureDoesNotFit
from signing.formats.pdf.direct.revision import PlannedRevision

# Larger files are streamed, so that a hundred megabytes take no more memory than one.
SMALL_BYTES = 1024 * 1024
_FILE_DIGEST = "sha256"


@dataclass(frozen=True)
class Original:
    """The file that is to be signed, hashed as it was when it was opened.

    Attributes:
        content: Its bytes, if it is small.
        version: Modification time in nanoseconds, inode and size in bytes.
        file_hash, signed_hash: SHA-256 and the signature's own digest over all of it; each goes on from a copy.
    """

    path: Path
    content: bytes | None
    version: tuple[int, int, int]
    file_hash: "hashlib._Hash"
    signed_hash: "hashlib._Hash"

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the original alone."""
        return self.file_hash.digest()


def read_original(path: Path, digest_algorithm: str) -> Original:
    """Hash a file.

    Args:
        digest_algorithm: The signature's, as hashlib names it.
    Raises:
        OSError: It cannot be read.
    """
    file_hash = hashlib.new(_FILE_DIGEST)
    signed_hash = file_hash if digest_algorithm == _FILE_DIGEST else hashlib.new(digest_algorithm)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        version = _version(descriptor)
        content = _read(descriptor, version[2]) if version[2] <= SMALL_BYTES else None
        piece = os.read(descriptor, SMALL_BYTES) if content is None else content
        while piece:
            file_hash.update(piece)
            if signed_hash is not file_hash:
                signed_hash.update(piece)
            piece = os.read(descriptor, SMALL_BYTES) if content is None else b""
    finally:
        os.close(descriptor)
    return Original(path, content, version, file_hash, signed_hash)


def revision_digest(original: Original, planned: PlannedRevision) -> bytes:
    """Return the digest of everything but the gap.

    Raises:
        RevisionAltered: The plan is for a file of another size, or its byte range does not leave out exactly the gap.
    """
    gap_start = original.version[2] + len(planned.before_gap)
    gap_end = gap_start + planned.gap_size
    written = b"[0 %d %d %d]" % (gap_start, gap_end, len(planned.after_gap))
    if planned.original_size != original.version[2] or planned.gap_size < 4 or written not in planned.before_gap:
        raise RevisionAltered("the planned revision does not follow the original")
    digest = original.signed_hash.copy()
    digest.update(planned.before_gap)
    digest.update(planned.after_gap)
    return digest.digest()


def append_revision(original: Original, planned: PlannedRevision, cms_der: bytes, target: Path) -> tuple[bytes, int]:
    """Write original, revision and CMS to target; return the result's SHA-256 and its size in bytes.

    Raises:
        SignatureDoesNotFit: The CMS is larger than the gap.
        RevisionAltered: The original is no longer what was hashed.
    """
    room = planned.gap_size - 2
    if 2 * len(cms_der) > room:
        raise SignatureDoesNotFit(f"the CMS takes {len(cms_der)} bytes, the gap has {room // 2}")
    gap = b"<%b>" % cms_der.hex().encode("ascii").ljust(room, b"0")
    revision = b"".join((planned.before_gap, gap, planned.after_gap))
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        if original.content is None:
            _copy(original, descriptor)
        _write(descriptor, original.content or b"", revision)
    finally:
        os.close(descriptor)
    whole = original.file_hash.copy()
    whole.update(revision)
    return whole.digest(), original.version[2] + len(revision)


def _read(descriptor: int, size: int) -> bytes:
    """Read a small file to its end, in one call as a rule."""
    pieces = [os.read(descriptor, size + 1)]
    while pieces[-1]:
        pieces.append(os.read(descriptor, SMALL_BYTES))
    return pieces[0] if len(pieces) == 2 else b"".join(pieces)


def _write(descriptor: int, original: bytes, revision: bytes) -> None:
    """Write both in one call as a rule."""
    done = os.writev(descriptor, (original, revision))
    if done < len(original) + len(revision):
        left = memoryview(original + revision)
        while done < len(left):
            done += os.write(descriptor, left[done:])


def _copy(original: Original, descriptor: int) -> None:
    """Let the kernel copy, and make sure that it copied what was hashed."""
    size = original.version[2]
    with original.path.open("rb", buffering=0) as source:
        done = 0
        while done < size:
            step = os.sendfile(descriptor, source.fileno(), done, size - done)
            if step == 0:
                break
            done += step
        if done != size or _version(source.fileno()) != original.version:
            raise RevisionAltered("the original changed while it was signed")


def _version(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_mtime_ns, status.st_ino, status.st_size
