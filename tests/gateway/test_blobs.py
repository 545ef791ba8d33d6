"""Bytes are kept once under their hash, in a folder and in S3-compatible storage alike."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from config.secrets import LocalSecrets
from config.settings import BlobSettings
from gateway.blobs import BlobMissing, BlobStore, BlobTooLarge, open_blob_store

CONTENT = b"%PDF-1.7 bytes" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BlobStore:
    if request.param == "folder":
        return open_blob_store(BlobSettings(url=f"file://{tmp_path}/blobs"), LocalSecrets(), tmp_path / "scratch")
    address = request.getfixturevalue("s3_address")
    monkeypatch.setenv("TEST_S3_KEY", "testing")
    monkeypatch.setenv("TEST_S3_SECRET", "testing")
    client = boto3.client(
        "s3",
        endpoint_url=address,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="documents")
    settings = BlobSettings(
        url="s3://documents/blobs", endpoint_url=address, access_key="env:TEST_S3_KEY", secret_key="env:TEST_S3_SECRET"
    )
    return open_blob_store(settings, LocalSecrets(), tmp_path / "scratch")


def test_what_is_kept_comes_back_byte_for_byte_under_its_hash(store: BlobStore) -> None:
    blob = store.put_stream(io.BytesIO(CONTENT), 10**6)

    assert (blob.sha256, blob.size_bytes) == (SHA256, len(CONTENT))
    with store.local(SHA256) as path:
        assert path.read_bytes() == CONTENT
    with store.open(SHA256) as stream:
        assert stream.read() == CONTENT


def test_the_same_bytes_again_are_the_same_blob(store: BlobStore, tmp_path: Path) -> None:
    file = tmp_path / "same"
    file.write_bytes(CONTENT)

    assert store.put_file(file) == store.put_stream(io.BytesIO(CONTENT), 10**6)
    assert store.is_writable()


def test_too_many_bytes_are_refused_and_not_kept(store: BlobStore) -> None:
    other = CONTENT + b"more"

    with pytest.raises(BlobTooLarge):
        store.put_stream(io.BytesIO(other), len(CONTENT))

    with pytest.raises(BlobMissing):
        store.open(hashlib.sha256(other).hexdigest())


def test_bytes_that_were_never_kept_are_missing(store: BlobStore) -> None:
    with pytest.raises(BlobMissing), store.local("0" * 64):
        pytest.fail("there was something under this name")


def test_stored_bytes_that_have_changed_are_not_handed_out(tmp_path: Path) -> None:
    store = open_blob_store(BlobSettings(url=f"file://{tmp_path}/blobs"), LocalSecrets(), tmp_path / "scratch")
    store.put_stream(io.BytesIO(CONTENT), 10**6)
    stored = next(path for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    stored.write_bytes(CONTENT[:-1] + b"!")

    with pytest.raises(BlobMissing, match="have changed"), store.local(SHA256):
        pytest.fail("changed bytes were handed out")


def test_scratch_leaves_nothing_behind(store: BlobStore, tmp_path: Path) -> None:
    with store.scratch() as folder:
        (folder / "file").write_bytes(b"x")

    assert list((tmp_path / "scratch").iterdir()) == []
