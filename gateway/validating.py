"""One validation: who must be asked, asking them, and the judgement; the file itself is only read in the child."""

from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from gateway.services import Services
from gateway.trust import revocation_gatherer, trust_anchors
from signing.validation.policy import ValidationPolicy
from signing.validation.registry import Contents, collect_needs, validate_signed_file
from signing.validation.report import ValidationReport


def validate_document(services: Services, sha256: str, at: datetime) -> ValidationReport:
    """Validate a kept document at a time.

    Raises:
        ConfinementError: The file could not be looked at within the limits.
        BlobMissing: Its bytes are gone.
    """
    with services.blobs.local(sha256) as path:
        return validate_file(services, path, at)


def validate_file(
    services: Services, path: Path, at: datetime, contents: Contents = MappingProxyType({})
) -> ValidationReport:
    """Validate a local file at a time, with the files that it signs beside it; see validate_document."""
    anchors = trust_anchors(services)
    needs = services.confined.run(collect_needs, path, tuple(anchor.certificate_der for anchor in anchors))
    evidence = revocation_gatherer(services).gather(needs.queries, at)
    policy = ValidationPolicy(anchors, evidence, services.algorithms)
    return services.confined.run(validate_signed_file, path, dict(contents), policy, at)


def validate_offline(
    services: Services, path: Path, at: datetime, contents: Contents = MappingProxyType({})
) -> ValidationReport:
    """Validate a local file by what it holds alone, as someone would who can ask nobody any more."""
    policy = ValidationPolicy(trust_anchors(services), algorithms=services.algorithms)
    return services.confined.run(validate_signed_file, path, dict(contents), policy, at)
