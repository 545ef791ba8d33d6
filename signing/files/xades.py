"""Signing with XAdES: inside the XML that is signed, around any file, beside files, or over another signature."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from signing.errors.xml import XmlTooLarge
from signing.files.model import FileSigner, Means
from signing.files.signature import needed_tsa
from signing.files.xades_completion import PreparedXades, SignedXml, complete_xades
from signing.formats.xml.build import begin_signature
from signing.formats.xml.enveloped import ElementPlace
from signing.formats.xml.model import SignaturePolicy, XadesSigner
from signing.formats.xml.parsing import MAX_SIZE_BYTES
from signing.formats.xml.references import FilesBeside
from signing.formats.xml.standalone import DECLARATION, PLACE, detached_references, enveloping_reference
from signing.model import Level
from signing.policies import check_acceptable
from signing.validation.xml_result import plan_beside_others, plan_over_another


def sign_xades_enveloped(
    source: Path,
    target: Path,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
    *,
    reference_id: str | None = None,
    place: ElementPlace | None = None,
    policy: SignaturePolicy | None = None,
) -> SignedXml:
    """Write an XML file with one more signature in it to target; no other byte changes, and no signature breaks.

    The signer's right to sign is the caller's to check before. Whatever fails, there is no target; the key is used
    at most once.

    Args:
        reference_id: Identifier of the element that is signed; None signs the whole document.
        place: The element whose last child the signature becomes; the document element by default.
        now: Aware; the time that the signer claims.
    Raises:
        DocumentNotSignable, AlgorithmNotAllowed, TimestampUnavailable, MaterialUnavailable, ConfinementError: The
            key was not used.
        KeySourceError, TimestampError, MaterialError: Nothing is kept.
        ResultUnsound: What was made does not pass our own check.
    """
    needed_tsa(level, means)
    prepared = prepare_xades_enveloped(
        read_xml(source), signer, means, now, reference_id=reference_id, place=place, policy=policy
    )
    return _sign(prepared, target, signer, level, means, now)


def prepare_xades_enveloped(
    data: bytes,
    signer: FileSigner,
    means: Means,
    now: datetime,
    *,
    reference_id: str | None = None,
    place: ElementPlace | None = None,
    policy: SignaturePolicy | None = None,
) -> PreparedXades:
    """Return what the key has to sign; see sign_xades_enveloped."""
    who = xades_signer(signer, means, now, policy)
    plan = means.confined.run(plan_beside_others, data, who.algorithm.digest_algorithm, reference_id, place)
    return PreparedXades(data, plan.place, begin_signature(who, [plan.reference]))


def sign_xades_enveloping(
    source: Path,
    target: Path,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
    *,
    mime_type: str | None = None,
    policy: SignaturePolicy | None = None,
) -> SignedXml:
    """Write a signature with any file inside it to target. Errors as sign_xades_enveloped; XmlTooLarge beyond 7 MiB."""
    needed_tsa(level, means)
    who = xades_signer(signer, means, now, policy)
    reference, held = enveloping_reference(
        source.read_bytes(), who.algorithm.digest_algorithm, f"{who.signature_id}-object", mime_type
    )
    unfinished = begin_signature(who, [reference], objects=[held])
    return _sign(PreparedXades(DECLARATION, PLACE, unfinished), target, signer, level, means, now)


def sign_xades_detached(
    files: Mapping[str, Path],
    target: Path,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
    *,
    mime_types: Mapping[str, str] | None = None,
    policy: SignaturePolicy | None = None,
) -> SignedXml:
    """Write a signature over files of any kind and size beside it. Errors as sign_xades_enveloped.

    Args:
        files: By the name that each has beside the signature file.
        mime_types: By the same names, where the signer says what they are.
    """
    needed_tsa(level, means)
    who = xades_signer(signer, means, now, policy)
    references = detached_references(files, who.algorithm.digest_algorithm, mime_types)
    prepared = PreparedXades(
        DECLARATION, PLACE, begin_signature(who, references), external_file=FilesBeside(dict(files))
    )
    return _sign(prepared, target, signer, level, means, now)


def countersign_xades(
    source: Path,
    target: Path,
    signature_id: str,
    signer: FileSigner,
    level: Level,
    means: Means,
    now: datetime,
    *,
    beside: Mapping[str, Path] | None = None,
) -> SignedXml:
    """Write a file to target in which one signature is countersigned. Errors as sign_xades_enveloped.

    Args:
        signature_id: The Id of the signature whose value is signed.
        beside: The files that detached signatures in it refer to.
    Raises:
        SignatureNotFound, SignatureFileUnreadable: There is no such signature, or it has no place for another.
    Source: ETSI EN 319 132-1 V1.2.1, 5.2.7.
    """
    needed_tsa(level, means)
    data, who = read_xml(source), xades_signer(signer, means, now)
    plan = means.confined.run(plan_over_another, data, signature_id, who.algorithm.digest_algorithm)
    unfinished = begin_signature(who, [plan.reference])
    prepared = PreparedXades(data, plan.place, unfinished, external_file=FilesBeside(dict(beside or {})), counter=True)
    return _sign(prepared, target, signer, level, means, now)


def read_xml(source: Path) -> bytes:
    """Return the bytes of a file that is to be parsed.

    Raises:
        XmlTooLarge: More than may be.
    """
    if source.stat().st_size > MAX_SIZE_BYTES:
        raise XmlTooLarge(f"the XML is larger than {MAX_SIZE_BYTES} bytes")
    return source.read_bytes()


def _sign(
    prepared: PreparedXades, target: Path, signer: FileSigner, level: Level, means: Means, now: datetime
) -> SignedXml:
    value = signer.key.sign(prepared.unfinished.signed_info, signer.algorithm)
    return complete_xades(prepared, value, target, level, means, now)


def xades_signer(signer: FileSigner, means: Means, now: datetime, policy: SignaturePolicy | None = None) -> XadesSigner:
    """Return who signs as the builder wants it.

    Raises:
        AlgorithmNotAllowed: The key is of a kind or size that is not signed with, or no longer.
    """
    algorithm = signer.algorithm
    check_acceptable(algorithm, signer.certificate_der, now, means.policy.algorithms)
    return XadesSigner(signer.certificate_der, algorithm, now, signer.chain_ders, policy)
