"""Signing one PDF, from the untouched file to the signed revision."""

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from certs.algorithms import AlgorithmTable
from config.confinement import ConfinedRunner
from signing.augmentation.pades_revisions import TIMESTAMP_ROOM_BYTES, add_document_timestamp, add_material
from signing.augmentation.subjects import timestamp_subject
from signing.errors.evidence import MaterialUnavailable
from signing.errors.timestamps import TimestampUnavailable
from signing.formats.cms import assemble_signed_data, check_signature_value, reserved_size_bytes, signed_attributes
from signing.formats.material import EvidenceSubject, MaterialGatherer
from signing.formats.pdf.direct.proved import UNBROKEN
from signing.formats.pdf.long_term import SignatureMaterial
from signing.formats.pdf.prepare import PdfSignatureOrder
from signing.formats.pdf.preview import Preview, preview_signature
from signing.formats.pdf.signed_revision import write_signed_revision
from signing.key_sources.base import KeySource
from signing.model import BesideText, BetweenText, Level, Placement, SignatureAlgorithm, SignatureStep, SignedRevision
from signing.policies import check_acceptable, signature_algorithm
from signing.timestamps.base import TimestampAuthority, TimestampToken
from signing.validation.earlier import may_be_signed, refuse_broken

SIGNER_NAME = "{signer_name}"


