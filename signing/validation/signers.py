"""The judgement of each signer of a SignedData outside PDF: CAdES files, and the signatures inside containers."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from certs.model import SubIndication
from certs.revocation.answers import evidence_times
from certs.revocation.model import EvidenceItem, RevocationEvidence
from signing.formats.ber import read_element
from signing.formats.cades.archive import (
    ARCHIVE_TIME_STAMP,
    archive_imprint,
    index_holds,
    index_lists,
    read_hash_index,
)
from signing.formats.cades.attributes import COUNTER_SIGNATURE
from signing.formats.cades.material import read_material
from signing.formats.cades.structure import (
    SignedDataParts,
    SignerParts,
    read_signer,
    values_of,
    write_signed_data,
)
from signing.formats.material import ValidationMaterial
from signing.validation.cms import (
    MALFORMED,
    MAX_EVIDENCE_ITEMS,
    MAX_TIMESTAMPS,
    CmsFindings,
    DigestOf,
    check_counter_signature,
    check_signed_data,
    parse_signed_data,
)
from signing.validation.hostile import attempt
from signing.validation.judged import Seen, Surroundings, guarded, report_on, token_context
from signing.validation.policy import ValidationPolicy
from signing.validation.report import SignatureReport, TimestampReport
from signing.validation.signature import earliest
from signing.validation.timestamps import judge_token

MAX_COUNTERS = 16
MAX_COUNTER_DEPTH = 3


@dataclass(frozen=True)
class SignerContext:
    """What the signers of one SignedData are judged by.

    Attributes:
        digest_of: The digest of the signed content by algorithm; None where the content is not there.
        label: Names the SignedData in the report: the signature file's name in a container, else empty.
        covers_whole_document: Whether it signs all that there is to sign.
        covering: Time-stamps outside that cover this SignedData, such as a container's archive time-stamps.
    """

    parts: SignedDataParts
    digest_of: DigestOf | None
    policy: ValidationPolicy
    at: datetime
    label: str = ""
    covers_whole_document: bool = True
    covering: tuple[TimestampReport, ...] = ()

    @property
    def surroundings(self) -> Surroundings:
        """What its signatures are judged by besides themselves."""
        return Surroundings(self.policy, self.at, self.covers_whole_document, self.covering)


def judge_signers(context: SignerContext) -> tuple[SignatureReport, ...]:
    """Judge every signer and every counter-signature; what a hostile file does is a finding.

    Source: ETSI EN 319 102-1 V1.3.1, 5.2 to 5.6; ETSI EN 319 122-1 V1.3.1.
    """
    reports: list[SignatureReport] = []
    for number, signer in enumerate(context.parts.signers, start=1):
        name = f"{context.label}#{number}"
        own = guarded(name, partial(_judge, name, signer, context), context.surroundings)
        archive = tuple(stamp for stamp in own.timestamps if stamp.place == "archive")
        reports += [own, *_judge_counters(name, signer, context, archive, MAX_COUNTER_DEPTH)]
    return tuple(reports)


def _judge_counters(
    name: str, signer: SignerParts, context: SignerContext, archive: tuple[TimestampReport, ...], depth: int
) -> list[SignatureReport]:
    """Judge what was signed over a signature, and over that in turn: an archive time-stamp there covers all of it."""
    reports: list[SignatureReport] = []
    for number, counter in enumerate(attempt(partial(counter_signers, signer), []), start=1):
        below = f"{name}.{number}"
        covering = attempt(partial(_stamps_over, number - 1, signer, archive), ())
        around = replace(context, covering=(*context.covering, *covering))
        reports.append(guarded(below, partial(_judge_counter, below, signer, counter, around), around.surroundings))
        if depth > 1:
            reports += _judge_counters(below, counter, around, (), depth - 1)
    return reports


def _stamps_over(
    position: int, signer: SignerParts, archive: tuple[TimestampReport, ...]
) -> tuple[TimestampReport, ...]:
    """Return those of a signer's archive time-stamps whose index lists a counter-signature over it."""
    counter = values_of(signer.unsigned_attributes, COUNTER_SIGNATURE)[position]
    tokens = values_of(signer.unsigned_attributes, ARCHIVE_TIME_STAMP)
    indexes = (read_hash_index(token) for token in tokens[: len(archive)])
    return tuple(
        stamp
        for stamp, index in zip(archive, indexes, strict=True)
        if index is not None and index_lists(index, COUNTER_SIGNATURE, counter)
    )


def is_counter_signature(name: str) -> bool:
    """Say whether a report's name is that of a counter-signature."""
    return "." in name.rpartition("#")[2]


