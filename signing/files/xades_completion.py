"""From a key's value to a finished XAdES file: stamped, made provable, archived, and judged before it leaves."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from signing.augmentation.subjects import timestamp_subject
from signing.files.model import Means, SignedFile
from signing.files.signature import SignatureValue, all_or_nothing, check_result, imprint_of, measured, needed_tsa
from signing.formats.cms import check_signature_value
from signing.formats.material import EvidenceSubject
from signing.formats.xml.addition import plan_archive_stamp
from signing.formats.xml.build import UnfinishedSignature
from signing.formats.xml.positions import Place, splice
from signing.formats.xml.references import ExternalFile, no_external_file
from signing.formats.xml.text import in_document
from signing.formats.xml.unsigned import (
    archive_timestamp,
    counter_signature,
    material_properties,
    signature_timestamp,
)
from signing.model import Level
from signing.timestamps.base import TimestampToken
from signing.validation.xml_document import name_of_signature, validate_xml

DIGEST_ALGORITHM = "sha256"


@dataclass(frozen=True)
class PreparedXades:
    """A file whose signature waits for its value. Plain values: they may be kept until the key has answered.

    Attributes:
        data: The file without the new signature.
        unfinished: Its signed_info is what the key signs.
        external_file: Gives the files that detached references name; it crosses into the child.
        counter: The signature is put into another one's properties.
    """

    data: bytes
    place: Place
    unfinished: UnfinishedSignature
    external_file: ExternalFile = no_external_file
    counter: bool = False


@dataclass(frozen=True)
class SignedXml(SignedFile):
    """The finished file, and the Id of the signature in it."""

    signature_id: str = ""


def complete_xades(
    prepared: PreparedXades, value: bytes, target: Path, level: Level, means: Means, now: datetime
) -> SignedXml:
    """Write the finished file to target; whatever fails, there is none.

    Args:
        value: What the key returned over prepared.unfinished.signed_info.
        now: As it was when the signature was prepared.
    Raises:
        SignatureValueWrong, TimestampError, MaterialError, ResultUnsound, ConfinementError: Nothing is kept.
    """
    unfinished = prepared.unfinished
    who = unfinished.signer
    check_signature_value(unfinished.signed_info, value, who.certificate_der, who.algorithm)
    token = _stamp(unfinished, value, level, means)
    properties = [] if token is None else [signature_timestamp(token.der)]
    if token is not None and level.has_material:
        properties += _material(unfinished, token, means)
    signature = unfinished.finish(value, properties)
    if prepared.counter:
        signature = counter_signature(signature.decode("ascii")).encode("ascii")
    data = splice(prepared.data, [prepared.place.insertion(signature)])
    if level is Level.B_LTA:
        data = _archived(data, prepared, means)
    with all_or_nothing(target):
        target.write_bytes(data)
        _check(target, prepared, level, means, now)
        made = measured(target, level, SignatureValue(value, token).signed_at(now))
        return SignedXml(made.sha256, made.size_bytes, made.signed_at, level, signature_id=who.signature_id)


def _stamp(unfinished: UnfinishedSignature, value: bytes, level: Level, means: Means) -> TimestampToken | None:
    tsa = needed_tsa(level, means)
    return None if tsa is None else tsa.timestamp(imprint_of(unfinished.value_octets(value)), DIGEST_ALGORITHM)


def _material(unfinished: UnfinishedSignature, token: TimestampToken, means: Means) -> list[str]:
    if means.raising is None:
        return []
    who = unfinished.signer
    subjects = (EvidenceSubject(who.certificate_der, who.chain_ders), timestamp_subject(token.der))
    return material_properties(means.raising.materials.material_for(subjects, means.raising.clock()))


def _archived(data: bytes, prepared: PreparedXades, means: Means) -> bytes:
    tsa = needed_tsa(Level.B_LTA, means)
    signature_id = prepared.unfinished.signer.signature_id
    plan = means.confined.run(plan_archive_stamp, data, signature_id, DIGEST_ALGORITHM, prepared.external_file)
    if tsa is None:
        return data
    token = tsa.timestamp(plan.imprint, DIGEST_ALGORITHM)
    return splice(data, [plan.place.insertion(in_document(archive_timestamp(token.der)))])


def _check(target: Path, prepared: PreparedXades, level: Level, means: Means, now: datetime) -> None:
    who = prepared.unfinished.signer
    data = target.read_bytes()
    name = means.confined.run(name_of_signature, data, who.signature_id)
    report = means.confined.run(validate_xml, data, prepared.external_file, means.policy, means.checking_time(now))
    check_result(report, name or "", who.certificate_der, f"XAdES-{level}")
