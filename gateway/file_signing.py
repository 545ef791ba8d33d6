"""Signing files that are no PDF, from the certificate's right to sign to our own validation of the result."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from certs.errors import RevocationUnknown
from certs.journeys import chain_ders_of
from certs.model import Indication, SubIndication
from gateway.augmenting import augmentation_tools
from gateway.blobs import Blob
from gateway.db.tables.documents import DocumentRow
from gateway.services import Services
from gateway.signing_engine import ResultNotGood, SigningOrder, key_that_may_sign, present_certificate
from gateway.trust import trust_anchors
from gateway.validating import validate_file, validate_offline
from signing.files.model import FileSigner, Means, Packaging, SignedFile
from signing.files.registry import FORMATS, FileOrder, sign_files
from signing.model import SignedRevision
from signing.policies import signature_algorithm
from signing.validation.policy import ValidationPolicy
from signing.validation.report import SignatureReport

# What a unit calls the use of a certificate for files, where it keeps certificates for some uses only.
FILES_PROFILE = "files"


@dataclass(frozen=True)
class KeptFile:
    """A signed file in the store, with how it is to be called."""

    signed: SignedRevision
    blob: Blob
    filename: str
    media_type: str


def sign_kept_file(
    services: Services, order: SigningOrder, format_name: str, document: DocumentRow, now: datetime
) -> KeptFile:
    """Sign a kept document in a format that is no PDF's, with the document inside the result.

    A document that is a signed file of the format already gets one more signature beside those that are there.

    Raises: As sign_local_files.
    """
    chosen = FORMATS[format_name]
    joins = document.media_type == chosen.media_type
    profile = services.profiles[order.profile_code]
    with services.blobs.local(document.sha256) as source, services.blobs.scratch() as folder:
        asked = FileOrder(
            files=() if joins else ((document.filename, source),),
            level=order.level or profile.level,
            packaging=Packaging.ATTACHED if chosen.packagings else None,
            joins=source if joins else None,
        )
        target = folder / "signed"
        made = sign_local_files(
            services, order.certificate.id, format_name, asked, target, now, profile_code=order.profile_code
        )
        signed = SignedRevision(
            made.sha256, made.size_bytes, f"#{made.number}", None, None, made.signed_at, level=made.level
        )
        filename = document.filename if joins else f"{document.filename}{chosen.suffix}"
        return KeptFile(signed, services.blobs.put_file(target), filename, chosen.media_type)


def sign_local_files(
    services: Services,
    certificate_id: str,
    format_name: str,
    order: FileOrder,
    target: Path,
    now: datetime,
    *,
    profile_code: str = FILES_PROFILE,
) -> SignedFile:
    """Sign local files into target, and let the result pass only if our own validation finds it good.

    Args:
        format_name: One of signing.files.registry.FORMATS.
        profile_code: The use of the certificate, where its unit keeps it for some uses only.
        now: The claimed time of signing; a time-stamp proves its own.
    Raises:
        CertsError: The certificate may not sign, or nobody could say; the key was not used.
        SigningError, SecretUnavailable, ConfinementError: See signing.files.registry.sign_files.
        ResultNotGood: Signed, but not good; there is no target.
    """
    certificate = present_certificate(services, certificate_id)
    key = key_that_may_sign(services, certificate_id, profile_code, now)
    profile = services.profiles.get(profile_code)
    preferred = signature_algorithm(certificate.certificate_der, prefer_pss=bool(profile and profile.prefer_pss))
    signer = FileSigner(certificate.certificate_der, key, chain_ders_of(certificate), preferred)
    means = Means(
        services.confined,
        ValidationPolicy(trust_anchors(services), algorithms=services.algorithms),
        services.time_stamping,
        augmentation_tools(services),
    )
    signed = sign_files(format_name, order, target, signer, means, now)
    try:
        _check_result(services, target, order, certificate.certificate_der)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return signed


def _check_result(services: Services, target: Path, order: FileOrder, certificate_der: bytes) -> None:
    """Let a result pass only if our own validation finds the signer's signatures good and no other one broken."""
    validate = validate_offline if order.level.has_material else validate_file
    report = validate(services, target, datetime.now(UTC), dict(order.files))
    if certificate_der not in {found.signer_certificate_der for found in report.signatures}:
        raise ResultNotGood("the new signature is not found in the result")
    for found in report.signatures:
        ours = found.signer_certificate_der == certificate_der
        if found.indication is Indication.FAILED or (ours and found.indication is not Indication.PASSED):
            if found.sub_indication is SubIndication.TRY_LATER:
                raise RevocationUnknown("the signature was made, but a certificate's status is no longer known")
            raise ResultNotGood(_words(found))


def _words(found: SignatureReport) -> str:
    codes = ", ".join(one.code for one in found.reasons)
    return f"the signature {found.field_name} is {found.indication}/{found.sub_indication}: {codes}"
