"""A dossier's whole story, gathered from every table that knows something of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from certs.model import CertificateRole
from certs.store import SigningCertificate
from gateway.db.tables.callers import UnitRow
from gateway.db.tables.documents import DocumentRow, ValidationRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages.audit_trail import audit_rows
from gateway.pages.files import file_link
from gateway.pages.names import Names, both_amounts, same
from gateway.pages.problems import problem_text
from gateway.pages.story_deliveries import delivery_step
from gateway.pages.story_list import overall, subject_states
from gateway.pages.story_money import order_steps
from gateway.pages.story_reconciliation import reconciliation_steps
from gateway.pages.verify import verify_page
from gateway.services import Services
from gateway.web.story_views import StepKind, StepState, StoryPage, StoryStep
from gateway.web.view_models import Text
from payments.store.tables import FeeOrderRow
from signing.states import StepState as SigningState
from signing.store import SigningRequestRow, SigningStepRow

SIGNING_STATES = {
    SigningState.PENDING: StepState.WAITING,
    SigningState.AWAITING: StepState.WAITING,
    SigningState.READY: StepState.RUNNING,
    SigningState.HELD: StepState.ATTENTION,
    SigningState.COMPLETED: StepState.DONE,
    SigningState.REFUSED: StepState.REFUSED,
    SigningState.FAILED: StepState.FAILED,
    SigningState.CANCELLED: StepState.CANCELLED,
    SigningState.SKIPPED: StepState.CANCELLED,
}
# How a try to pay went is told, but does not say how the dossier stands: the order does.
TELLING_ONLY = {StepKind.ATTEMPT_STARTED, StepKind.CALLBACK_RECEIVED, StepKind.PROVIDER_ASKED}
TELL_OVERALL = {StepState.ATTENTION, StepState.RETRYING, StepState.RUNNING}


def find_story(services: Services, unit_ids: Sequence[str], dossier_code: str) -> StoryPage | None:
    """Return one dossier's story, oldest step first, or None where the units know nothing of it."""
    with services.unit_of_work(read_only=True) as work:
        requests = work.signing.of_dossier(dossier_code, unit_ids)
        orders = work.session.scalars(
            select(FeeOrderRow).where(FeeOrderRow.dossier_code == dossier_code, FeeOrderRow.unit_id.in_(unit_ids))
        ).all()
        if not requests and not orders:
            return None
        names = Names(services, work)
        subjects = _subjects(work, requests, orders)
        steps = _in_order(_steps(work, names, requests, orders, subjects))
        unit = work.session.get(UnitRow, requests[0].unit_id if requests else orders[0].unit_id)
        return StoryPage(
            dossier_code=dossier_code,
            title=requests[0].title if requests else orders[0].purpose,
            unit_name=unit.name if unit else "",
            state=overall([*subject_states(requests, orders), *_telling(steps)]),
            steps=steps,
            audit=audit_rows(work, names, subjects),
        )


def _steps(
    work: UnitOfWork,
    names: Names,
    requests: Sequence[SigningRequestRow],
    orders: Sequence[FeeOrderRow],
    subjects: dict[str, Text],
) -> list[StoryStep]:
    steps = [step for request in requests for step in _signing_steps(work, names, request)]
    steps += [step for order in orders for step in order_steps(work, names, order)]
    steps += delivery_step(work, names, subjects)
    attempt_ids = [attempt.id for order in orders for attempt in work.payments.attempts_of(order.id)]
    return steps + reconciliation_steps(work, orders, attempt_ids)


def _telling(steps: Iterable[StoryStep]) -> Iterator[StepState]:
    """Yield what steps add to the state of requests and orders: what waits, and news that nobody took."""
    for step in steps:
        if step.kind is StepKind.WEBHOOK_DELIVERED and step.state is StepState.FAILED:
            yield StepState.ATTENTION
        elif step.kind not in TELLING_ONLY and step.state in TELL_OVERALL:
            yield step.state


def _in_order(steps: Iterable[StoryStep]) -> tuple[StoryStep, ...]:
    """Sort by time, what has no time yet last, and tell neighbouring questions to a provider as one step."""
    ordered = sorted(steps, key=lambda step: (step.at is None, step.at))
    joined: list[StoryStep] = []
    for kind, group in groupby(ordered, key=lambda step: step.kind):
        members = list(group)
        joined += [_joined(members)] if kind is StepKind.PROVIDER_ASKED else members
    return tuple(joined)


