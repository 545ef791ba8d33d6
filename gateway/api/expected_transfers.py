"""/v1/provider-payouts, /v1/provider-fees, /v1/treasury-remittances: what statements will show, by two named people."""

from datetime import date
from typing import Annotated, Any

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from gateway.api.paging import PageQuery, page_body
from gateway.api.refunds import DecisionIn, OfficerIn
from gateway.api.writing import Answer, caller, now, services, write_once
from gateway.auth.oauth import authorised
from gateway.db.unit_of_work import UnitOfWork
from gateway.expected_transfers import approve_and_match, reverse_and_match
from gateway.payment_events import recorder
from payments.errors import ExpectedTransferNotFound
from payments.journeys import (
    TransferWish,
    announce_transfer,
    cancel_transfer,
    payout_wish,
    provider_fee_wish,
    remittance_wish,
)
from payments.money import VND, Money
from payments.states import TransferState
from payments.store.transfer_tables import ExpectedTransferRow, TransferKind

blueprint = APIBlueprint(
    "expected_transfers", __name__, url_prefix="/v1", abp_tags=[Tag(name="money")], abp_security=[{"oauth2": []}]
)
VND_AMOUNT: dict[str, Any] = {"gt": 0, "le": 10**15, "strict": True}
WHOLE = "expected-transfers"


class ExpectedTransferPath(BaseModel):
    transfer_id: str = Field(..., max_length=36)


class DocumentIn(OfficerIn):
    """What every such document says."""

    reference: str = Field(..., min_length=1, max_length=60, description="The document's number, once for each partner")
    account_number: str = Field(..., min_length=1, max_length=40, description="Account of the unit that shows it")
    paid_on: date = Field(..., description="Day of payment in Vietnam, not later than today")
    statement_entry_id: str | None = Field(
        None, max_length=36, description="The statement's entry, where the bank's text names nothing"
    )


class ProviderPayoutIn(DocumentIn):
    """What a provider paid out: gross is what it had taken less refunds, and net and fee together."""

    provider: str = Field(..., min_length=1, max_length=40)
    gross_minor: int = Field(..., description="Whole VND", **VND_AMOUNT)
    fee_minor: int = Field(..., description="Kept back; 0 where it is charged by itself", ge=0, le=10**15, strict=True)
    net_minor: int = Field(..., description="What arrives", **VND_AMOUNT)
    payments: list[Annotated[str, Field(min_length=1, max_length=100)]] = Field(
        [],
        max_length=10_000,
        description="The payments inside, if the document lists them: our references or the provider's own numbers",
    )


class ProviderFeeIn(DocumentIn):
    """A fee that a provider takes from the account by itself."""

    provider: str = Field(..., min_length=1, max_length=40)
    fee_minor: int = Field(..., description="Whole VND", **VND_AMOUNT)


class TreasuryRemittanceIn(DocumentIn):
    """Money that goes from the unit's bank account to the State Treasury."""

    treasury_account: str = Field(..., min_length=1, max_length=40)
    amount_minor: int = Field(..., description="Whole VND, at most what the account holds by the books", **VND_AMOUNT)


class ExpectedTransferOut(BaseModel):
    """A transfer; net_minor is what the statement shows, negative where money leaves.

    transfer_content is what the text of a transfer should say that the office itself orders.
    """

    id: str
    kind: str
    state: str
    counterparty: str
    reference: str
    account_number: str
    gross_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    paid_on: str
    transfer_content: str
    statement_entry_id: str | None
    announced_by: str
    announced_at: str
    approved_by: str | None
    approved_at: str | None
    arrived_at: str | None
    ended_by: str | None
    ended_at: str | None
    end_reason: str | None


class ExpectedTransferPage(BaseModel):
    items: list[ExpectedTransferOut]
    next_cursor: str | None


class ExpectedTransferQuery(PageQuery):
    kind: TransferKind | None = None
    state: TransferState | None = None


MOMENTS = ("announced_at", "approved_at", "arrived_at", "ended_at", "paid_on")


def render(row: ExpectedTransferRow) -> dict[str, Any]:
    """Return a transfer as the API shows it."""
    plain = {name: getattr(row, name) for name in ExpectedTransferOut.model_fields if name != "transfer_content"}
    moments = {name: moment.isoformat() if (moment := getattr(row, name)) else None for name in MOMENTS}
    changed = {"gross_minor": abs(row.gross_minor), "transfer_content": row.transfer_reference}
    return ExpectedTransferOut(**{**plain, **moments, **changed}).model_dump()


def _announce(body: DocumentIn, wish: TransferWish) -> Response:
    def make(work: UnitOfWork) -> Answer:
        record = recorder(work, caller().actor, now())
        row = announce_transfer(work.payments, caller().unit_id, wish, body.officer, now=now(), record=record)
        return render(row), 201

    return write_once(body, make)


