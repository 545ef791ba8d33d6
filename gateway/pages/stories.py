"""A dossier's whole story, gathered from every table that knows something of it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import or_, select

from certs.store import SigningCertificate
from gateway.db.audit import GENESIS, AuditFact, entry_sha256
from gateway.db.tables.callers import UnitRow
from gateway.db.tables.documents import DocumentRow, ValidationRow
from gateway.db.tables.work import AuditRow as AuditEntry
from gateway.db.unit_of_work import UnitOfWork
from gateway.pages import story_money
from gateway.pages.problems import problem_text
from gateway.pages.verify import verify_page
from gateway.services import Services
from gateway.web.view_models import (
    AuditRow,
    FileLink,
    StepKind,
    StepState,
    StoryList,
    StoryPage,
    StoryRow,
    StoryStep,
    Text,
)
from payments.store.tables import FeeOrderRow
from signing.states import StepState as SigningState
from signing.store import SigningRequestRow, SigningStepRow

PAGE_ROWS = 50
AUDIT_ROWS = 200
REQUEST_STATES = {
    "created": StepState.WAITING,
    "signing": StepState.RUNNING,
    "waiting": StepState.RETRYING,
    "completed": StepState.DONE,
    "refused": StepState.REFUSED,
    "expired": StepState.EXPIRED,
    "cancelled": StepState.CANCELLED,
    "failed": StepState.FAILED,
}
SIGNING_STATES = {
    SigningState.PENDING: StepState.WAITING,
    SigningState.READY: StepState.RUNNING,
    SigningState.HELD: StepState.ATTENTION,
    SigningState.COMPLETED: StepState.DONE,
    SigningState.REFUSED: StepState.REFUSED,
    SigningState.FAILED: StepState.FAILED,
    SigningState.CANCELLED: StepState.CANCELLED,
}


def list_stories(services: Services, unit_ids: Sequence[str], search: str, cursor: str | None) -> StoryList:
    """Return dossiers that were asked to be signed or charged for, newest first; cursor is the last code shown."""
    wanted = f"%{search}%"
    with services.unit_of_work(read_only=True) as work:
        rows: dict[str, StoryRow] = {}
        signing = select(SigningRequestRow).where(
            SigningRequestRow.unit_id.in_(unit_ids),
            or_(SigningRequestRow.dossier_code.ilike(wanted), SigningRequestRow.title.ilike(wanted)),
        )
        charged = select(FeeOrderRow).where(
            FeeOrderRow.unit_id.in_(unit_ids),
            or_(
                FeeOrderRow.dossier_code.ilike(wanted),
                FeeOrderRow.purpose.ilike(wanted),
                FeeOrderRow.payer_name.ilike(wanted),
            ),
        )
        if cursor:
            signing = signing.where(SigningRequestRow.id < cursor)
            charged = charged.where(FeeOrderRow.id < cursor)
        names = dict(work.session.execute(select(UnitRow.id, UnitRow.name)).tuples().all())
        requests = work.session.scalars(signing.order_by(SigningRequestRow.id.desc()).limit(PAGE_ROWS)).all()
        orders = work.session.scalars(charged.order_by(FeeOrderRow.id.desc()).limit(PAGE_ROWS)).all()
        for request in requests:
            rows.setdefault(request.dossier_code, _request_row(request, names.get(request.unit_id, "")))
        for order in orders:
            known = rows.get(order.dossier_code)
            rows[order.dossier_code] = _order_row(order, names.get(order.unit_id, ""), known)
    full = max(len(requests), len(orders)) == PAGE_ROWS
    last = min([*(row.id for row in requests), *(row.id for row in orders)], default=None)
    ordered = sorted(rows.values(), key=lambda row: row.updated_at, reverse=True)
    return StoryList(tuple(ordered), last if full else None)


def _request_row(request: SigningRequestRow, unit_name: str) -> StoryRow:
    return StoryRow(
        dossier_code=request.dossier_code,
        title=request.title,
        unit_name=unit_name,
        state=REQUEST_STATES[request.state],
        updated_at=request.updated_at,
        document_count=len(request.documents),
    )


def _order_row(order: FeeOrderRow, unit_name: str, known: StoryRow | None) -> StoryRow:
    return StoryRow(
        dossier_code=order.dossier_code,
        title=known.title if known else order.purpose,
        unit_name=unit_name,
        state=known.state if known else story_money.ORDER_STATES[order.state],
        updated_at=max(order.updated_at, known.updated_at) if known else order.updated_at,
        document_count=known.document_count if known else 0,
        total_minor=order.amount_minor,
    )


def find_story(services: Services, unit_ids: Sequence[str], dossier_code: str) -> StoryPage | None:
    """Return one dossier's story, oldest step first, or None where the units know nothing of it."""
    with services.unit_of_work(read_only=True) as work:
        requests = work.signing.of_dossier(dossier_code, unit_ids)
        orders = work.session.scalars(
            select(FeeOrderRow).where(FeeOrderRow.dossier_code == dossier_code, FeeOrderRow.unit_id.in_(unit_ids))
        ).all()
        if not requests and not orders:
            return None
        steps = [step for request in requests for step in _signing_steps(work, request)]
        steps += [step for order in orders for step in story_money.order_steps(services, work, order)]
        unit = work.session.get(UnitRow, (requests or orders)[0].unit_id)
        return StoryPage(
            dossier_code=dossier_code,
            title=requests[0].title if requests else orders[0].purpose,
            unit_name=unit.name if unit else "",
            state=_overall(steps),
            steps=tuple(sorted(steps, key=lambda step: (step.at is None, step.at))),
            audit=_audit(work, requests, orders),
        )


