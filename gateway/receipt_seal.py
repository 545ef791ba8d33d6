"""The unit's seal as receipts need it: payments knows no signing, so the gateway hands it in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from certs.model import CertificateRole
from certs.store import SigningCertificate
from gateway.services import Services
from gateway.signing_engine import SigningOrder, sign_local_file
from gateway.xml_signing import XmlOrder, sign_local_xml
from payments.receipts.document import SEAL_ABOVE_TEXT
from payments.receipts.seal import SealedFile, XmlSealPlace
from payments.store.tables import ReceiptRow
from signing.formats.xml.enveloped import ElementPlace

PROFILE = "organisation"


def receipt_url(services: Services, receipt: ReceiptRow) -> str:
    """Return the address of a receipt's public page."""
    return f"{services.settings.public_url}/receipts/{receipt.code}"


class UnitHasNoSeal(Exception):
    """The unit has no usable organisation certificate, so its receipts wait."""

    code: ClassVar[str] = "unit-has-no-seal"


class UnitSeal:
    """Seals with the organisation certificate that the unit uses today."""

    def __init__(self, services: Services, unit_id: str, unit_name: str) -> None:
        self._services = services
        self._unit_id = unit_id
        self._unit_name = unit_name
        self._certificate: SigningCertificate | None = None

    def certificate(self) -> SigningCertificate:
        """Return the unit's organisation certificate in force, the one that lasts longest; always the same one.

        Raises:
            UnitHasNoSeal: There is none, or it is held.
        """
        if self._certificate is None:
            self._certificate = self._find()
        return self._certificate

    def _find(self) -> SigningCertificate:
        with self._services.unit_of_work(read_only=True) as work:
            found = work.certificates.find_active(self._unit_id, CertificateRole.ORGANISATION, datetime.now(UTC))
        if not found:
            raise UnitHasNoSeal("the unit has no organisation certificate in force that is not held")
        return found[0]

    def seal_pdf(self, source: Path, target: Path) -> SealedFile:
        """Write the sealed revision of a receipt."""
        certificate = self.certificate()
        placement = {
            "kind": "between-text",
            "above": SEAL_ABOVE_TEXT,
            "below": self._unit_name,
            "width_mm": 32,
            "height_mm": 32,
        }
        order = SigningOrder(certificate, PROFILE, placement)
        signed = sign_local_file(self._services, order, source, target, datetime.now(UTC))
        return SealedFile(signed.sha256, signed.size_bytes, certificate.holder_name, signed.signed_at)

    def seal_xml(self, source: Path, target: Path, place: XmlSealPlace) -> SealedFile:
        """Write a receipt's XML with the seal (XAdES) in it, at the level of the organisation's profile."""
        certificate = self.certificate()
        order = XmlOrder(certificate, PROFILE, place.signed_id, ElementPlace(place.path, place.namespaces))
        signed = sign_local_xml(self._services, order, source, target, datetime.now(UTC))
        return SealedFile(signed.sha256, signed.size_bytes, certificate.holder_name, signed.signed_at)