@blueprint.post("/provider-payouts", summary="Announce a provider's payout", responses={201: ExpectedTransferOut})
@authorised("finance:write")
def announce_payout(body: ProviderPayoutIn) -> Response:
    """Enter what a provider paid out; another person approves it, and the statement's credit books it."""
    amounts = Money(body.gross_minor, VND), Money(body.fee_minor, VND), Money(body.net_minor, VND)
    wish = payout_wish(
        body.provider,
        body.reference,
        body.account_number,
        amounts,
        body.paid_on,
        body.statement_entry_id,
        tuple(body.payments),
    )
    return _announce(body, wish)


@blueprint.post("/provider-fees", summary="Announce a provider's fee", responses={201: ExpectedTransferOut})
@authorised("finance:write")
def announce_fee(body: ProviderFeeIn) -> Response:
    """Enter a fee that a provider charges by itself; another person approves it, the statement's debit books it."""
    amount = Money(body.fee_minor, VND)
    wish = provider_fee_wish(
        body.provider, body.reference, body.account_number, amount, body.paid_on, body.statement_entry_id
    )
    return _announce(body, wish)


@blueprint.post("/treasury-remittances", summary="Announce a remittance", responses={201: ExpectedTransferOut})
@authorised("finance:write")
def announce_remittance(body: TreasuryRemittanceIn) -> Response:
    """Enter money that goes to the State Treasury; another person approves it, the statement's debit books it."""
    amount = Money(body.amount_minor, VND)
    wish = remittance_wish(
        body.treasury_account, body.reference, body.account_number, amount, body.paid_on, body.statement_entry_id
    )
    return _announce(body, wish)


@blueprint.get(f"/{WHOLE}", summary="List expected transfers", responses={200: ExpectedTransferPage})
@authorised("finance:read")
def list_transfers(query: ExpectedTransferQuery) -> dict[str, Any]:
    """Newest first, of the caller's own unit; `state=approved` for what no statement has shown yet."""
    states = (query.state,) if query.state else ()
    with services().unit_of_work(read_only=True) as work:
        rows = work.payments.transfers.list_transfers(
            caller().unit_id, kind=query.kind, states=states, before_id=query.before_id(), limit=query.limit
        )
        return page_body(rows, query, lambda row: row.id, render)


@blueprint.get(f"/{WHOLE}/<transfer_id>", summary="Follow an expected transfer", responses={200: ExpectedTransferOut})
@authorised("finance:read")
def show(path: ExpectedTransferPath) -> dict[str, Any]:
    """Say where a transfer stands."""
    with services().unit_of_work(read_only=True) as work:
        return render(_own(work, path.transfer_id))


@blueprint.post(f"/{WHOLE}/<transfer_id>/approve", summary="Approve a transfer", responses={200: ExpectedTransferOut})
@authorised("finance:write")
def approve(path: ExpectedTransferPath, body: OfficerIn) -> Response:
    """Approve what another person announced; it is booked at once if a statement has shown it already."""

    def change(work: UnitOfWork) -> Answer:
        row = _own(work, path.transfer_id)
        return render(approve_and_match(work, row.id, body.officer, actor=caller().actor, now=now())), 200

    return write_once(body, change)


@blueprint.post(f"/{WHOLE}/<transfer_id>/cancel", summary="Cancel a transfer", responses={200: ExpectedTransferOut})
@authorised("finance:write")
def cancel(path: ExpectedTransferPath, body: DecisionIn) -> Response:
    """Take back what is not booked yet; of what was approved, by another person than who did that."""

    def change(work: UnitOfWork) -> Answer:
        row = _own(work, path.transfer_id)
        record = recorder(work, caller().actor, now())
        return render(cancel_transfer(work.payments, row.id, body.officer, body.reason, now=now(), record=record)), 200

    return write_once(body, change)


@blueprint.post(f"/{WHOLE}/<transfer_id>/reverse", summary="Reverse a transfer", responses={200: ExpectedTransferOut})
@authorised("finance:write")
def reverse(path: ExpectedTransferPath, body: DecisionIn) -> Response:
    """Take back what was booked and entered wrongly: its journal entry is reversed, the statement's is free again."""

    def change(work: UnitOfWork) -> Answer:
        row = _own(work, path.transfer_id)
        done = reverse_and_match(work, row.id, body.officer, body.reason, actor=caller().actor, now=now())
        return render(done), 200

    return write_once(body, change)


def _own(work: UnitOfWork, transfer_id: str) -> ExpectedTransferRow:
    row = work.payments.transfers.get(transfer_id)
    if row.unit_id not in caller().unit_ids:
        raise ExpectedTransferNotFound(f"there is no expected transfer {transfer_id}")
    return row