def signer_findings(parts: SignedDataParts, signer: SignerParts, digest_of: DigestOf | None) -> CmsFindings:
    """Say what the bytes of one signature are worth, without any trust."""
    signed_data = parse_signed_data(_view(parts, signer))
    return MALFORMED if signed_data is None else check_signed_data(signed_data, digest_of or (lambda _: b""))


def counter_findings(parts: SignedDataParts, signer: SignerParts, counter: SignerParts) -> CmsFindings:
    """Say what the bytes of a counter-signature over a signer's value are worth."""
    signed_data = parse_signed_data(_view(parts, counter))
    return MALFORMED if signed_data is None else check_counter_signature(signed_data, signer.signature_value)


def _view(parts: SignedDataParts, signer: SignerParts) -> bytes:
    """Return a SignedData with one signer and without content, which is what the CMS library checks."""
    view = replace(parts, content=None, content_pieces=(), crls=(), signers=(signer,))
    return b"".join(write_signed_data(view))


def counter_signers(signer: SignerParts) -> list[SignerParts]:
    """Return what was signed over a signature.

    Raises:
        SignatureFileUnreadable: One of them is malformed.
    """
    found = values_of(signer.unsigned_attributes, COUNTER_SIGNATURE)
    return [read_signer(read_element(one)) for one in found[:MAX_COUNTERS]]


def _judge(name: str, signer: SignerParts, context: SignerContext) -> SignatureReport:
    findings = signer_findings(context.parts, signer, context.digest_of)
    if context.digest_of is None and findings.sub_indication is SubIndication.HASH_FAILURE:
        findings = replace(findings, sub_indication=SubIndication.SIGNED_DATA_NOT_FOUND, intact=None)
    seen = _seen(name, findings, context)
    archive = _judge_archive_stamps(seen, signer, context) if context.digest_of is not None else ()
    return report_on(seen, archive, context.surroundings)


def _judge_counter(name: str, signer: SignerParts, counter: SignerParts, context: SignerContext) -> SignatureReport:
    findings = counter_findings(context.parts, signer, counter)
    return report_on(_seen(name, findings, context), (), context.surroundings)


def _seen(name: str, findings: CmsFindings, context: SignerContext) -> Seen:
    baseline = findings.refers_to_signer and findings.claimed_time is not None
    return Seen(name, "CAdES-B" if baseline else "CMS-B", findings, embedded_evidence(context.parts))


def _judge_archive_stamps(seen: Seen, signer: SignerParts, context: SignerContext) -> tuple[TimestampReport, ...]:
    """Judge the newest first: each that holds proves that the older ones existed at its time."""
    tokens = values_of(signer.unsigned_attributes, ARCHIVE_TIME_STAMP)[:MAX_TIMESTAMPS]
    judged: list[TimestampReport] = []
    for token in reversed(tokens):
        signed_data = parse_signed_data(token)
        if signed_data is None:
            judged.append(_malformed_stamp())
            continue
        digest = partial(_archive_digest, token, signer, context)
        later = earliest([*judged, *context.covering])
        stamp_context = token_context(seen, context.surroundings, later)
        judged.append(judge_token(signed_data, digest, "archive", stamp_context))
    return tuple(reversed(judged))


def _archive_digest(token: bytes, signer: SignerParts, context: SignerContext, algorithm: str) -> bytes | None:
    """Return what an archive time-stamp must be about; None where something that its index lists is gone."""
    index = read_hash_index(token)
    content = context.digest_of(algorithm) if context.digest_of is not None else None
    if index is None or content is None or index.digest_algorithm != algorithm:
        return None
    if not index_holds(index, context.parts, signer):
        return None
    return archive_imprint(context.parts, signer, content, index.encoded, algorithm)


def _malformed_stamp() -> TimestampReport:
    return TimestampReport("archive", "", None, False, SubIndication.FORMAT_FAILURE, "the token is malformed")


def embedded_evidence(parts: SignedDataParts) -> RevocationEvidence:
    """Return the certificates and revocation answers that a SignedData holds."""
    material = attempt(lambda: read_material(parts), ValidationMaterial())
    pairs = [*(("crl", one) for one in material.crls), *(("ocsp", one) for one in material.ocsps)]
    items = []
    for kind, encoded in pairs[:MAX_EVIDENCE_ITEMS]:
        times = evidence_times(kind, encoded)
        if times is not None:
            items.append(EvidenceItem(kind, encoded, "signature", *times))
    return RevocationEvidence(tuple(items), material.certificates)
