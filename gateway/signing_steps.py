"""What people do about a step: approve, refuse, delegate, comment; every act is kept with who, as what and whence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.identifiers import new_id
from gateway.auth.caller import Caller
from gateway.db.unit_of_work import UnitOfWork
from gateway.refusal import ApiProblem
from gateway.services import Services
from gateway.signing_progress import go_on
from gateway.signing_requests import NewStep, check_step, end_request
from signing.request_flow import Progress, after_refusal, begin_stage
from signing.states import FINAL, OPEN_STEPS, RequestState, StepState, move_step
from signing.store import SigningActRow, SigningRequestRow, SigningStepRow


@dataclass(frozen=True)
class Actor:
    """The person who acts, as the calling system vouches for them.

    Attributes:
        role: What they act as, such as "chu-tich"; a step that names a role takes nobody else.
        address: The IP address that they acted from.
    """

    name: str
    role: str | None = None
    address: str | None = None


def find_step(request: SigningRequestRow, position: int) -> SigningStepRow:
    """Return a step of an open request.

    Raises:
        ApiProblem: There is none, or the request has ended.
    """
    if request.state in FINAL:
        raise ApiProblem("signing-request-ended", f"the request is {request.state}")
    step = next((found for found in request.steps if found.position == position), None)
    if step is None:
        raise ApiProblem("signing-step-not-found", f"the request has {len(request.steps)} steps, from 0")
    return step


def approve_step(
    services: Services,
    work: UnitOfWork,
    caller: Caller,
    request: SigningRequestRow,
    step: SigningStepRow,
    actor: Actor,
    certificate_id: str | None,
    comment: str | None,
    now: datetime,
) -> None:
    """Let a step sign whose turn has come and that waits for a yes; a step for a role is taken up with a certificate.

    Raises:
        ApiProblem: It is not its turn, the actor has not the role, or the certificate could not sign.
    """
    if step.state != StepState.AWAITING:
        raise ApiProblem("step-not-awaiting", f"the step is {step.state}")
    _check_role(step, actor)
    chosen = certificate_id or step.certificate_id
    if step.certificate_id is not None and chosen != step.certificate_id:
        raise ApiProblem("step-has-signer")
    check_step(services, work, caller, _as_asked(step, chosen), now)
    step.certificate_id = chosen
    step.state = move_step(step.state, StepState.READY)
    _act(work, caller, request, step, actor, "approve", comment, now, certificate_id=chosen)
    work.due("signing", request.id, request.unit_id, now)


def refuse_step(
    work: UnitOfWork,
    caller: Caller,
    request: SigningRequestRow,
    step: SigningStepRow,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """Record that a signer refuses; the request ends with it unless enough others of the stage may still sign.

    Raises:
        ApiProblem: The step has signed, or the actor has not the role.
    """
    if step.state not in OPEN_STEPS or step.signatures:
        raise ApiProblem("step-not-open", f"the step is {step.state}")
    _check_role(step, actor)
    step.problem_detail = reason
    _act(work, caller, request, step, actor, "refuse", reason, now)
    progress = after_refusal(request, step)
    if progress is Progress.IMPOSSIBLE:
        end_request(work, request, RequestState.REFUSED, f"{caller.actor} for {actor.name}", reason, now)
    else:
        go_on(work, request, progress, now)


def delegate_step(
    services: Services,
    work: UnitOfWork,
    caller: Caller,
    request: SigningRequestRow,
    step: SigningStepRow,
    actor: Actor,
    certificate_id: str,
    reason: str,
    now: datetime,
) -> None:
    """Hand a step that has not signed to another certificate of the same role.

    Raises:
        ApiProblem: The step has begun, the actor has not the role, or the certificate could not sign.
    """
    if step.state not in OPEN_STEPS or step.signatures:
        raise ApiProblem("step-not-open", f"the step is {step.state}")
    _check_role(step, actor)
    check_step(services, work, caller, _as_asked(step, certificate_id), now)
    before, step.certificate_id = step.certificate_id, certificate_id
    if step.state == StepState.HELD:
        # What held it was the other certificate's key.
        step.state = move_step(step.state, StepState.READY)
        step.problem_code = step.problem_detail = None
    _act(work, caller, request, step, actor, "delegate", reason, now, from_id=before, to_id=certificate_id)
    work.due("signing", request.id, request.unit_id, now)


def number_documents(
    work: UnitOfWork,
    caller: Caller,
    request: SigningRequestRow,
    numbers: Mapping[str, dict[str, str]],
    actor: Actor,
    now: datetime,
) -> None:
    """Give documents their numbers and dates; once all have them, the step that waited for it goes on.

    Args:
        numbers: As gateway.numbering.given_number makes them, by the id under which each document was uploaded.
    Raises:
        ApiProblem: The request has ended or takes no numbers, a document is not its own, or its number is
            written already.
    """
    if request.state in FINAL:
        raise ApiProblem("signing-request-ended", f"the request is {request.state}")
    if request.numbering is None:
        raise ApiProblem("numbering-not-asked")
    for document_id, number in numbers.items():
        document = next((one for one in request.documents if one.original_document_id == document_id), None)
        if document is None:
            raise ApiProblem("document-not-found")
        if document.numbered:
            raise ApiProblem("numbered-already", document_id=document_id)
        document.number = number
    _act(work, caller, request, None, actor, "number", None, now, numbers=dict(numbers))
    begin_stage(request)
    work.due("signing", request.id, request.unit_id, now)


def add_comment(
    work: UnitOfWork, caller: Caller, request: SigningRequestRow, actor: Actor, text: str, now: datetime
) -> None:
    """Keep a remark beside a request, whatever its state."""
    _act(work, caller, request, None, actor, "comment", text, now)


def _check_role(step: SigningStepRow, actor: Actor) -> None:
    if step.signer_role is not None and actor.role != step.signer_role:
        raise ApiProblem("step-not-for-role", f"the step is for the role {step.signer_role}")


def _as_asked(step: SigningStepRow, certificate_id: str | None) -> NewStep:
    return NewStep(step.profile_code, certificate_id, step.placement, step.stamp_values)


def _act(
    work: UnitOfWork,
    caller: Caller,
    request: SigningRequestRow,
    step: SigningStepRow | None,
    actor: Actor,
    act: str,
    text: str | None,
    now: datetime,
    **details: Any,
) -> None:
    row = SigningActRow(
        id=new_id(),
        unit_id=request.unit_id,
        step_id=step.id if step else None,
        act=act,
        actor=actor.name,
        actor_role=actor.role,
        from_address=actor.address,
        client_id=caller.client_id,
        text=text,
        details=details,
        acted_at=now,
    )
    request.acts.append(row)
    request.updated_at = now
    data = {"dossier_code": request.dossier_code, "act": act, "step": step.position if step else None}
    work.happened("signing-request.act", request.id, request.unit_id, data, now)
    facts = {"act_id": row.id, "actor_name": actor.name, "role": actor.role, "address": actor.address, **details}
    work.audited(caller.actor, f"signing-step.{act}", request.id, request.unit_id, now, **facts)
