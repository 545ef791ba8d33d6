"""The ZIP around files and signatures: read with limits, written the same way each time.

Source: ETSI EN 319 162-1 V1.1.1, 4.2 and annex A.1; APPNOTE.TXT 6.3.
"""

import hashlib
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from signing.errors.files import ContainerUnsafe, SignatureFileUnreadable
from signing.formats.asic.names import check_distinct, check_name

MIMETYPE = "mimetype"
META_INF = "META-INF/"
ASIC_S = "application/vnd.etsi.asic-s+zip"
ASIC_E = "application/vnd.etsi.asic-e+zip"
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
# The earliest date that ZIP knows: when a file was packed says nothing, and the same order makes the same bytes.
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_COPY_BYTES = 1024 * 1024
_LOCAL_HEADER_BYTES = 30


@dataclass(frozen=True)
class ContainerLimits:
    """How much a container may cost.

    Attributes:
        ratio: Unpacked bytes for each packed byte, once an entry is larger than ratio_from_bytes.
        meta_bytes: The most that one signature, manifest or time-stamp may take.
    """

    entries: int = 2_000
    total_bytes: int = 512 * 1024 * 1024
    ratio: int = 120
    ratio_from_bytes: int = 1024 * 1024
    meta_bytes: int = 32 * 1024 * 1024


LIMITS = ContainerLimits()
Member = tuple[str, Path | bytes]


class Container:
    """An open container whose directory was checked; its contents are read on demand and within what it states."""

    def __init__(self, archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], limits: ContainerLimits) -> None:
        self._archive = archive
        self._entries = entries
        self._limits = limits

    @property
    def names(self) -> tuple[str, ...]:
        """All files in their order, without folders."""
        return tuple(self._entries)

    @property
    def data_names(self) -> tuple[str, ...]:
        """The files that are neither the mimetype nor in META-INF: what signatures are about."""
        return tuple(name for name in self._entries if name != MIMETYPE and not name.startswith(META_INF))

    @property
    def comment(self) -> bytes:
        """The ZIP's comment."""
        return self._archive.comment

    @property
    def mimetype(self) -> str | None:
        """What the container says to be: by its file mimetype, else by its comment."""
        if MIMETYPE in self._entries:
            return self.read(MIMETYPE).decode("ascii", "replace").strip()
        stated = self.comment.decode("ascii", "replace")
        return stated.removeprefix("mimetype=").strip() if stated.startswith("mimetype=") else None

    @property
    def mimetype_leads(self) -> bool:
        """Say whether the file mimetype comes first and unpacked, so that its bytes stand at a fixed place."""
        first = min(self._entries.values(), key=lambda entry: entry.header_offset, default=None)
        return first is not None and first.filename == MIMETYPE and first.compress_type == zipfile.ZIP_STORED

    def size_bytes(self, name: str) -> int:
        """Return a file's unpacked size."""
        return self._entries[name].file_size

    def read(self, name: str) -> bytes:
        """Return a small file whole: a signature, a manifest, a time-stamp.

        Raises:
            SignatureFileUnreadable: There is no such file, or it is damaged.
            ContainerUnsafe: It is larger than such a file may be.
        """
        if name in self._entries and self._entries[name].file_size > self._limits.meta_bytes:
            raise ContainerUnsafe("a file that describes the container is larger than it may be")
        with self.open(name) as stream:
            return stream.read()

    def digest(self, name: str, algorithm: str) -> bytes:
        """Return a file's digest, read piece by piece. Errors as for read."""
        digest = hashlib.new(algorithm)
        with self.open(name) as stream:
            while piece := stream.read(_COPY_BYTES):
                digest.update(piece)
        return digest.digest()

    def extract(self, name: str, target: Path) -> None:
        """Write a file's content to a path that the caller chose; its own name is not used. Errors as for read."""
        with self.open(name) as stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file, _COPY_BYTES)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file's content as a stream. Errors as for read."""
        if name not in self._entries:
            raise SignatureFileUnreadable("the container lacks a file that it should have")
        try:
            with self._archive.open(self._entries[name]) as stream:
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise SignatureFileUnreadable(f"a file in the container is damaged ({type(error).__name__})") from None


