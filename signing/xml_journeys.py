"""Signing one XML file, from the untouched bytes to the signed ones; nothing around the signature changes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from config.confinement import ConfinedRunner
from signing.errors import TimestampUnavailable, XmlTooLarge
from signing.formats.cms import check_signature_value
from signing.formats.xml.build import UnfinishedSignature, begin_signature
from signing.formats.xml.enveloped import ElementPlace, EnvelopedPlan
from signing.formats.xml.model import SignaturePolicy, XadesSigner
from signing.formats.xml.parsing import MAX_SIZE_BYTES
from signing.formats.xml.positions import splice
from signing.formats.xml.unsigned import signature_timestamp
from signing.key_sources.base import KeySource
from signing.model import Level, SignatureAlgorithm
from signing.policies import signature_algorithm
from signing.timestamps.base import TimestampAuthority, TimestampToken
from signing.validation.xml_result import check_made, plan_beside_others


@dataclass(frozen=True)
class XmlSignatureStep:
    """One signer's turn on one XML file.

    Attributes:
        reference_id: Identifier of the element that is signed; None signs the whole document.
        place: The element whose last child the signature becomes; the document element by default.
    """

    level: Level
    certificate_der: bytes
    chain_ders: tuple[bytes, ...] = ()
    reference_id: str | None = None
    place: ElementPlace | None = None
    policy: SignaturePolicy | None = None


@dataclass(frozen=True)
class SignedXml:
    """What one signature made of the file; signed_at is the time-stamp's time, else the claimed one."""

    sha256: str
    size_bytes: int
    signature_id: str
    signed_at: datetime
    level: Level


@dataclass(frozen=True)
class PreparedXml:
    """An XML file whose signature waits for its value. Plain values: they may be kept until the key has answered.

    Attributes:
        data: The file, untouched.
        unfinished: Its signed_info is what the key signs.
    """

    data: bytes
    plan: EnvelopedPlan
    unfinished: UnfinishedSignature
    algorithm: SignatureAlgorithm


def sign_xml(
    source: Path,
    target: Path,
    step: XmlSignatureStep,
    *,
    key: KeySource,
    tsa: TimestampAuthority | None,
    confined: ConfinedRunner,
    now: datetime,
) -> SignedXml:
    """Write source plus one enveloped XAdES signature to target.

    The signer's right to sign is the caller's to check before. Whatever fails, there is no target; the key is used
    at most once.

    Args:
        tsa: Needed above level B-B.
        confined: Runs the parts that parse the untrusted file.
        now: Aware; becomes the claimed time.
    Raises:
        DocumentNotSignable, AlgorithmNotAllowed, ConfinementError: The key was not used.
        KeySourceError: The key could not be used, or its value does not verify.
        TimestampError: Signed, but not stamped; nothing is kept.
        ResultUnsound: Our own check does not find the result good.
    """
    if step.level.has_timestamp and tsa is None:
        raise TimestampUnavailable(f"the level {step.level} needs a time-stamping authority, and none is set")
    prepared = prepare_xml(_read(source), step, confined=confined, now=now)
    value = key.sign(prepared.unfinished.signed_info, prepared.algorithm)
    data, token = complete_xml(prepared, value, tsa=tsa if step.level.has_timestamp else None, confined=confined)
    try:
        target.write_bytes(data)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return SignedXml(
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        signature_id=prepared.unfinished.signer.signature_id,
        signed_at=token.gen_time if token else now,
        level=step.level,
    )


def prepare_xml(data: bytes, step: XmlSignatureStep, *, confined: ConfinedRunner, now: datetime) -> PreparedXml:
    """Return what the key has to sign, for a file that was not touched. Errors as sign_xml, before the key is used."""
    algorithm = signature_algorithm(step.certificate_der)
    plan = confined.run(plan_beside_others, data, algorithm.digest_algorithm, step.reference_id, step.place)
    signer = XadesSigner(step.certificate_der, algorithm, now, step.chain_ders, step.policy)
    return PreparedXml(data, plan, begin_signature(signer, [plan.reference]), algorithm)


def complete_xml(
    prepared: PreparedXml, value: bytes, *, tsa: TimestampAuthority | None, confined: ConfinedRunner
) -> tuple[bytes, TimestampToken | None]:
    """Return the signed file, checked, and its time-stamp if it has one.

    Args:
        value: What the key returned over unfinished.signed_info.
        tsa: Stamps the value; None leaves it at B-B.
    Raises:
        SignatureValueWrong, TimestampError, ResultUnsound, ConfinementError: Nothing is to be kept.
    """
    unfinished, algorithm = prepared.unfinished, prepared.algorithm
    check_signature_value(unfinished.signed_info, value, unfinished.certificate_der, algorithm)
    token = None
    if tsa is not None:
        imprint = hashlib.new(algorithm.digest_algorithm, unfinished.value_octets(value)).digest()
        token = tsa.timestamp(imprint, algorithm.digest_algorithm)
    signature = unfinished.finish(value, [signature_timestamp(token.der)] if token else [])
    data = splice(prepared.data, [prepared.plan.place.insertion(signature)])
    confined.run(check_made, data, unfinished.signer.signature_id, prepared.plan.reference.uri)
    return data, token


def _read(source: Path) -> bytes:
    if source.stat().st_size > MAX_SIZE_BYTES:
        raise XmlTooLarge(f"the XML is larger than {MAX_SIZE_BYTES} bytes")
    return source.read_bytes()
