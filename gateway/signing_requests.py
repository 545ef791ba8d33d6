"""Opening, ending and releasing signing requests: the rules before and after the signing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from certs.journeys import check_for_profile
from certs.model import CertificateRole, CertificateState
from certs.store import SigningCertificate
from config.identifiers import new_id
from gateway.auth.caller import Caller
from gateway.db.tables.documents import DocumentRow
from gateway.db.tables.work import OutboxRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.key_holds import release_key
from gateway.numbering import check_numbering
from gateway.payment_events import RECEIPTS_TASK
from gateway.refusal import ApiProblem
from gateway.services import Services
from signing.appearance.words import check_asked
from signing.errors.keys import KeySourceNotServedYet
from signing.files.registry import FORMATS
from signing.key_sources.uri import is_server_side
from signing.model import PADES, Level, SigningProfile
from signing.profiles import parse_placement
from signing.request_flow import begin_stage
from signing.states import OPEN_STEPS, DocumentState, RequestState, StepState, move_request, move_step
from signing.store import RequestDocumentRow, SigningRequestRow, SigningStepRow


@dataclass(frozen=True)
class NewStep:
    """One signer's turn, as asked for.

    Attributes:
        certificate_id: None where anyone of signer_role may take the step up.
        stage: Steps of one stage sign in any order; None for a stage of its own.
        quorum: How many of the stage's steps must sign; None for all.
    """

    profile_code: str
    certificate_id: str | None
    placement: dict[str, Any] | None = None
    stamp_values: dict[str, str] | None = None
    signer_role: str | None = None
    needs_approval: bool = False
    stage: int | None = None
    quorum: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class NewRequest:
    """What a caller wants signed.

    Attributes:
        format: PADES, or a name of signing.files.registry.FORMATS.
        level: None leaves each step its profile's own.
        numbering: See gateway.numbering.
        over_broken: Sign PDFs although a signature in them does not hold.
    """

    dossier_code: str
    title: str
    documents: tuple[DocumentRow, ...]
    steps: tuple[NewStep, ...]
    expires_at: datetime | None
    format: str = PADES
    level: Level | None = None
    numbering: dict[str, Any] | None = None
    over_broken: bool = False


def open_request(
    services: Services, work: UnitOfWork, caller: Caller, new: NewRequest, now: datetime
) -> SigningRequestRow:
    """Keep a request and make its first step due.

    Raises:
        ApiProblem: What cannot succeed, named before any PIN is used.
    """
    if new.expires_at is not None and new.expires_at <= now:
        raise ApiProblem("deadline-past")
    if new.format == PADES:
        for document in new.documents:
            check_signable(document)
    else:
        check_file_format(services, new)
    if len({document.id for document in new.documents}) != len(new.documents):
        raise ApiProblem("document-twice")
    for step in new.steps:
        _check_new_step(services, work, caller, step, now)
    check_stages(new.steps)
    if new.numbering is not None:
        check_numbering(new.numbering, new.format, len(new.steps))
    row = _rows(caller, new, now)
    work.signing.add(row)
    begin_stage(row)
    work.due("signing", row.id, row.unit_id, now)
    work.audited(
        caller.actor,
        "signing-request.created",
        row.id,
        row.unit_id,
        now,
        dossier_code=new.dossier_code,
        sha256=[document.sha256 for document in new.documents],
    )
    work.happened("signing-request.created", row.id, row.unit_id, {"dossier_code": new.dossier_code}, now)
    return row


def check_signable(document: DocumentRow) -> None:
    """Refuse a document whose inspection found that it cannot be signed.

    Raises:
        ApiProblem: With the reason that inspection found.
    """
    if not document.inspection.get("signable"):
        code = document.inspection.get("problem_code") or "document-unreadable"
        raise ApiProblem(code, f"document {document.id} cannot be signed", document_id=document.id)


def check_file_format(services: Services, new: NewRequest) -> None:
    """Refuse what a format that is no PDF's does not offer.

    Raises:
        ApiProblem: The format is unknown, or has no such level, so many signatures, files of this kind or a picture.
    """
    chosen = FORMATS.get(new.format)
    if chosen is None:
        raise ApiProblem("format-unknown", f"{new.format!r} is none of {', '.join((PADES, *FORMATS))}")
    if chosen.join is None and len(new.steps) > 1:
        raise ApiProblem("format-one-signature", f"the format {new.format} has one signature in a file")
    for step in new.steps:
        profile = check_profile(services, step)
        if step.placement is not None or step.stamp_values or profile.stamp is not None:
            raise ApiProblem("format-shows-nothing", f"the format {new.format} has no page to show the step's stamp on")
        level = new.level or profile.level
        if level not in chosen.levels:
            raise ApiProblem("format-without-level", f"{new.format} is made at {', '.join(chosen.levels)}")
    for document in new.documents:
        if new.format == "xades" and document.media_type != chosen.media_type:
            raise ApiProblem("document-not-xml", document_id=document.id)


def _check_new_step(services: Services, work: UnitOfWork, caller: Caller, step: NewStep, now: datetime) -> None:
    if step.expires_at is not None and step.expires_at <= now:
        raise ApiProblem("deadline-past")
    if step.certificate_id is None and not (step.signer_role and step.needs_approval):
        raise ApiProblem("signer-missing")
    if step.certificate_id is None:
        check_profile(services, step)
    else:
        check_step(services, work, caller, step, now)


def check_stages(steps: Sequence[NewStep]) -> None:
    """Refuse stages that run backwards and quorums that cannot be met or contradict each other.

    Raises:
        ApiProblem: One of these.
    """
    numbers = stage_numbers(steps)
    if numbers != sorted(numbers):
        raise ApiProblem("stages-out-of-order")
    for number in set(numbers):
        members = [step for step, at in zip(steps, numbers, strict=True) if at == number]
        quorums = {step.quorum for step in members if step.quorum is not None}
        if len(quorums) > 1 or any(quorum > len(members) for quorum in quorums):
            raise ApiProblem("quorum-impossible", f"stage {number} has {len(members)} steps")


def stage_numbers(steps: Sequence[NewStep]) -> list[int]:
    """Return the stage of each step: its own, or the one after the step before."""
    numbers: list[int] = []
    for step in steps:
        numbers.append(step.stage if step.stage is not None else (numbers[-1] + 1 if numbers else 1))
    return numbers


def check_profile(services: Services, step: NewStep) -> SigningProfile:
    """Return the profile that a step names, if what the step says fits it.

    Raises:
        ApiProblem, PlacementInvalid, StampTextMissing, StampTextInvalid: It does not.
    """
    profile = services.profiles.get(step.profile_code)
    if profile is None:
        raise ApiProblem("profile-unknown", step.profile_code)
    if step.placement is not None:
        parse_placement(step.placement)
    check_asked(profile.stamp.lines if profile.stamp else (), step.stamp_values or {})
    return profile


def check_step(
    services: Services, work: UnitOfWork, caller: Caller, step: NewStep, now: datetime
) -> SigningCertificate:
    """Return the certificate that a step names, if the step could sign.

    Raises:
        ApiProblem, PlacementInvalid, StampTextMissing, StampTextInvalid: It could not, named before any PIN is used.
    """
    profile = check_profile(services, step)
    certificate = find_certificate(work, step.certificate_id or "", caller.unit_ids)
    if certificate is None:
        raise ApiProblem("certificate-unknown", step.certificate_id or "")
    if certificate.role != profile.role:
        raise ApiProblem("certificate-wrong-role", f"the profile {profile.code} is for a {profile.role}")
    if certificate.state == CertificateState.WITHDRAWN:
        successor = {"replaced_by": certificate.replaced_by} if certificate.replaced_by else {}
        raise ApiProblem("certificate-withdrawn", **successor)
    if certificate.valid_until <= now:
        raise ApiProblem("certificate-expired")
    check_for_profile(certificate.allowed_profiles, profile.code)
    if not is_server_side(certificate.key_source_uri):
        raise KeySourceNotServedYet("keys at desks and with remote services cannot be used by this version yet")
    return certificate


def find_certificate(work: UnitOfWork, certificate_id: str, unit_ids: tuple[str, ...]) -> SigningCertificate | None:
    """Return a signing certificate of one of the units."""
    row = work.session.get(SigningCertificate, certificate_id)
    return row if row is not None and row.unit_id in unit_ids else None


def _rows(caller: Caller, new: NewRequest, now: datetime) -> SigningRequestRow:
    unit_id = caller.unit_id
    documents = [
        RequestDocumentRow(
            id=new_id(),
            unit_id=unit_id,
            position=position,
            original_document_id=document.id,
            current_document_id=document.id,
            state=DocumentState.OPEN,
            numbered=False,
        )
        for position, document in enumerate(new.documents)
    ]
    steps = [
        SigningStepRow(
            id=new_id(),
            unit_id=unit_id,
            position=position,
            stage=stage,
            quorum=step.quorum,
            signer_role=step.signer_role,
            needs_approval=step.needs_approval,
            expires_at=step.expires_at,
            profile_code=step.profile_code,
            certificate_id=step.certificate_id,
            placement=step.placement,
            stamp_values=step.stamp_values,
            state=StepState.PENDING,
        )
        for position, (step, stage) in enumerate(zip(new.steps, stage_numbers(new.steps), strict=True))
    ]
    return SigningRequestRow(
        id=new_id(),
        unit_id=unit_id,
        client_id=caller.client_id,
        dossier_code=new.dossier_code,
        title=new.title,
        format=new.format,
        level=new.level.value if new.level else None,
        numbering=new.numbering,
        over_broken=new.over_broken,
        state=RequestState.CREATED,
        expires_at=new.expires_at,
        created_at=now,
        updated_at=now,
        documents=documents,
        steps=steps,
    )


def end_request(
    work: UnitOfWork, row: SigningRequestRow, state: RequestState, actor: str, reason: str, now: datetime
) -> None:
    """End a request before its last signature; its open steps end with it.

    Raises:
        StateMoveNotAllowed: It has ended already.
    """
    row.state = move_request(row.state, state)
    row.problem_detail, row.updated_at = reason, now
    target = StepState.REFUSED if state is RequestState.REFUSED else StepState.CANCELLED
    for step in row.steps:
        if step.state in OPEN_STEPS:
            step.state = move_step(step.state, target)
    work.audited(actor, f"signing-request.{state}", row.id, row.unit_id, now, reason=reason)
    work.happened(f"signing-request.{state}", row.id, row.unit_id, {"dossier_code": row.dossier_code}, now)


def cancel_request(work: UnitOfWork, row: SigningRequestRow, actor: str, reason: str, now: datetime) -> None:
    """End a request because it is no longer wanted."""
    end_request(work, row, RequestState.CANCELLED, actor, reason, now)


def refuse_request(work: UnitOfWork, row: SigningRequestRow, actor: str, reason: str, now: datetime) -> None:
    """End a request because its signer refuses."""
    end_request(work, row, RequestState.REFUSED, actor, reason, now)


def release_certificate(
    work: UnitOfWork, certificate_id: str, actor: str, now: datetime, *, person: str | None = None
) -> int:
    """Lift a hold after an operator has mended its cause, and let the steps and receipts that waited go on.

    See gateway.key_holds.release_key for the certificates that are released with it, and for what it raises.

    Args:
        person: Who decided it, where the actor of the audit trail is the machine that says so.
    Returns:
        How many steps were let go on.
    """
    released = release_key(work, certificate_id, person or actor, now)
    return sum(let_go_on(work, certificate, actor, now) for certificate in released)


def let_go_on(work: UnitOfWork, certificate: SigningCertificate, actor: str, now: datetime) -> int:
    """Make due what waited for a certificate that was just released; returns how many steps did."""
    steps = work.signing.held_by(certificate.id)
    for step in steps:
        step.state = move_step(step.state, StepState.READY)
        step.problem_code = step.problem_detail = None
        work.due("signing", step.request_id, step.unit_id, now)
    work.audited(actor, "certificate.released", certificate.id, certificate.unit_id, now, steps=len(steps))
    work.happened("certificate.released", certificate.id, certificate.unit_id, {"steps": len(steps)}, now)
    if certificate.role == CertificateRole.ORGANISATION:
        _seal_now(work, certificate.unit_id, now)
    return len(steps)


def _seal_now(work: UnitOfWork, unit_id: str, now: datetime) -> None:
    """Make the receipts due that waited for the unit's seal; they would come back by themselves only in minutes."""
    waiting = select(OutboxRow.subject_id).where(
        OutboxRow.kind == RECEIPTS_TASK, OutboxRow.unit_id == unit_id, OutboxRow.state != "done"
    )
    for order_id in work.session.scalars(waiting).all():
        work.due(RECEIPTS_TASK, order_id, unit_id, now)
