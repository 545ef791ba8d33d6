"""A city that signs, and the judges who later have nothing but the file."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from asn1crypto import keys, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, signers
from pyhanko.sign.ades.report import AdESPassed, AdESSubIndic
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import DocumentSecurityStore, validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleCertificateStore, SimpleTrustManager

from certs.model import Purpose, TrustAnchor
from certs.revocation.cache import MemoryCache
from certs.revocation.fetch import HttpExchange
from certs.revocation.gather import RevocationGatherer
from certs.revocation.model import EvidenceItem, RevocationEvidence
from config.confinement import InProcess
from signing.augmentation.base import AugmentationTools
from signing.augmentation.material import PathMaterial
from signing.augmentation.registry import augment
from signing.journeys import sign_pdf
from signing.key_sources.fake import FakeKeySource
from signing.model import Invisible, Level, SignatureStep, SignedRevision, SignerRole, SigningProfile
from signing.timestamps.fake import FakeTimestampAuthority
from signing.validation.document import validate_pdf
from signing.validation.policy import ValidationPolicy
from signing.validation.report import ValidationReport
from tests.certs.authority import Authority, Holder, StatusServer
from tests.signing.judges import pdfsig_verdicts, qpdf_problems


@dataclass
class City:
    """Its authority answers about certificates by HTTP; its officials sign invisibly unless a test says otherwise."""

    authority: Authority
    server: StatusServer
    stamping: Holder
    folder: Path
    confined: InProcess = field(default_factory=InProcess)
    count: int = 0

    def anchors(self) -> list[TrustAnchor]:
        since = datetime(2000, 1, 1, tzinfo=UTC)
        return [TrustAnchor(self.authority.root.der, purpose, since) for purpose in Purpose]

    @property
    def materials(self) -> PathMaterial:
        return PathMaterial(RevocationGatherer(HttpExchange(lambda _: None), MemoryCache()), self.anchors)

    def tsa(self, holder: Holder | None = None, clock=None) -> FakeTimestampAuthority:
        holder = holder or self.stamping
        chain = [self.authority.issuing.der]
        clock = clock or (lambda: datetime.now(UTC))
        return FakeTimestampAuthority(holder.der, holder.key_der, chain, anchors=self.anchors, clock=clock)

    def path(self, name: str = "result") -> Path:
        self.count += 1
        return self.folder / f"{self.count}-{name}.pdf"

    def sign(
        self, source: Path, holder: Holder, level: Level, *, password=None, profile=None, **changes
    ) -> tuple[Path, SignedRevision]:
        target = self.path(level.value)
        values = {"placement": Invisible(), "image": None} | (profile or {})
        profile = SigningProfile("test", SignerRole.PERSON, level, **values)
        step = SignatureStep(profile, "Nguyễn Văn Ví Dụ", holder.der, (self.authority.issuing.der,))
        step = replace(step, **changes)
        signed = sign_pdf(
            source,
            target,
            step,
            key=FakeKeySource(holder.key),
            tsa=self.tsa(),
            confined=self.confined,
            now=datetime.now(UTC),
            materials=self.materials,
            password=password,
        )
        return target, signed

    def tools(self, **changes) -> AugmentationTools:
        gatherer = RevocationGatherer(HttpExchange(lambda _: None), MemoryCache())
        tools = AugmentationTools(self.tsa(), gatherer, self.anchors, self.confined, lambda: datetime.now(UTC))
        return replace(tools, **changes)

    def augment(self, source: Path, level: Level, **changes) -> Path:
        target = self.path(f"raised-{level.value}")
        augment(source, target, level, self.tools(**changes))
        assert target.read_bytes().startswith(source.read_bytes())
        return target

    def foreign(self, holder: Holder, source: Path, *, stamped: bool = False, **metadata) -> Path:
        """One more signature, made by pyHanko and not by us."""
        signer = signers.SimpleSigner(
            signing_cert=x509.Certificate.load(holder.der),
            signing_key=keys.PrivateKeyInfo.load(holder.key_der),
            cert_registry=SimpleCertificateStore.from_certs([x509.Certificate.load(self.authority.issuing.der)]),
        )
        stamper = DummyTimeStamper(
            x509.Certificate.load(self.stamping.der),
            keys.PrivateKeyInfo.load(self.stamping.key_der),
            SimpleCertificateStore.from_certs([x509.Certificate.load(self.authority.issuing.der)]),
        )
        count = sum(1 for _ in PdfFileReader(BytesIO(source.read_bytes())).embedded_signatures)
        settings = {"field_name": f"Chữ ký {count}", "md_algorithm": "sha256", "subfilter": SigSeedSubFilter.PADES}
        writer = IncrementalPdfFileWriter(BytesIO(source.read_bytes()))
        target = self.path("foreign")
        made = PdfSigner(PdfSignatureMetadata(**settings | metadata), signer, timestamper=stamper if stamped else None)
        target.write_bytes(made.sign_pdf(writer).getvalue())
        return target

    def offline(self, path: Path, password: str | None = None) -> ValidationReport:
        """Our own judgement by the anchors and the file alone."""
        return validate_pdf(path, ValidationPolicy(tuple(self.anchors())), datetime.now(UTC), password)

    def evidence(self, at: datetime) -> RevocationEvidence:
        """What both CAs would say of every certificate at a time."""
        lists = [self.authority.crl(signer, at=at) for signer in (self.authority.issuing, self.authority.root)]
        return RevocationEvidence(tuple(EvidenceItem("crl", der, "test", at, at + timedelta(days=7)) for der in lists))

    def pyhanko_at_once(self, path: Path, password: str | None = None) -> list[bool]:
        """pyHanko's judgement of each signature today, revocation demanded, by the anchors and the file's DSS alone."""
        reader = opened(path, password)
        context = {
            "trust_roots": [x509.Certificate.load(self.authority.root.der)],
            "allow_fetching": False,
            "revocation_mode": "require",
        }
        known = DocumentSecurityStore.read_dss(reader).as_validation_context(context)
        return [
            validate_pdf_signature(found, known, ts_validation_context=known).bottom_line
            for found in reader.embedded_regular_signatures
        ]

    def pyhanko_much_later(self, path: Path, password: str | None = None) -> list[AdESSubIndic]:
        """pyHanko's judgement of each archived signature by the anchors and the file (ETSI EN 319 102-1, 5.6.3)."""
        roots = SimpleTrustManager.build(trust_roots=[x509.Certificate.load(self.authority.root.der)])
        certificates = CertValidationPolicySpec(roots, CertRevTrustPolicy(REQUIRE_REVINFO))
        nobody = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
        spec = PdfSignatureValidationSpec(SignatureValidationSpec(certificates, nobody))
        reader = opened(path, password)
        return [
            asyncio.run(ades_lta_validation(found, spec)).ades_subindic for found in reader.embedded_regular_signatures
        ]

    def assert_provable(
        self,
        path: Path,
        *levels: str,
        timestamps: int = 0,
        own_stamps: bool = True,
        password: str | None = None,
    ) -> None:
        """Demand that we, pyHanko, pdfsig and qpdf find every signature good, and we each at its level, offline.

        pyHanko judges what is archived only where each signature has a time-stamp of its own.
        """
        report = self.offline(path, password)
        assert [found.indication for found in report.signatures] == ["TOTAL_PASSED"] * len(levels), report.to_dict()
        assert [found.level for found in report.signatures] == [f"PAdES-{level}" for level in levels]
        assert [stamp.trusted for stamp in report.document_timestamps] == [True] * timestamps
        assert self.pyhanko_at_once(path, password) == [True] * len(levels)
        if timestamps and own_stamps:
            later = self.pyhanko_much_later(path, password)
            assert [found for found, level in zip(later, levels, strict=True) if level == "B-LTA"] == [
                AdESPassed.OK
            ] * levels.count("B-LTA")
        verdicts = pdfsig_verdicts(path, password or "")
        # pdfsig shows document time-stamps but cannot validate them.
        assert verdicts.count("Signature is Valid.") == len(levels), verdicts
        assert verdicts.count("Signature has not yet been verified.") == timestamps == len(verdicts) - len(levels)
        assert qpdf_problems(path, password or "") == ""


def opened(path: Path, password: str | None = None) -> PdfFileReader:
    reader = PdfFileReader(BytesIO(path.read_bytes()))
    if password is not None:
        reader.decrypt(password)
    return reader


def in_minutes(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


def in_years(years: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=365 * years)
