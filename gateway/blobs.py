"""Documents' bytes under their SHA-256: a folder on one machine, S3-compatible storage for a city (fsspec)."""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

import fsspec

from config.identifiers import new_id
from config.secrets import SecretProvider
from config.settings import BlobSettings

CHUNK_BYTES = 1024 * 1024


class BlobTooLarge(Exception):
    """More bytes were sent than the limit; nothing was kept."""

    code: ClassVar[str] = "document-too-large"


class BlobMissing(Exception):
    """The store has no such bytes, or they are no longer what their name says."""

    code: ClassVar[str] = "blob-missing"


@dataclass(frozen=True)
class Blob:
    """Bytes that are kept: their SHA-256 in hex, which is also their name, and their length."""

    sha256: str
    size_bytes: int


class BlobStore:
    """Content-addressed storage: what is kept is never changed, and the same bytes are kept once."""

    def __init__(self, filesystem: Any, root: str, scratch: Path) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")
        self._scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Lend an empty folder on the local disk; it goes when the caller is done."""
        with tempfile.TemporaryDirectory(dir=self._scratch) as folder:
            yield Path(folder)

    def put_stream(self, stream: IO[bytes], limit_bytes: int) -> Blob:
        """Keep what the stream gives.

        Raises:
            BlobTooLarge: After limit_bytes; the rest is not read.
        """
        with self.scratch() as folder:
            path = folder / "incoming"
            digest, size = hashlib.sha256(), 0
            with path.open("wb") as file:
                while chunk := stream.read(CHUNK_BYTES):
                    size += len(chunk)
                    if size > limit_bytes:
                        raise BlobTooLarge(f"larger than {limit_bytes} bytes")
                    digest.update(chunk)
                    file.write(chunk)
            return self._keep(path, Blob(digest.hexdigest(), size))

    def put_file(self, path: Path) -> Blob:
        """Keep the bytes of a local file."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self._keep(path, Blob(digest, path.stat().st_size))

    def _keep(self, path: Path, blob: Blob) -> Blob:
        final = self._address(blob.sha256)
        if self._filesystem.exists(final):
            return blob
        self._filesystem.makedirs(final.rsplit("/", 1)[0], exist_ok=True)
        # Under another name first: a blob that can be seen under its name is whole.
        partial = f"{final}.{new_id()}.partial"
        self._filesystem.put_file(str(path), partial)
        self._filesystem.mv(partial, final)
        return blob

    def below(self, folder: str) -> "BlobStore":
        """Return a store of its own beside the documents, for bytes that may go again."""
        return BlobStore(self._filesystem, f"{self._root}/{folder}", self._scratch)

    def remove(self, sha256: str) -> None:
        """Let bytes go, should they still be there. Documents are never removed; see below."""
        with suppress(FileNotFoundError):
            self._filesystem.rm_file(self._address(sha256))

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        """Lend a local copy of the bytes, checked against their name.

        Raises:
            BlobMissing: They are not there or no longer the same.
        """
        with self.scratch() as folder:
            path = folder / sha256
            with self.open(sha256) as stored, path.open("wb") as file:
                shutil.copyfileobj(stored, file, CHUNK_BYTES)
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != sha256:
                raise BlobMissing(f"the stored bytes of {sha256} have changed")
            yield path

    def open(self, sha256: str) -> IO[bytes]:
        """Open the bytes for reading.

        Raises:
            BlobMissing: Nothing is kept under this name.
        """
        try:
            stream: IO[bytes] = self._filesystem.open(self._address(sha256), "rb")
        except FileNotFoundError:
            raise BlobMissing(f"nothing is kept under {sha256}") from None
        return stream

    def is_writable(self) -> bool:
        """Say whether the store takes bytes now, by keeping a few."""
        with self.scratch() as folder:
            probe = folder / "probe"
            probe.write_bytes(b"gateway readiness probe\n")
            try:
                self.put_file(probe)
            except Exception:  # noqa: BLE001 - each storage has its own errors; any of them is the answer
                return False
        return True

    def _address(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def open_blob_store(settings: BlobSettings, secrets: SecretProvider, scratch: Path) -> BlobStore:
    """Open the store that the settings name: `file:///folder` or `s3://bucket/prefix`."""
    options: dict[str, Any] = {}
    if settings.endpoint_url:
        options["client_kwargs"] = {"endpoint_url": settings.endpoint_url}
    if settings.access_key and settings.secret_key:
        options["key"] = secrets.read(settings.access_key)
        options["secret"] = secrets.read(settings.secret_key)
    filesystem, root = fsspec.core.url_to_fs(settings.url, **options)
    return BlobStore(filesystem, root, scratch)
