"""What the payer's pages show."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class PayState(StrEnum):
    """What a payer needs to know about a fee order."""

    AWAITING_PAYMENT = "awaiting-payment"
    AWAITING_CONFIRMATION = "awaiting-confirmation"
    PAID = "paid"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    EXEMPT = "exempt"


@dataclass(frozen=True)
class FeeItem:
    """One line of a fee order or receipt; `phi` and `le-phi` are receipted apart."""

    kind: Literal["phi", "le-phi"]
    name: str
    amount_minor: int
    # What it would come to without the exemption or reduction on this ground.
    full_minor: int | None = None
    legal_ground: str | None = None
    # What the fee rests on, where it comes from the catalogue.
    legal_basis: str | None = None


@dataclass(frozen=True)
class TransferDetails:
    """A bank transfer that books itself: qr_text is the VietQR payload, byte for byte as a bank reads it."""

    bank_name: str
    account_number: str
    account_name: str
    transfer_content: str
    qr_text: str


@dataclass(frozen=True)
class ProviderChoice:
    """A payment provider.

    origin is `scheme://host[:port]` of the page to which it takes the payer: the browser's policy must let the form's
    redirect end there. It is empty where the payer stays on our page and scans a code. comes_back says whether that
    page sends the payer back here.
    """

    code: str
    name: str
    origin: str
    comes_back: bool = True


@dataclass(frozen=True)
class ReceiptLink:
    """A receipt by its public code and by its printed number."""

    code: str
    number: str
    kind: Literal["phi", "le-phi"]
    amount_minor: int


@dataclass(frozen=True)
class OpenAttempt:
    """A visit to a provider of which we do not know the end yet.

    qr_text is what the provider's QR code holds, app_url what opens its app; both are for our own page to show.
    """

    provider_name: str
    started_at: datetime
    provider_code: str = ""
    qr_text: str | None = None
    app_url: str | None = None


@dataclass(frozen=True)
class PayPage:
    """A fee order as its payer sees it; no transfer and no providers once it cannot be paid any more."""

    token: str
    unit_name: str
    purpose: str
    dossier_code: str
    payer_name: str
    items: tuple[FeeItem, ...]
    total_minor: int
    state: PayState
    expires_at: datetime | None = None
    paid_at: datetime | None = None
    transfer: TransferDetails | None = None
    providers: tuple[ProviderChoice, ...] = ()
    receipts: tuple[ReceiptLink, ...] = ()
    # The provider that issued a receipt of its own, if one did.
    provider_receipt_by: str | None = None
    open_attempt: OpenAttempt | None = None


class ReturnClaim(StrEnum):
    """What the browser brought back from the provider: shown, never booked."""

    SUCCESS = "success"
    # Still with the provider, or in words that we do not know: to say "not paid" would have people pay twice.
    PENDING = "pending"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_AUTHENTIC = "not-authentic"


@dataclass(frozen=True)
class ReturnPage:
    """The browser's return: the provider's claim beside the order's booked state (page.state).

    provider_name is empty where nobody can be said to have made the claim.
    """

    page: PayPage
    provider_name: str
    claim: ReturnClaim
    provider_code: str | None = None
