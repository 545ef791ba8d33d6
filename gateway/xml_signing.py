"""One XAdES signature in one XML file, from the certificate's right to sign to our own validation of the result."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from certs.errors import RevocationUnknown
from certs.journeys import chain_ders_of
from certs.model import Indication, SubIndication
from certs.store import SigningCertificate
from gateway.augmenting import augmentation_tools
from gateway.services import Services
from gateway.signing_engine import ResultNotGood, key_that_may_sign
from gateway.trust import trust_anchors
from gateway.validating import validate_file, validate_offline
from signing.files.model import FileSigner, Means
from signing.files.xades import sign_xades_enveloped
from signing.files.xades_completion import SignedXml
from signing.formats.xml.enveloped import ElementPlace
from signing.validation.policy import ValidationPolicy
from signing.validation.report import ValidationReport


@dataclass(frozen=True)
class XmlOrder:
    """One certificate, under one profile, whose level counts.

    Attributes:
        reference_id: Identifier of the element that is signed; None signs the whole document.
        place: The element whose last child the signature becomes.
    """

    certificate: SigningCertificate
    profile_code: str
    reference_id: str | None = None
    place: ElementPlace | None = None


def sign_local_xml(services: Services, order: XmlOrder, source: Path, target: Path, now: datetime) -> SignedXml:
    """Sign source into target, and let the result pass only if our own validation finds it good.

    Args:
        now: The claimed time of signing; the time-stamp proves its own.
    Raises:
        CertsError: The certificate may not sign, or nobody could say; the key was not used.
        SigningError, SecretUnavailable, ConfinementError: See signing.files.xades.sign_xades_enveloped.
        ResultNotGood: Signed, but not good; there is no target.
    """
    level = services.profiles[order.profile_code].level
    key = key_that_may_sign(services, order.certificate.id, order.profile_code, now)
    signer = FileSigner(order.certificate.certificate_der, key, chain_ders_of(order.certificate))
    policy = ValidationPolicy(trust_anchors(services), algorithms=services.algorithms)
    means = Means(services.confined, policy, services.time_stamping, augmentation_tools(services))
    signed = sign_xades_enveloped(
        source, target, signer, level, means, now, reference_id=order.reference_id, place=order.place
    )
    try:
        validate = validate_offline if level.has_material else validate_file
        _check_result(validate(services, target, datetime.now(UTC)), order.certificate.certificate_der)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return signed


def _check_result(report: ValidationReport, certificate_der: bytes) -> None:
    """Demand that whatever this certificate signed is good, and that nothing else is broken.

    Raises:
        RevocationUnknown: The status that was known before the signature cannot be had now; it may be tried again.
        ResultNotGood: Anything else.
    """
    own = [found for found in report.signatures if found.signer_certificate_der == certificate_der]
    bad = [found for found in own if found.indication is not Indication.PASSED]
    bad += [found for found in report.signatures if found.indication is Indication.FAILED]
    if not own:
        raise ResultNotGood("the new signature is not found in the result")
    if any(found.sub_indication is SubIndication.TRY_LATER for found in bad):
        raise RevocationUnknown("the signature was made, but the certificate's status is no longer known")
    if bad:
        words = ", ".join(reason.code for reason in bad[0].reasons)
        raise ResultNotGood(
            f"the signature {bad[0].field_name} is {bad[0].indication}/{bad[0].sub_indication}: {words}"
        )