@contextmanager
def open_container(path: Path, limits: ContainerLimits = LIMITS) -> Iterator[Container]:
    """Open a container that anybody may have made.

    Raises:
        SignatureFileUnreadable: It is no ZIP, or damaged.
        ContainerUnsafe: Encrypted, with links, overlapping or hidden parts, unknown compression, or over the limits.
        ContainerNameUnusable: A file's name is not one that means the same everywhere.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OverflowError) as error:
        raise SignatureFileUnreadable(f"this is no container that can be read ({type(error).__name__})") from None
    with archive:
        infos = archive.infolist()
        _check_entries(infos, limits)
        _check_layout(infos, archive.start_dir)
        files = [info for info in infos if not info.is_dir()]
        check_distinct(info.filename for info in files)
        yield Container(archive, {info.filename: info for info in files}, limits)


def write_container(target: Path, mimetype: str, members: Sequence[Member]) -> None:
    """Write a container: mimetype first and unpacked, then the members in their order. The same input, the same bytes.

    Args:
        members: Name and content, as a file or as bytes.
    Raises:
        ContainerNameUnusable: A name is not one that means the same everywhere.
    """
    names = [name for name, _ in members]
    for name in names:
        check_name(name)
    check_distinct([MIMETYPE, *names])
    try:
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(_info(MIMETYPE, zipfile.ZIP_STORED), mimetype.encode("ascii"))
            for name, content in members:
                _write_member(archive, name, content)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def rewrite_container(
    source: Path, target: Path, changes: dict[str, bytes], removed: frozenset[str] = frozenset()
) -> None:
    """Write a container anew with some files replaced, added at the end or taken away; all others keep their content.

    Raises:
        As open_container and write_container.
    """
    with open_container(source) as container, zipfile.ZipFile(target, "w") as archive:
        kept = [name for name in container.names if name not in removed and name != MIMETYPE]
        added = [name for name in changes if name not in kept]
        check_distinct([*kept, *added])
        if container.mimetype is not None:
            archive.writestr(_info(MIMETYPE, zipfile.ZIP_STORED), container.mimetype.encode("ascii"))
        for name in (*kept, *added):
            if name in changes:
                check_name(name)
                _write_member(archive, name, changes[name])
                continue
            with container.open(name) as stream, archive.open(_info(name, zipfile.ZIP_DEFLATED), "w") as member:
                shutil.copyfileobj(stream, member, _COPY_BYTES)


def _write_member(archive: zipfile.ZipFile, name: str, content: Path | bytes) -> None:
    info = _info(name, zipfile.ZIP_DEFLATED)
    if isinstance(content, bytes):
        archive.writestr(info, content)
        return
    with content.open("rb") as file, archive.open(info, "w") as member:
        shutil.copyfileobj(file, member, _COPY_BYTES)


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _NO_DATE)
    info.compress_type = method
    info.create_system = 3
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    return info


def _check_entries(infos: Sequence[zipfile.ZipInfo], limits: ContainerLimits) -> None:
    if len(infos) > limits.entries:
        raise ContainerUnsafe(f"the container holds more than {limits.entries} files")
    if sum(info.file_size for info in infos) > limits.total_bytes:
        raise ContainerUnsafe("the container unpacks to more than it may")
    for info in infos:
        check_name(info.orig_filename.removesuffix("/"))
        if info.flag_bits & _ENCRYPTED:
            raise ContainerUnsafe("a file in the container is encrypted")
        if info.compress_type not in _METHODS:
            raise ContainerUnsafe("a file in the container is packed in a way that is not allowed")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise ContainerUnsafe("the container holds a link")
        if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * max(1, info.compress_size):
            raise ContainerUnsafe("a file in the container unpacks to far more than it takes")


def _check_layout(infos: Sequence[zipfile.ZipInfo], directory_offset: int) -> None:
    """Entries follow one another from the first byte on: nothing stands before them, and none lies inside another."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise ContainerUnsafe("files in the container overlap")
        if end == 0 and info.header_offset != 0:
            raise ContainerUnsafe("something stands before the container's first file")
        end = info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size
    if end > directory_offset:
        raise ContainerUnsafe("files in the container overlap")
