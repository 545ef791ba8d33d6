"""Until when archived XAdES signatures prove themselves, alone or in a container. Runs in the child."""

from datetime import datetime
from pathlib import Path

from certs.algorithms import AlgorithmTable
from signing.augmentation.stamp_ends import stamp_end
from signing.errors.evidence import NotArchived, NothingToAugment
from signing.formats.asic.xml_signatures import is_signed_with_xml, signature_files
from signing.formats.xml.parsing import Element, parse_xml
from signing.formats.xml.references import no_external_file
from signing.formats.xml.structure import countersigned_by, find_signatures
from signing.validation.cms import check_token
from signing.validation.xades_stamps import find_archive_stamps


def xml_provable_until(path: Path, algorithms: AlgorithmTable) -> datetime:
    """Return when the first of the signatures' newest archive time-stamps ends.

    Raises:
        NotArchived: A signature has none.
        DocumentNotSignable, NothingToAugment: The file cannot be read, or carries no signature.
    """
    return _first_end([parse_xml(path.read_bytes())], algorithms)


def container_provable_until(path: Path, algorithms: AlgorithmTable) -> datetime:
    """Return the same for a container with XAdES. Errors as xml_provable_until; NotArchived for one with CAdES."""
    if not is_signed_with_xml(path):
        raise NotArchived("containers with CAdES are not stamped again by themselves")
    return _first_end([parse_xml(data) for data in signature_files(path).values()], algorithms)


def _first_end(roots: list[Element], algorithms: AlgorithmTable) -> datetime:
    signatures = [one for root in roots for one in find_signatures(root) if countersigned_by(one) is None]
    if not signatures:
        raise NothingToAugment("there is no signature")
    return min(_end(signature, algorithms) for signature in signatures)


def _end(signature: Element, algorithms: AlgorithmTable) -> datetime:
    stamps = find_archive_stamps(signature, no_external_file)
    token = stamps[-1].token if stamps else None
    findings = None if token is None else check_token(token)[0]
    if findings is None or findings.signer_der is None:
        raise NotArchived("a signature is not covered by an archive time-stamp that can be read")
    return stamp_end(findings.signer_der, findings.algorithms, algorithms)