def sign_pdf(
    source: Path,
    target: Path,
    step: SignatureStep,
    *,
    key: KeySource,
    tsa: TimestampAuthority | None,
    confined: ConfinedRunner,
    now: datetime,
    materials: MaterialGatherer | None = None,
    algorithms: AlgorithmTable | None = None,
    password: str | None = None,
    over_broken: bool = False,
) -> SignedRevision:
    """Write source plus one signed revision to target, and at B-LT and B-LTA a further one that makes it provable.

    The signer's right to sign is the caller's to check before. Whatever fails, there is no target; the key is used
    at most once.

    Args:
        target: Where the signed file goes; a file already there is replaced.
        tsa: Needed at level B-T and above.
        confined: Runs the part that parses the untrusted file.
        now: Aware; becomes the claimed time.
        materials: Needed at levels B-LT and B-LTA.
        algorithms: What may be relied on until which day; None takes the shipped table.
        password: Opens the file, if it is encrypted; the result is encrypted the same way.
        over_broken: Sign although a signature in the file does not hold; whoever asks has seen that.
    Raises:
        EarlierSignatureBroken: A signature in the file does not hold; the key was not used.
        DocumentNotSignable, PlacementError, PictureUnusable, AlgorithmNotAllowed: The key was not used.
        KeySourceError: The key could not be used, or its value does not verify.
        TimestampError: Signed, but not stamped; nothing is kept.
        MaterialError: Signed, but not provable; nothing is kept.
        SignatureDoesNotFit: The finished signature is larger than planned.
        ConfinementError: The file could not be read within the limits.
    """
    algorithm = signature_algorithm(step.certificate_der, prefer_pss=step.profile.prefer_pss)
    check_acceptable(algorithm, step.certificate_der, now, algorithms)
    order = _order(step, algorithm, now, password)
    level = step.profile.level
    if level.has_timestamp and tsa is None:
        raise TimestampUnavailable(f"the level {level} needs a time-stamping authority, and none is set")
    if level.has_material and materials is None:
        raise MaterialUnavailable(f"the level {level} needs responders to be asked, and nothing here asks them")
    stamp = tsa if level.has_timestamp else None
    signer = _Signer(step, algorithm, key, stamp)
    try:
        look_at = _nothing_asked if over_broken else partial(_refuse_broken, source, confined, now, password)
        written = write_signed_revision(source, target, order, signer.make_cms, confined, look_at)
        if not over_broken:
            # What was looked at, and a signature of our own that is checked before it goes in.
            UNBROKEN.remember(written.sha256)
        sha256, size_bytes = written.sha256.hex(), written.size_bytes
        if stamp is not None and materials is not None and level.has_material:
            found = materials.material_for(_subjects(step, signer.stamped()), now)
            provable = SignatureMaterial(written.field_name, found)
            _make_provable(target, level, provable, stamp, confined, password)
            sha256, size_bytes = _measure(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return SignedRevision(
        sha256=sha256,
        size_bytes=size_bytes,
        field_name=written.field_name,
        page_index=written.page_index,
        rectangle=written.rectangle,
        signed_at=signer.stamped().gen_time if stamp else now,
        level=level,
    )


def _nothing_asked(_: bytes) -> None:
    """Whoever signs over broken signatures knows of them."""


def _refuse_broken(source: Path, confined: ConfinedRunner, now: datetime, password: str | None, sha256: bytes) -> None:
    if may_be_signed(source) and not UNBROKEN.knows(sha256):
        confined.run(refuse_broken, source, now, password)


def preview_pdf(
    source: Path, scratch: Path, step: SignatureStep, *, confined: ConfinedRunner, now: datetime
) -> Preview:
    """Return a picture of the page as sign_pdf would leave it; no key is used and nothing is kept.

    Raises:
        DocumentNotSignable, PlacementError, PictureUnusable, AlgorithmNotAllowed: As sign_pdf would.
        ConfinementError: The file could not be read within the limits.
    """
    algorithm = signature_algorithm(step.certificate_der, prefer_pss=step.profile.prefer_pss)
    return confined.run(preview_signature, source, scratch, _order(step, algorithm, now))


def _subjects(step: SignatureStep, token: TimestampToken) -> tuple[EvidenceSubject, ...]:
    return EvidenceSubject(step.certificate_der, step.chain_ders), timestamp_subject(token.der)


def _make_provable(
    path: Path,
    level: Level,
    provable: SignatureMaterial,
    tsa: TimestampAuthority,
    confined: ConfinedRunner,
    password: str | None,
) -> None:
    if level is Level.B_LTA:
        add_document_timestamp(path, (provable,), tsa, confined, password)
    else:
        add_material(path, (provable,), confined, password)


def _order(
    step: SignatureStep, algorithm: SignatureAlgorithm, now: datetime, password: str | None = None
) -> PdfSignatureOrder:
    room = TIMESTAMP_ROOM_BYTES if step.profile.level.has_timestamp else 0
    return PdfSignatureOrder(
        placement=_for_signer(step.profile.placement, step.signer_name),
        signer_name=step.signer_name,
        claimed_at=now,
        digest_algorithm=algorithm.digest_algorithm,
        bytes_reserved=reserved_size_bytes(step.certificate_der, step.chain_ders, timestamp_bytes=room),
        image_png=step.image_png,
        stamp=step.stamp,
        reason=step.reason,
        certification=step.profile.certification,
        lock=step.profile.lock,
        stamped=step.profile.level.has_timestamp,
        certificate_der=step.certificate_der,
        chain_ders=step.chain_ders,
        password=password,
    )


def _for_signer(placement: Placement, signer_name: str) -> Placement:
    if isinstance(placement, BesideText):
        return dataclasses.replace(placement, text=placement.text.replace(SIGNER_NAME, signer_name))
    if isinstance(placement, BetweenText):
        return dataclasses.replace(
            placement,
            above=placement.above.replace(SIGNER_NAME, signer_name),
            below=placement.below.replace(SIGNER_NAME, signer_name),
        )
    return placement


@dataclass
class _Signer:
    """One use of the key, and of the time-stamping authority where the level has a time-stamp."""

    step: SignatureStep
    algorithm: SignatureAlgorithm
    key: KeySource
    tsa: TimestampAuthority | None
    token: TimestampToken | None = None

    def make_cms(self, digest: bytes) -> bytes:
        """Return the finished CMS over the digest of everything but its gap."""
        algorithm, certificate_der = self.algorithm, self.step.certificate_der
        attributes = signed_attributes(digest, certificate_der)
        value = self.key.sign(attributes, algorithm)
        check_signature_value(attributes, value, certificate_der, algorithm)
        if self.tsa is not None:
            imprint = hashlib.new(algorithm.digest_algorithm, value).digest()
            self.token = self.tsa.timestamp(imprint, algorithm.digest_algorithm)
        return assemble_signed_data(
            attributes=attributes,
            signature_value=value,
            algorithm=algorithm,
            certificate_der=certificate_der,
            chain_ders=self.step.chain_ders,
            timestamp_token=self.token.der if self.token else None,
        )

    def stamped(self) -> TimestampToken:
        """Return the time-stamp that make_cms got."""
        if self.token is None:
            raise TimestampUnavailable("the signature has no time-stamp")
        return self.token


def _measure(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()
