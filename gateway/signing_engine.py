"""One signature on one document, from the certificate's right to sign to our own validation of the result."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import structlog

from certs.errors import RevocationUnknown
from certs.journeys import chain_ders_of, check_for_profile, check_in_use, check_may_sign
from certs.model import Indication, SubIndication
from certs.store import SigningCertificate
from gateway.blobs import Blob
from gateway.db.tables.documents import SignaturePictureRow
from gateway.services import Services
from gateway.stamps import stamp_for
from gateway.trust import material_gatherer, revocation_gatherer, trust_anchors
from gateway.validating import validate_file, validate_offline
from signing.formats.pdf.direct.proved import PROVED
from signing.formats.pdf.preview import Preview
from signing.formats.pdf.text_fields import TextField, write_text_fields
from signing.journeys import preview_pdf, sign_pdf
from signing.key_sources.base import KeySource
from signing.model import Level, SignatureAlgorithm, SignatureStep, SignedRevision, with_locked
from signing.profiles import parse_placement
from signing.validation.report import SignatureReport

log = structlog.get_logger()


class ResultNotGood(Exception):
    """Our own validation does not find the new signature good; the result was not kept."""

    code: ClassVar[str] = "result-not-good"


@dataclass(frozen=True)
class SigningOrder:
    """One certificate and one way of signing.

    Attributes:
        placement: As a request writes it; None for the profile's.
        level: None for the profile's.
        texts: Written into the document before it is signed; what they say is locked by the signature.
        over_broken: Sign although a signature in the file does not hold.
    """

    certificate: SigningCertificate
    profile_code: str
    placement: dict[str, Any] | None
    stamp_values: Mapping[str, str] = field(default_factory=dict)
    level: Level | None = None
    texts: tuple[TextField, ...] = ()
    over_broken: bool = False


def sign_kept_document(
    services: Services, order: SigningOrder, sha256: str, now: datetime
) -> tuple[SignedRevision, Blob]:
    """Sign a kept document and keep the new revision's bytes; see sign_local_file."""
    # Requests take only documents whose inspection found them whole, and later revisions are our own.
    PROVED.remember(bytes.fromhex(sha256))
    with services.blobs.local(sha256) as source, services.blobs.scratch() as folder:
        target = folder / "signed.pdf"
        signed = sign_local_file(services, order, source, target, now)
        return signed, services.blobs.put_file(target)


def sign_local_file(
    services: Services, order: SigningOrder, source: Path, target: Path, now: datetime
) -> SignedRevision:
    """Sign source into target, and let the result pass only if our own validation finds it good.

    Args:
        now: The claimed time of signing; the time-stamp proves its own.
    Raises:
        CertsError: The certificate may not sign, or nobody could say; the key was not used.
        SigningError, SecretUnavailable, ConfinementError: See signing.journeys.sign_pdf.
        ResultNotGood: Signed, but not good; target is not to be used.
    """
    if order.texts:
        written = target.with_name("written.pdf")
        services.confined.run(write_text_fields, source, written, order.texts, services.settings.fonts_folder)
        source = written
    step = _step(services, order, now)
    key = key_that_may_sign(services, order.certificate.id, order.profile_code, now)
    signed = sign_pdf(
        source,
        target,
        step,
        key=key,
        tsa=services.time_stamping,
        confined=services.confined,
        now=now,
        materials=material_gatherer(services),
        algorithms=services.algorithms,
        over_broken=order.over_broken,
    )
    _check_result(services, target, signed, over_broken=order.over_broken)
    return signed


def preview_kept_document(services: Services, order: SigningOrder, sha256: str, now: datetime) -> Preview:
    """Show a page of a kept document as it would look signed; see signing.journeys.preview_pdf."""
    with services.blobs.local(sha256) as source, services.blobs.scratch() as folder:
        step = _step(services, order, now)
        return preview_pdf(source, folder / "preview.pdf", step, confined=services.confined, now=now)


