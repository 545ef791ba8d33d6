"""Raising kept documents: the tools that it takes, and which failures are worth another try."""

from datetime import UTC, datetime

from certs.errors import CertsError
from config.confinement import ConfinementError
from gateway.blobs import Blob, BlobMissing
from gateway.services import Services
from gateway.trust import revocation_gatherer, trust_anchors
from signing.augmentation.base import AugmentationTools
from signing.augmentation.registry import augment
from signing.errors import SigningError
from signing.errors.documents import DocumentNotSignable
from signing.errors.evidence import AugmentationError, MaterialNotSound
from signing.errors.signatures import RevisionAltered, SignatureDoesNotFit
from signing.model import Level

# The document is at fault: no later try can succeed.
FINAL_FAULTS = (AugmentationError, DocumentNotSignable, MaterialNotSound, RevisionAltered, SignatureDoesNotFit)
# Others are at fault, or the machine: time-stamping authorities, responders, storage.
PASSING_FAULTS = (SigningError, CertsError, ConfinementError, BlobMissing)


def augmentation_tools(services: Services) -> AugmentationTools:
    """Return what raising signatures needs, wired to the settings."""
    return AugmentationTools(
        tsa=services.time_stamping,
        gatherer=revocation_gatherer(services),
        anchors=lambda: trust_anchors(services),
        confined=services.confined,
        clock=lambda: datetime.now(UTC),
        algorithms=services.algorithms,
    )


def augment_kept_document(services: Services, sha256: str, level: Level) -> Blob:
    """Raise the signatures in a kept document and keep the new revision's bytes.

    Raises:
        FINAL_FAULTS, PASSING_FAULTS: See signing.augmentation.registry.augment; nothing was kept.
    """
    with services.blobs.local(sha256) as source, services.blobs.scratch() as folder:
        target = folder / "raised"
        augment(source, target, level, augmentation_tools(services))
        return services.blobs.put_file(target)
