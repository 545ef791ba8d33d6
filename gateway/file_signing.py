"""Signing files that are no PDF, from the certificate's right to sign to our own validation of the result."""

from datetime import UTC, datetime
from pathlib import Path

from certs.errors import RevocationUnknown
from certs.journeys import chain_ders_of, check_for_profile, check_may_sign
from certs.model import Indication, SubIndication
from gateway.augmenting import augmentation_tools
from gateway.services import Services
from gateway.signing_engine import ResultNotGood, UnlessHeld, present_certificate
from gateway.trust import revocation_gatherer, trust_anchors
from gateway.validating import validate_file, validate_offline
from signing.files.model import FileSigner, Means, SignedFile
from signing.files.registry import FileOrder, sign_files
from signing.validation.policy import ValidationPolicy
from signing.validation.report import SignatureReport

# What a unit calls the use of a certificate for files, where it keeps certificates for some uses only.
FILES_PROFILE = "files"


def sign_local_files(
    services: Services, certificate_id: str, format_name: str, order: FileOrder, target: Path, now: datetime
) -> SignedFile:
    """Sign local files into target, and let the result pass only if our own validation finds it good.

    Args:
        format_name: One of signing.files.registry.FORMATS.
        now: The claimed time of signing; a time-stamp proves its own.
    Raises:
        CertsError: The certificate may not sign, or nobody could say; the key was not used.
        SigningError, SecretUnavailable, ConfinementError: See signing.files.registry.sign_files.
        ResultNotGood: Signed, but not good; there is no target.
    """
    certificate = present_certificate(services, certificate_id)
    anchors = trust_anchors(services)
    check_for_profile(certificate.allowed_profiles, FILES_PROFILE)
    check_may_sign(certificate, anchors, revocation_gatherer(services), now, services.algorithms)
    signer = FileSigner(certificate.certificate_der, UnlessHeld(services, certificate), chain_ders_of(certificate))
    means = Means(
        services.confined,
        ValidationPolicy(anchors, algorithms=services.algorithms),
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
    """Let a result pass only if our own validation finds every signature in it good; see signing_engine."""
    validate = validate_offline if order.level.has_material else validate_file
    report = validate(services, target, datetime.now(UTC), dict(order.files))
    if certificate_der not in {found.signer_certificate_der for found in report.signatures}:
        raise ResultNotGood("the new signature is not found in the result")
    for found in report.signatures:
        if found.indication is Indication.PASSED:
            continue
        if found.sub_indication is SubIndication.TRY_LATER:
            raise RevocationUnknown("the signature was made, but a certificate's status is no longer known")
        raise ResultNotGood(_words(found))


def _words(found: SignatureReport) -> str:
    codes = ", ".join(one.code for one in found.reasons)
    return f"the signature {found.field_name} is {found.indication}/{found.sub_indication}: {codes}"
