"""Validation of XML files: offline, in the child process, on bytes that nobody vouches for."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from certs.revocation.addresses import build_status_queries
from certs.revocation.model import StatusQuery
from signing.errors.documents import DocumentNotSignable
from signing.formats.xml.parsing import Element, parse_xml
from signing.formats.xml.references import ExternalFile, FilesBeside
from signing.formats.xml.structure import find_signatures
from signing.validation.cades import MAX_QUERIES, overall_of
from signing.validation.cms import CmsFindings, check_token
from signing.validation.hostile import attempt
from signing.validation.policy import ValidationPolicy
from signing.validation.report import EvidenceNeeds, SignatureReport, ValidationReport
from signing.validation.wording import reason
from signing.validation.xades import XadesFindings, check_signature
from signing.validation.xades_report import XmlContext, judge_signatures, named_signatures
from signing.validation.xades_stamps import embedded_evidence, find_archive_stamps, find_signature_stamps


def validate_xades(path: Path, beside: Mapping[str, Path], policy: ValidationPolicy, at: datetime) -> ValidationReport:
    """Validate every signature in an XML file against a policy.

    Args:
        path: A file of any content; hostile content gives findings, not exceptions.
        beside: Where detached references find their files; no other file is looked at.
        policy: Anchors and evidence. Nothing is fetched.
        at: Validation time, aware.
    Returns:
        The report; signatures are named "#1", "#2" and so on, counter-signatures "#1.1". A file that cannot be read
        is INDETERMINATE.
    Raises:
        OSError: A file cannot be read from disk.
        MemoryError: The limit of this process does not suffice for it.
    Source: ETSI EN 319 102-1 V1.3.1, 5; ETSI EN 319 132-1 V1.2.1.
    """
    return validate_xml(path.read_bytes(), FilesBeside(beside), policy, at)


def validate_xml(data: bytes, external_file: ExternalFile, policy: ValidationPolicy, at: datetime) -> ValidationReport:
    """Validate every signature in XML that is in memory; see validate_xades."""
    root = _read(data)
    signatures: tuple[SignatureReport, ...] = ()
    if root is not None:
        signatures = judge_signatures(root, XmlContext(policy, external_file, at))
    return ValidationReport(
        document_sha256=hashlib.sha256(data).hexdigest(),
        document_size_bytes=len(data),
        validated_at=at,
        overall=overall_of(signatures, readable=root is not None),
        signatures=signatures,
        document_reasons=() if root is not None else (reason("document-unreadable"),),
    )


def collect_xades_needs(path: Path, anchor_ders: tuple[bytes, ...] = ()) -> EvidenceNeeds:
    """Return whose status must be asked before validate_xades can judge by it. Offline, for the child process."""
    return collect_xml_needs(path.read_bytes(), anchor_ders)


def collect_xml_needs(data: bytes, anchor_ders: tuple[bytes, ...] = ()) -> EvidenceNeeds:
    """Return whose status validate_xml needs to know; see collect_xades_needs."""
    root = _read(data)
    return EvidenceNeeds(()) if root is None else EvidenceNeeds(xml_queries(root, anchor_ders))


def xml_queries(root: Element, anchor_ders: tuple[bytes, ...]) -> tuple[StatusQuery, ...]:
    """Return whose status the signatures of a parsed file and their time-stamps call for."""
    queries: dict[bytes, StatusQuery] = {}
    for signature in find_signatures(root):
        findings, evidence = check_signature(signature), embedded_evidence(signature)
        stamps = [*find_signature_stamps(signature), *find_archive_stamps(signature, lambda _: None)]
        people: list[XadesFindings | CmsFindings] = [findings]
        people += [check_token(one.token)[0] for one in stamps if one.token is not None]
        for one in people:
            pool = (*one.other_ders, *evidence.certificates_der)
            for query in _queries(one.signer_der, pool, anchor_ders):
                queries.setdefault(query.certificate_der, query)
    return tuple(queries.values())[:MAX_QUERIES]


def name_of_signature(data: bytes, signature_id: str) -> str | None:
    """Return by what name reports call the one signature of an Id; None where there is none, or several."""
    root = _read(data)
    found = [] if root is None else [name for one, name in named_signatures(root) if one.get("Id") == signature_id]
    return found[0] if len(found) == 1 else None


def _queries(signer: bytes | None, pool: tuple[bytes, ...], anchors: tuple[bytes, ...]) -> tuple[StatusQuery, ...]:
    return () if signer is None else attempt(lambda: build_status_queries(signer, pool, anchors), ())


def _read(data: bytes) -> Element | None:
    try:
        return parse_xml(data)
    except DocumentNotSignable:
        return None
