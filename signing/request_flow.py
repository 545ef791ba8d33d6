"""How a signing request goes on: whose turn it is, what a signature or a refusal leads to. Pure; rows in, rows changed.

Steps of one stage sign in any order. A stage is over when its quorum (all, where none is set) has signed every document
that has not failed; then the next one begins.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from signing.states import OPEN_STEPS, DocumentState, StepState, move_step
from signing.store import RequestDocumentRow, SigningRequestRow, SigningStepRow


class Progress(StrEnum):
    """What came of one change."""

    GOES_ON = "goes-on"
    STEP_COMPLETED = "step-completed"
    COMPLETED = "completed"
    IMPOSSIBLE = "impossible"


def open_documents(request: SigningRequestRow) -> list[RequestDocumentRow]:
    """Return the documents that are still to be signed or were signed so far: those that have not failed."""
    return [document for document in request.documents if document.state != DocumentState.FAILED]


def is_numbered_before(request: SigningRequestRow, step: SigningStepRow) -> bool:
    """Return whether a step signs only what has a number and a date."""
    return request.numbering is not None and step.stage >= _numbered_stage(request)


def waits_for_number(request: SigningRequestRow) -> bool:
    """Return whether the stage whose turn it is may not begin before each open document has a number."""
    stage = _current_stage(request)
    if request.numbering is None or stage is None or stage < _numbered_stage(request):
        return False
    return any(document.number is None for document in open_documents(request))


def begin_stage(request: SigningRequestRow) -> list[SigningStepRow]:
    """Let the first stage that has open steps begin; returns the steps whose turn came with it."""
    stage = _current_stage(request)
    if waits_for_number(request):
        return []
    begun = [step for step in request.steps if step.stage == stage and step.state == StepState.PENDING]
    for step in begun:
        step.state = move_step(step.state, StepState.AWAITING if step.needs_approval else StepState.READY)
    return begun


def next_signature(request: SigningRequestRow) -> tuple[SigningStepRow, RequestDocumentRow] | None:
    """Return the step that may sign now and the document that it has not signed; steps that had no trouble go first."""
    ready = [step for step in request.steps if step.state == StepState.READY and step.certificate_id is not None]
    for step in sorted(ready, key=lambda step: step.problem_code is not None):
        signed = {signature.request_document_id for signature in step.signatures}
        document = next((found for found in open_documents(request) if found.id not in signed), None)
        if document is not None:
            return step, document
    return None


def after_signature(request: SigningRequestRow, step: SigningStepRow, now: datetime) -> Progress:
    """Take a new signature of a step into account."""
    if not _has_signed_all(request, step):
        return Progress.GOES_ON
    _complete(step, now)
    return _go_on(request, Progress.STEP_COMPLETED)


def after_failure(request: SigningRequestRow, now: datetime) -> Progress:
    """Take into account that a document of the request has failed."""
    if not open_documents(request):
        return Progress.IMPOSSIBLE
    done = [step for step in request.steps if step.state == StepState.READY and _has_signed_all(request, step)]
    for step in done:
        _complete(step, now)
    return _go_on(request, Progress.STEP_COMPLETED if done else Progress.GOES_ON)


def after_refusal(request: SigningRequestRow, step: SigningStepRow) -> Progress:
    """Refuse a step; the request goes on while enough others of its stage may still sign."""
    step.state = move_step(step.state, StepState.REFUSED)
    stage = _stage(request, step.stage)
    possible = [other for other in stage if other.state in OPEN_STEPS or other.state == StepState.COMPLETED]
    if step.quorum is None or len(possible) < step.quorum:
        return Progress.IMPOSSIBLE
    return _go_on(request, Progress.GOES_ON)


def progress_percent(request: SigningRequestRow) -> int:
    """Return how much of what must be signed is signed, from 0 to 100."""
    documents = {document.id for document in open_documents(request)}
    wanted = made = 0
    for stage in sorted({step.stage for step in request.steps}):
        steps = _stage(request, stage)
        needed = _quorum(steps) * len(documents)
        signed = sum(s.request_document_id in documents for step in steps for s in step.signatures)
        wanted, made = wanted + needed, made + min(needed, signed)
    return 100 * made // wanted if wanted else 0


def _go_on(request: SigningRequestRow, progress: Progress) -> Progress:
    stage = _current_stage(request)
    if stage is not None:
        steps = _stage(request, stage)
        if sum(step.state == StepState.COMPLETED for step in steps) >= _quorum(steps):
            _skip_rest(steps)
    if _current_stage(request) is not None:
        begin_stage(request)
        return progress
    for document in open_documents(request):
        document.state = DocumentState.SIGNED
    return Progress.COMPLETED


def _complete(step: SigningStepRow, now: datetime) -> None:
    step.state = move_step(step.state, StepState.COMPLETED)
    step.completed_at = now


def _skip_rest(steps: Sequence[SigningStepRow]) -> None:
    """Skip what is not needed; a step that has begun to sign goes on, or documents would carry different signatures."""
    for step in steps:
        if step.state in OPEN_STEPS and not step.signatures:
            step.state = move_step(step.state, StepState.SKIPPED)


def _has_signed_all(request: SigningRequestRow, step: SigningStepRow) -> bool:
    signed = {signature.request_document_id for signature in step.signatures}
    return all(document.id in signed for document in open_documents(request))


def _numbered_stage(request: SigningRequestRow) -> int:
    position = (request.numbering or {})["before_step"]
    return next(step.stage for step in request.steps if step.position == position)


def _current_stage(request: SigningRequestRow) -> int | None:
    return min((step.stage for step in request.steps if step.state in OPEN_STEPS), default=None)


def _stage(request: SigningRequestRow, stage: int) -> list[SigningStepRow]:
    return [step for step in request.steps if step.stage == stage]


def _quorum(steps: Sequence[SigningStepRow]) -> int:
    """Return how many of a stage's steps must sign: its quorum, else all that were not refused."""
    return next((step.quorum for step in steps if step.quorum is not None), len(steps))