def key_that_may_sign(services: Services, certificate_id: str, profile_code: str, now: datetime) -> KeySource:
    """Return the key of a certificate that may sign at this time, under this profile.

    Raises:
        CertsError: It may not, or nobody could say.
    """
    certificate = present_certificate(services, certificate_id)
    check_for_profile(certificate.allowed_profiles, profile_code)
    gatherer = revocation_gatherer(services)
    path, _ = check_may_sign(certificate, trust_anchors(services), gatherer, now, services.algorithms)
    if path.revocation_waived:
        log.warning("signing although nobody could say whether the certificate is revoked", certificate=certificate.id)
    return UnlessHeld(services, certificate)


class UnlessHeld:
    """The certificate's key, asked for once more whether it may be used right before it is.

    Between the first look and this moment lie answers of responders and the reading of the file: seconds in which
    another worker may have found that the token refuses the PIN.
    """

    def __init__(self, services: Services, certificate: SigningCertificate) -> None:
        self._services = services
        self._certificate = certificate
        self._key = services.key_sources.open_key_source(certificate.key_source_uri)

    def sign(self, data: bytes, algorithm: SignatureAlgorithm) -> bytes:
        check_in_use(present_certificate(self._services, self._certificate.id))
        return self._key.sign(data, algorithm)

    def close(self) -> None:
        self._key.close()


def present_certificate(services: Services, certificate_id: str) -> SigningCertificate:
    """Return the certificate as it stands now: it may have been held while this signature waited its turn."""
    with services.unit_of_work(read_only=True) as work:
        return work.certificates.get(certificate_id)


def _step(services: Services, order: SigningOrder, now: datetime) -> SignatureStep:
    profile = services.profiles[order.profile_code]
    if order.placement is not None:
        profile = dataclasses.replace(profile, placement=parse_placement(order.placement))
    if order.level is not None:
        profile = dataclasses.replace(profile, level=order.level)
    said = tuple(field.name for field in order.texts if field.text is not None)
    if said:
        profile = dataclasses.replace(profile, lock=with_locked(profile.lock, said))
    picture = _picture(services, order.certificate.id) if profile.image else None
    return SignatureStep(
        profile=profile,
        signer_name=order.certificate.holder_name,
        certificate_der=order.certificate.certificate_der,
        chain_ders=chain_ders_of(order.certificate),
        image_png=picture,
        stamp=stamp_for(services, profile, order.certificate, picture, order.stamp_values, now),
    )


def _picture(services: Services, certificate_id: str) -> bytes | None:
    with services.unit_of_work(read_only=True) as work:
        row = work.session.get(SignaturePictureRow, certificate_id)
    if row is None:
        return None
    with services.blobs.open(row.sha256) as stream:
        return stream.read()


def _check_result(services: Services, path: Path, signed: SignedRevision, *, over_broken: bool) -> None:
    """Let a result pass only if our own validation finds the new signature good and no other one broken.

    From B-LT on the signature must prove itself: nobody is asked, only what the file holds counts.

    Raises:
        RevocationUnknown: The status that was known before the signature cannot be had now; it may be tried again.
        ResultNotGood: Anything else that is not TOTAL_PASSED.
    """
    provable = signed.level.has_material
    report = (validate_offline if provable else validate_file)(services, path, datetime.now(UTC))
    made = next((found for found in report.signatures if found.field_name == signed.field_name), None)
    if made is None:
        raise ResultNotGood("the new signature is not found in the result")
    if made.indication is not Indication.PASSED:
        if made.sub_indication is SubIndication.TRY_LATER:
            raise RevocationUnknown("the signature was made, but the certificate's status is no longer known")
        raise ResultNotGood(f"the new signature is {_words(made)}")
    if provable and made.level != f"PAdES-{signed.level}":
        raise ResultNotGood(f"the new signature is {made.level}, not {signed.level}")
    broken = next((found for found in report.signatures if found.indication is Indication.FAILED), None)
    if broken is not None and not over_broken:
        raise ResultNotGood(f"the signature in {broken.field_name} is {_words(broken)}")


def _words(found: SignatureReport) -> str:
    return f"{found.indication}/{found.sub_indication}: {', '.join(reason.code for reason in found.reasons)}"