def _joined(members: Sequence[StoryStep]) -> StoryStep:
    answers = tuple(answer for member in members for answer in member.callbacks)
    return replace(members[-1], at=members[0].at, callbacks=answers)


def _signing_steps(work: UnitOfWork, names: Names, request: SigningRequestRow) -> list[StoryStep]:
    steps = [*_received(work, names, request), _requested(names, request)]
    steps += [_signed(work, request, step) for step in request.steps]
    revisions = [document.current_document_id for document in request.documents]
    hashes = set(work.session.scalars(select(DocumentRow.sha256).where(DocumentRow.id.in_(revisions))))
    query = (
        select(ValidationRow, DocumentRow)
        .join(DocumentRow, DocumentRow.id == ValidationRow.document_id)
        .where(DocumentRow.sha256.in_(hashes), DocumentRow.unit_id == request.unit_id)
        .where(ValidationRow.created_at >= request.created_at)
    )
    steps += [
        StoryStep(StepKind.VALIDATED, StepState.DONE, row.completed_at, verification=verify_page(row, document))
        for row, document in work.session.execute(query)
        if row.completed_at is not None
    ]
    return steps


def _received(work: UnitOfWork, names: Names, request: SigningRequestRow) -> Iterator[StoryStep]:
    originals = [document.original_document_id for document in request.documents]
    rows = work.session.scalars(select(DocumentRow).where(DocumentRow.id.in_(originals)))
    for row in sorted(rows, key=lambda found: originals.index(found.id)):
        actor = names.actor(row.created_by)
        files = (file_link(row, 1),)
        yield StoryStep(StepKind.DOCUMENT_RECEIVED, StepState.DONE, row.created_at, actor, files=files)


def _requested(names: Names, request: SigningRequestRow) -> StoryStep:
    count, signers = len(request.documents), len(request.steps)
    note = Text(f"{count} văn bản, {signers} lượt ký", f"{count} document(s), {signers} signer(s)")
    return StoryStep(
        StepKind.SIGNING_REQUESTED, StepState.DONE, request.created_at, names.client(request.client_id), note
    )


def _signed(work: UnitOfWork, request: SigningRequestRow, step: SigningStepRow) -> StoryStep:
    certificate = work.session.get(SigningCertificate, step.certificate_id)
    is_seal = certificate is not None and certificate.role == CertificateRole.ORGANISATION
    outputs = [signature.output_document_id for signature in step.signatures]
    rows = work.session.scalars(select(DocumentRow).where(DocumentRow.id.in_(outputs))).all()
    return StoryStep(
        kind=StepKind.SEALED_BY_ORGANISATION if is_seal else StepKind.SIGNED_BY_PERSON,
        state=SIGNING_STATES[SigningState(step.state)],
        at=_when(request, step),
        actor=same(certificate.holder_name) if certificate else None,
        note=problem_text(step.problem_code) if step.problem_code else _levels(step),
        files=tuple(file_link(row, step.position + 2) for row in rows),
    )


def _when(request: SigningRequestRow, step: SigningStepRow) -> datetime | None:
    """Return when the step's signatures were made, or when it stopped; None while its turn has not come."""
    if step.signatures:
        return step.signatures[-1].signed_at
    return step.completed_at or (request.updated_at if step.problem_code else None)


def _levels(step: SigningStepRow) -> Text | None:
    levels = sorted({f"PAdES {signature.level}" for signature in step.signatures})
    return same(", ".join(levels)) if levels else None


def _subjects(
    work: UnitOfWork, requests: Sequence[SigningRequestRow], orders: Sequence[FeeOrderRow]
) -> dict[str, Text]:
    """Return what events and audit entries of the dossier are about: each id with its name."""
    found = {request.id: Text(f"yêu cầu ký “{request.title}”", f"request “{request.title}”") for request in requests}
    documents = {link.original_document_id for request in requests for link in request.documents}
    documents |= {
        signature.output_document_id for request in requests for step in request.steps for signature in step.signatures
    }
    for row in work.session.scalars(select(DocumentRow).where(DocumentRow.id.in_(documents))):
        found[row.id] = Text(f"văn bản {row.filename}", f"document {row.filename}")
    for order in orders:
        amount = both_amounts(order.amount_minor)
        found[order.id] = Text(f"khoản thu {amount.vi}", f"fee order of {amount.en}")
        for receipt in work.payments.receipts.of_order(order.id):
            number = f"{receipt.series} · {receipt.printed_number}"
            found[receipt.id] = Text(f"biên lai {number}", f"receipt {number}")
    return found
