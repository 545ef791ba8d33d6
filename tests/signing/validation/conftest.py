"""PDFs signed by pyHanko directly, with certificates of an authority of our own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certs.model import Purpose, TrustAnchor
from certs.revocation.model import EvidenceItem, RevocationEvidence
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import ValidationReport
from tests.certs.authority import Authority, Holder, StatusServer, running_authority

DOCUMENT = Path(__file__).parents[2] / "documents" / "quyet-dinh.libreoffice.pdf"


@dataclass
class Bench:
    """Signs and validates; `at` is the present of the authority."""

    authority: Authority
    folder: Path
    count: int = 0

    @property
    def at(self) -> datetime:
        return self.authority.now

    def sign(
        self,
        holder: Holder,
        *,
        source: bytes | None = None,
        tsa: Holder | None = None,
        stamped_at: datetime | None = None,
        field_name: str = "Signature1",
        subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES,
        box: tuple[int, int, int, int] | None = None,
        **metadata: Any,
    ) -> bytes:
        """Return the document with one more signature, made by pyHanko."""
        store = SimpleCertificateStore()
        store.register(asn1(self.authority.issuing))
        key = keys.PrivateKeyInfo.load(holder.key_der)
        signer = signers.SimpleSigner(signing_cert=asn1(holder), signing_key=key, cert_registry=store)
        stamper = None
        if tsa is not None:
            embedded = SimpleCertificateStore()
            embedded.register(asn1(self.authority.issuing))
            tsa_key = keys.PrivateKeyInfo.load(tsa.key_der)
            stamper = DummyTimeStamper(asn1(tsa), tsa_key, embedded, fixed_dt=stamped_at or self.at)
        settings = PdfSignatureMetadata(field_name=field_name, md_algorithm="sha256", subfilter=subfilter, **metadata)
        writer = IncrementalPdfFileWriter(BytesIO(source if source is not None else DOCUMENT.read_bytes()))
        place = SigFieldSpec(field_name, box=box) if box else None
        pdf_signer = PdfSigner(settings, signer, timestamper=stamper, new_field_spec=place)
        return bytes(pdf_signer.sign_pdf(writer).getvalue())

    def context(self, *holders: Holder) -> ValidationContext:
        """Return pyHanko's own context with the evidence for these holders."""
        evidence = self.evidence(*holders)
        return ValidationContext(
            trust_roots=[asn1(self.authority.root)],
            other_certs=[asn1(self.authority.issuing)],
            crls=list(evidence.crls),
            ocsps=list(evidence.ocsps),
            allow_fetching=False,
            revocation_mode="hard-fail",
        )

    def evidence(self, *holders: Holder) -> RevocationEvidence:
        items = [EvidenceItem("ocsp", self.authority.ocsp(h.certificate), "test", self.at) for h in holders]
        items.append(EvidenceItem("crl", self.authority.crl(self.authority.root), "test", self.at))
        return RevocationEvidence(tuple(items))

    def policy(self, *holders: Holder, tsa: bool = True, signer: bool = True) -> ValidationPolicy:
        since = datetime(2000, 1, 1, tzinfo=UTC)
        purposes = ([Purpose.OFFICIAL] if signer else []) + ([Purpose.TSA] if tsa else [])
        anchors = tuple(TrustAnchor(self.authority.root.der, purpose, since) for purpose in purposes)
        return ValidationPolicy(anchors, self.evidence(*holders) if holders else RevocationEvidence())

    def write(self, pdf: bytes) -> Path:
        self.count += 1
        path = self.folder / f"{self.count}.pdf"
        path.write_bytes(pdf)
        return path

    def validate(
        self, pdf: bytes, policy: ValidationPolicy | None = None, at: datetime | None = None
    ) -> ValidationReport:
        return validate_pdf(self.write(pdf), policy or ValidationPolicy(), at or self.at)


def asn1(holder: Holder) -> x509.Certificate:
    return x509.Certificate.load(holder.der)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Authority, StatusServer]]:
    with running_authority(datetime.now(UTC).replace(microsecond=0)) as both:
        yield both


@pytest.fixture
def bench(running: tuple[Authority, StatusServer], tmp_path: Path) -> Bench:
    return Bench(running[0], tmp_path)


@pytest.fixture(scope="module")
def official(running: tuple[Authority, StatusServer]) -> Holder:
    return running[0].leaf("Nguyễn Văn Ví Dụ")


@pytest.fixture(scope="module")
def tsa(running: tuple[Authority, StatusServer]) -> Holder:
    return running[0].tsa(ends=timedelta(days=3650))


@pytest.fixture(scope="module")
def revoked_at(running: tuple[Authority, StatusServer]) -> Callable[[timedelta], Holder]:
    def make(ago: timedelta) -> Holder:
        holder = running[0].leaf("Revoked")
        running[0].revoke(holder, running[0].now - ago)
        return holder

    return make
