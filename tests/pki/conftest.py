from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.devpki import DevPki
from tests.pki.contrary import Contrary, contrary_pki


@pytest.fixture(scope="session")
def contrary_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contrary]:
    """A PKI whose services answer, or do as they are told."""
    with contrary_pki(tmp_path_factory.mktemp("devpki")) as contrary:
        yield contrary


@pytest.fixture(scope="session")
def dev_pki(contrary_services: Contrary) -> DevPki:
    """A PKI whose services answer."""
    return contrary_services.pki


@pytest.fixture(scope="session")
def pem_folder(dev_pki: DevPki) -> Path:
    """The same certificates in PEM, which some of OpenSSL's commands insist on."""
    folder = dev_pki.folder / "pem"
    folder.mkdir()
    for path in sorted((dev_pki.folder / "certificates").glob("*.cer")):
        certificate = x509.load_der_x509_certificate(path.read_bytes())
        (folder / f"{path.stem}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return folder
