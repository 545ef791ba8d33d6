"""What /v1/fee-orders takes and answers."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Discriminator, Field, Tag

from gateway.api.paging import PageQuery
from gateway.api.signing_requests import StrictBody
from gateway.api.writing import services
from gateway.db.unit_of_work import UnitOfWork
from payments.states import OrderState
from payments.store.tables import FeeOrderRow, PaymentAttemptRow

# In brackets: no part of a fault's place in the body (gateway.problems).
NAMED, CATALOGUED = "(named)", "(catalogued)"


class OrderPath(BaseModel):
    order_id: str = Field(..., max_length=36)


class ItemIn(StrictBody):
    """One fee whose amount the caller knows; phí and lệ phí get separate receipts."""

    kind: Literal["phi", "le-phi"]
    name: str = Field(..., min_length=1, max_length=300)
    procedure_code: str = Field(..., min_length=1, max_length=60, examples=["1.001612"])
    chapter: str = Field(..., pattern=r"^[0-9]{3}$", examples=["805"])
    sub_item: str = Field(..., pattern=r"^[0-9]{4}$", examples=["2862"])
    credited_unit: str | None = Field(
        None, max_length=36, description="Code of the unit credited; default the caller's"
    )
    amount_minor: int = Field(..., ge=0, le=10**15, description="What is owed, in whole VND", strict=True)
    full_amount_minor: int | None = Field(
        None,
        gt=0,
        le=10**15,
        description="What would be owed without the legal_ground; default amount_minor",
        strict=True,
    )
    legal_ground: str | None = Field(None, max_length=1000, description="Of the exemption or reduction")


class CatalogueItemIn(StrictBody):
    """One fee of the catalogue (/v1/fee-catalogue), worked out as it holds today."""

    procedure_code: str = Field(..., min_length=1, max_length=60, examples=["1.001612"])
    fee_code: str = Field(..., min_length=1, max_length=60)
    quantities: dict[str, int] = Field(default_factory=dict, max_length=2, examples=[{"pages": 12, "copies": 2}])
    reduction_code: str = Field("", max_length=60, description="The exemption or reduction that the payer has")
    credited_unit: str = Field("", max_length=36, description="Default: the catalogue's, else the caller's")


class PayerIn(StrictBody):
    """Who pays, beyond the name."""

    number: str | None = Field(None, max_length=20, description="Tax code or citizen number")
    address: str | None = Field(None, max_length=300)
    email: str | None = Field(None, max_length=254)
    phone: str | None = Field(None, max_length=20)


def _kind_of_fee(item: Any) -> str:
    """Say which of the two an item is, so that its faults are named as those of one and not of both."""
    catalogued = isinstance(item, CatalogueItemIn) or (isinstance(item, dict) and "fee_code" in item)
    return CATALOGUED if catalogued else NAMED


FeeIn = Annotated[
    Annotated[ItemIn, Tag(NAMED)] | Annotated[CatalogueItemIn, Tag(CATALOGUED)], Discriminator(_kind_of_fee)
]


class FeeOrderIn(StrictBody):
    """What a dossier owes."""

    dossier_code: str = Field(..., min_length=1, max_length=120)
    purpose: str = Field(..., min_length=1, max_length=300)
    payer_name: str = Field(..., min_length=1, max_length=200)
    payer: PayerIn | None = None
    items: list[FeeIn] = Field(..., min_length=1, max_length=50)
    expires_at: AwareDatetime | None = Field(None, description="Default: in seven days")
    metadata: dict[str, str] = Field(default_factory=dict, max_length=20)


class FeeOrderPatch(StrictBody):
    """What is to be otherwise; what is not given stays. Items are given whole."""

    purpose: str | None = Field(None, min_length=1, max_length=300)
    payer_name: str | None = Field(None, min_length=1, max_length=200)
    payer: PayerIn | None = None
    items: list[FeeIn] | None = Field(None, min_length=1, max_length=50)
    expires_at: AwareDatetime | None = None
    metadata: dict[str, str] | None = Field(None, max_length=20)


class AttemptIn(StrictBody):
    provider: str = Field(..., max_length=40, examples=["vnpay"])


class ItemOut(BaseModel):
    kind: str
    name: str
    procedure_code: str
    chapter: str
    sub_item: str
    credited_unit: str
    amount_minor: int
    full_amount_minor: int
    legal_ground: str | None
    catalogue_entry_id: str | None
    quantities: dict[str, int] | None
    currency: str


class AttemptOut(BaseModel):
    id: str
    provider: str
    reference: str
    state: str
    amount_minor: int
    currency: str
    provider_transaction: str | None
    started_at: str
    paid_at: str | None


class ReceiptRefOut(BaseModel):
    id: str
    code: str
    kind: str
    number: str
    state: str


class PayerOut(BaseModel):
    number: str | None
    address: str | None
    email: str | None
    phone: str | None


class FeeOrderOut(BaseModel):
    """A fee order as the API shows it; pay_url is the citizen's page."""

    id: str
    unit_id: str
    dossier_code: str
    purpose: str
    payer_name: str
    payer: PayerOut
    amount_minor: int
    currency: str
    state: OrderState
    revision: int
    cancel_reason: str | None
    pay_url: str
    transfer_reference: str
    items: list[ItemOut]
    attempts: list[AttemptOut]
    receipts: list[ReceiptRefOut]
    metadata: dict[str, Any]
    expires_at: str
    created_at: str
    paid_at: str | None


class FeeOrderPage(BaseModel):
    items: list[FeeOrderOut]
    next_cursor: str | None


class StartedAttemptOut(BaseModel):
    """An attempt and how the payer goes on: a page for the browser, a code to scan, a link that opens an app."""

    attempt_id: str
    reference: str
    redirect_url: str | None
    qr_text: str | None
    app_url: str | None


class OrderListQuery(PageQuery):
    dossier_code: str | None = Field(None, max_length=120)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _attempt(row: PaymentAttemptRow) -> AttemptOut:
    return AttemptOut(
        id=row.id,
        provider=row.provider,
        reference=row.reference,
        state=row.state,
        amount_minor=row.amount_minor,
        currency=row.currency,
        provider_transaction=row.provider_transaction,
        started_at=row.started_at.isoformat(),
        paid_at=_text(row.paid_at),
    )


def render(work: UnitOfWork, row: FeeOrderRow) -> dict[str, Any]:
    """Return a fee order as the API shows it."""
    receipts = work.payments.receipts.of_order(row.id)
    return FeeOrderOut(
        id=row.id,
        unit_id=row.unit_id,
        dossier_code=row.dossier_code,
        purpose=row.purpose,
        payer_name=row.payer_name,
        payer=PayerOut(
            number=row.payer_number, address=row.payer_address, email=row.payer_email, phone=row.payer_phone
        ),
        amount_minor=row.amount_minor,
        currency=row.currency,
        state=OrderState(row.state),
        revision=row.revision,
        cancel_reason=row.cancel_reason,
        pay_url=f"{services().settings.public_url}/pay/{row.pay_token}",
        transfer_reference=row.transfer_reference,
        items=[ItemOut.model_validate(item, from_attributes=True) for item in row.items],
        attempts=[_attempt(attempt) for attempt in work.payments.attempts_of(row.id)],
        receipts=[
            ReceiptRefOut(id=item.id, code=item.code, kind=item.kind, number=item.printed_number, state=item.state)
            for item in receipts
        ],
        metadata=row.details,
        expires_at=row.expires_at.isoformat(),
        created_at=row.created_at.isoformat(),
        paid_at=_text(row.paid_at),
    ).model_dump()