def _overall(steps: Iterable[StoryStep]) -> StepState:
    states = {step.state for step in steps}
    order = (StepState.FAILED, StepState.ATTENTION, StepState.RETRYING, StepState.RUNNING, StepState.WAITING)
    return next((state for state in order if state in states), StepState.DONE)


def _signing_steps(work: UnitOfWork, request: SigningRequestRow) -> list[StoryStep]:
    steps = [_received(work, request)]
    steps += [_signed(work, request, step) for step in request.steps]
    revisions = [document.current_document_id for document in request.documents]
    hashes = set(work.session.scalars(select(DocumentRow.sha256).where(DocumentRow.id.in_(revisions))))
    query = (
        select(ValidationRow, DocumentRow)
        .join(DocumentRow, DocumentRow.id == ValidationRow.document_id)
        .where(DocumentRow.sha256.in_(hashes), DocumentRow.unit_id == request.unit_id)
    )
    steps += [
        StoryStep(StepKind.VALIDATED, StepState.DONE, row.completed_at, verification=verify_page(row, document))
        for row, document in work.session.execute(query).tuples()
        if row.completed_at is not None
    ]
    return steps


def _received(work: UnitOfWork, request: SigningRequestRow) -> StoryStep:
    originals = [document.original_document_id for document in request.documents]
    rows = work.session.scalars(select(DocumentRow).where(DocumentRow.id.in_(originals))).all()
    files = tuple(_file(row, 1) for row in rows)
    return StoryStep(StepKind.DOCUMENT_RECEIVED, StepState.DONE, request.created_at, files=files)


def _signed(work: UnitOfWork, request: SigningRequestRow, step: SigningStepRow) -> StoryStep:
    certificate = work.session.get(SigningCertificate, step.certificate_id)
    outputs = [signature.output_document_id for signature in step.signatures]
    rows = work.session.scalars(select(DocumentRow).where(DocumentRow.id.in_(outputs))).all()
    kind = StepKind.SIGNED_BY_PERSON if step.profile_code == "person" else StepKind.SEALED_BY_ORGANISATION
    when = step.signatures[-1].signed_at if step.signatures else step.completed_at
    return StoryStep(
        kind=kind,
        state=SIGNING_STATES[SigningState(step.state)],
        at=when or (request.updated_at if step.problem_code else None),
        actor=certificate.holder_name if certificate else None,
        note=problem_text(step.problem_code) if step.problem_code else _levels(step),
        files=tuple(_file(row, step.position + 2) for row in rows),
    )


def _levels(step: SigningStepRow) -> Text | None:
    levels = sorted({f"PAdES {signature.level}" for signature in step.signatures})
    return Text(", ".join(levels), ", ".join(levels)) if levels else None


def _file(row: DocumentRow, revision: int | None) -> FileLink:
    return FileLink(row.id, row.filename, row.size_bytes, row.sha256, revision)


def _audit(
    work: UnitOfWork, requests: Sequence[SigningRequestRow], orders: Sequence[FeeOrderRow]
) -> tuple[AuditRow, ...]:
    subjects = {request.id for request in requests} | {order.id for order in orders}
    for request in requests:
        for document in request.documents:
            subjects |= {document.original_document_id, document.current_document_id}
        subjects |= {signature.output_document_id for step in request.steps for signature in step.signatures}
    for order in orders:
        subjects |= {receipt.id for receipt in work.payments.receipts.of_order(order.id)}
    query = select(AuditEntry).where(AuditEntry.subject_id.in_(subjects)).order_by(AuditEntry.sequence)
    rows = work.session.scalars(query.limit(AUDIT_ROWS)).all()
    return tuple(_audit_row(work, row) for row in rows)


def _audit_row(work: UnitOfWork, row: AuditEntry) -> AuditRow:
    fact = AuditFact(row.unit_id, row.actor, row.action, row.subject_id, row.occurred_at, row.details)
    before = work.session.scalars(
        select(AuditEntry.sha256).where(AuditEntry.unit_id == row.unit_id, AuditEntry.sequence == row.sequence - 1)
    ).first()
    follows = row.previous_sha256 == (before or GENESIS)
    intact = row.sha256 == entry_sha256(row.sequence, fact, row.previous_sha256)
    return AuditRow(
        row.sequence,
        row.occurred_at,
        row.actor,
        row.action,
        row.subject_id,
        row.sha256,
        row.previous_sha256,
        follows and intact,
    )
