from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.devpki import DevPki
from tests.pki.running import running_pki


@pytest.fixture(scope="session")
def dev_pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevPki]:
    """A PKI whose services answer."""
    with running_pki(tmp_path_factory.mktemp("devpki")) as pki:
        yield pki


@pytest.fixture(scope="session")
def pem_folder(dev_pki: DevPki) -> Path:
    """The same certificates in PEM, which some of OpenSSL's commands insist on."""
    folder = dev_pki.folder / "pem"
    folder.mkdir()
    for path in sorted((dev_pki.folder / "certificates").glob("*.cer")):
        certificate = x509.load_der_x509_certificate(path.read_bytes())
        (folder / f"{path.stem}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return folder
