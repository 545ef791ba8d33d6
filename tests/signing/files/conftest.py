"""What signing files needs: an authority inside the process, and our own policy to check results by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from certs.revocation.answers import evidence_times
from certs.revocation.model import EvidenceItem, RevocationEvidence
from config.confinement import InProcess
from signing.files.model import FileSigner, Means
from signing.key_sources.fake import FakeKeySource
from signing.model import SignatureAlgorithm
from signing.timestamps.fake import FakeTimestampAuthority
from signing.validation.policy import ValidationPolicy
from tests.signing.pki import Holder, Pki

CONTENT = "Quyết định số 12/QĐ-UBND\r\n".encode() * 40


@pytest.fixture
def stamping(pki: Pki) -> FakeTimestampAuthority:
    return FakeTimestampAuthority(
        pki.authority.der,
        pki.authority.key_der,
        [pki.issuing.der, pki.root.der],
        anchors=pki.anchors,
        clock=lambda: datetime.now(UTC),
    )


@pytest.fixture
def means(pki: Pki, stamping: FakeTimestampAuthority) -> Means:
    return Means(InProcess(), ValidationPolicy(tuple(pki.anchors())), stamping)


@pytest.fixture
def signer(pki: Pki) -> Callable[..., FileSigner]:
    """Gives the signer of a name in the PKI, with a key in memory."""

    def of(name: str, preferred: SignatureAlgorithm | None = None) -> FileSigner:
        holder = getattr(pki, name)
        return FileSigner(holder.der, FakeKeySource(holder.key), pki.chain, preferred)

    return of


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "quyet-dinh.txt"
    path.write_bytes(CONTENT)
    return path


def _crl(issuer: Holder) -> EvidenceItem:
    now = datetime.now(UTC)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
    builder = builder.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=7))
    builder = builder.add_extension(x509.CRLNumber(1), critical=False)
    encoded = builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return EvidenceItem("crl", encoded, "test", *(evidence_times("crl", encoded) or ()))


@pytest.fixture(scope="session")
def evidence(pki: Pki) -> RevocationEvidence:
    """What the root and the issuing CA say of revocations: nothing is revoked."""
    return RevocationEvidence((_crl(pki.root), _crl(pki.issuing)))


@pytest.fixture
def policy(pki: Pki, evidence: RevocationEvidence) -> ValidationPolicy:
    """Our own judgement, with every revocation answer at hand."""
    return ValidationPolicy(tuple(pki.anchors()), evidence)
