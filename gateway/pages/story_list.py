"""The list of dossiers: one row each, whatever tables know of it, newest first."""

import unicodedata
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, func, or_, select, union_all

from gateway.db.tables.callers import UnitRow
from gateway.db.unit_of_work import UnitOfWork
from gateway.services import Services
from gateway.web.story_views import StepState, StoryList, StoryRow
from payments.store.statement_tables import BreakRow, BreakState
from payments.store.tables import FeeOrderRow, PaymentAttemptRow
from signing.store import SigningRequestRow

PAGE_ROWS = 50
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
ORDER_STATES = {
    "open": StepState.WAITING,
    "paid": StepState.DONE,
    "cancelled": StepState.CANCELLED,
    "expired": StepState.EXPIRED,
    "exempt": StepState.DONE,
}
URGENT_FIRST = (
    StepState.FAILED,
    StepState.ATTENTION,
    StepState.REFUSED,
    StepState.RETRYING,
    StepState.RUNNING,
    StepState.WAITING,
    StepState.DONE,
    StepState.EXPIRED,
    StepState.CANCELLED,
)


def overall(states: Iterable[StepState]) -> StepState:
    """Return what a person must know first of several states: what failed or waits, else that something is done."""
    found = set(states)
    return next((state for state in URGENT_FIRST if state in found), StepState.DONE)


def list_stories(services: Services, unit_ids: Sequence[str], search: str, cursor: str | None) -> StoryList:
    """Return dossiers that were asked to be signed or charged for, newest first.

    A dossier stands where its newest request or order does; cursor is the id of the last one shown.
    """
    with services.unit_of_work(read_only=True) as work:
        found = work.session.execute(_newest(unit_ids, search, cursor)).all()
        shown = found[:PAGE_ROWS]
        rows = _rows(work, unit_ids, [code for code, _ in shown])
        last = shown[-1][1] if len(found) > PAGE_ROWS else None
        return StoryList(tuple(rows[code] for code, _ in shown), last)


def _newest(unit_ids: Sequence[str], search: str, cursor: str | None) -> Select[str, str]:
    wanted = unicodedata.normalize("NFC", search)
    signing = select(SigningRequestRow.dossier_code, SigningRequestRow.id).where(
        SigningRequestRow.unit_id.in_(unit_ids)
    )
    charged = select(FeeOrderRow.dossier_code, FeeOrderRow.id).where(FeeOrderRow.unit_id.in_(unit_ids))
    if wanted:
        in_request = (SigningRequestRow.dossier_code, SigningRequestRow.title)
        in_order = (FeeOrderRow.dossier_code, FeeOrderRow.purpose, FeeOrderRow.payer_name)
        signing = signing.where(or_(*(column.icontains(wanted, autoescape=True) for column in in_request)))
        charged = charged.where(or_(*(column.icontains(wanted, autoescape=True) for column in in_order)))
    both = union_all(signing, charged).subquery()
    newest = func.max(both.c.id)
    query = select(both.c.dossier_code, newest).group_by(both.c.dossier_code).order_by(newest.desc())
    return (query.having(newest < cursor) if cursor else query).limit(PAGE_ROWS + 1)


def _rows(work: UnitOfWork, unit_ids: Sequence[str], codes: Sequence[str]) -> dict[str, StoryRow]:
    requests = work.session.scalars(
        select(SigningRequestRow).where(
            SigningRequestRow.unit_id.in_(unit_ids), SigningRequestRow.dossier_code.in_(codes)
        )
    ).all()
    orders = work.session.scalars(
        select(FeeOrderRow).where(FeeOrderRow.unit_id.in_(unit_ids), FeeOrderRow.dossier_code.in_(codes))
    ).all()
    names = dict(work.session.execute(select(UnitRow.id, UnitRow.name)).all())
    broken = _with_open_breaks(work, [order.id for order in orders])
    return {
        code: _row(
            code,
            [request for request in requests if request.dossier_code == code],
            [order for order in orders if order.dossier_code == code],
            names,
            broken,
        )
        for code in codes
    }


def _row(
    code: str,
    requests: Sequence[SigningRequestRow],
    orders: Sequence[FeeOrderRow],
    unit_names: dict[str, str],
    broken: frozenset[str],
) -> StoryRow:
    updated_at = max([row.updated_at for row in requests] + [row.updated_at for row in orders])
    states = subject_states(requests, orders)
    if any(order.id in broken for order in orders):
        states.append(StepState.ATTENTION)
    owed = [order.amount_minor for order in orders if order.state in {"open", "paid"}]
    return StoryRow(
        dossier_code=code,
        title=requests[0].title if requests else orders[0].purpose,
        unit_name=unit_names.get(requests[0].unit_id if requests else orders[0].unit_id, ""),
        state=overall(states),
        updated_at=updated_at,
        document_count=sum(len(request.documents) for request in requests),
        total_minor=sum(owed) if orders else None,
    )


def subject_states(requests: Iterable[SigningRequestRow], orders: Iterable[FeeOrderRow]) -> list[StepState]:
    """Return where a dossier's requests and orders stand."""
    return [REQUEST_STATES[request.state] for request in requests] + [ORDER_STATES[order.state] for order in orders]


def _with_open_breaks(work: UnitOfWork, order_ids: Sequence[str]) -> frozenset[str]:
    query = (
        select(PaymentAttemptRow.order_id)
        .join(BreakRow, BreakRow.payment_id == PaymentAttemptRow.id)
        .where(PaymentAttemptRow.order_id.in_(order_ids), BreakRow.state == BreakState.OPEN)
    )
    return frozenset(work.session.scalars(query))
