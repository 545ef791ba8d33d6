"""What a payment provider must be able to do; adapters and the tests' fake stand behind the same Protocol."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit

from payments.errors import CallbackNotAuthentic, RefundNotPossible
from payments.model import Acknowledgement, CallbackCall, ProviderEvent, ProviderReport, RefundEvent, SettlementOutcome
from payments.money import Money
from payments.providers.vietqr.reference import ALPHABET

REFERENCE_LENGTH = 16


@dataclass(frozen=True)
class PaymentRequest:
    """What a provider is asked to take.

    Attributes:
        reference: Ours, unique at the provider. purpose: Plain text for the payer; the adapter fits it to the provider.
        return_url: Where the payer's browser goes afterwards. payer_address: The payer's IP address.
        callback_url: Where the provider is to call us, for those that are told so with each payment.
        dossier_code, payer_name: For providers that pass them on to the unit's own systems.
        items: What is paid, for providers that issue a receipt or report budget lines.
        unit_code, unit_name, beneficiary: Who collects, and into which account, for providers that pay it out there.
        details: The order's metadata, for what only one provider asks for.
        attempt_number: Which try of the order this is, from 1 on.
    """

    reference: str
    amount: Money
    purpose: str
    return_url: str
    payer_address: str
    started_at: datetime
    expires_at: datetime
    callback_url: str = ""
    dossier_code: str = ""
    payer_name: str = ""
    items: tuple["PaymentItem", ...] = ()
    order_purpose: str = ""
    payer_number: str = ""
    payer_home: str = ""
    unit_code: str = ""
    unit_name: str = ""
    beneficiary: "Beneficiary | None" = None
    details: Mapping[str, Any] = field(default_factory=dict)
    attempt_number: int = 1


@dataclass(frozen=True)
class Beneficiary:
    """The account into which the collecting unit's money goes; bank_bin is NAPAS' number of the bank."""

    bank_bin: str
    account_number: str
    account_name: str


@dataclass(frozen=True)
class PaymentItem:
    """One fee of the order that is paid; kind is `phi` or `le-phi`."""

    kind: str
    name: str
    procedure_code: str
    chapter: str
    sub_item: str
    amount: Money


@dataclass(frozen=True)
class StartedPayment:
    """How the payer goes on; at least one way is given.

    Attributes:
        redirect_url: The provider's page for the payer's browser.
        qr_text: What a QR code holds that the payer scans with another app; shown on our own page.
        app_url: A link that opens the provider's app on the payer's phone.
        provider_reference: The provider's own name for the started payment, where it gave one.
    """

    redirect_url: str | None = None
    qr_text: str | None = None
    app_url: str | None = None
    provider_reference: str | None = None


@dataclass(frozen=True)
class QueryRequest:
    """Which attempt a provider is asked about; provider_reference as its start returned it."""

    reference: str
    amount: Money
    started_at: datetime
    provider_reference: str | None = None


@dataclass(frozen=True)
class QueryAnswer:
    """A provider's authenticated answer about an attempt, with the bytes that it came in."""

    raw: bytes
    event: ProviderEvent


@dataclass(frozen=True)
class RefundRequest:
    """What a provider is asked to pay back.

    Attributes:
        reference: Ours for this refund, at most 32 letters and digits: asked again with it, a provider pays once.
        payment: The attempt that took the money. transaction: The provider's own number of it.
        payment_amount: All that the attempt took; amount: What is paid back of it.
        requested_by: The person who asked, as the provider may see it. requested_at: Of the first time it was asked.
    """

    reference: str
    payment: QueryRequest
    transaction: str
    payment_amount: Money
    amount: Money
    reason: str
    requested_by: str
    requested_at: datetime


@dataclass(frozen=True)
class RefundAnswer:
    """A provider's authenticated answer about a refund, with the bytes that it came in."""

    raw: bytes
    event: RefundEvent


class Provider(Protocol):
    """One payment provider.

    Attributes:
        name: Stands in addresses, tables and accounts. title: The name that payers know.
        page_origin: `scheme://host[:port]` of the page to which payers are sent; None where they stay on ours.
        proof_headers: Names, in lower case, of the headers that the proof of a call needs; they are kept with it.
        secret_headers: Those of them whose value is the shared secret itself: kept and handed over only as
            secret_digest of it.
        returns_payer: Whether its page sends the payer's browser back to ours.
        can_query: Whether there is a message that asks what became of an attempt; where not, query always refuses.
        can_refund: Whether refund and query_refund may be called.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def page_origin(self) -> str | None: ...
    @property
    def proof_headers(self) -> frozenset[str]: ...
    @property
    def secret_headers(self) -> frozenset[str]: ...
    @property
    def returns_payer(self) -> bool: ...
    @property
    def can_query(self) -> bool: ...
    @property
    def can_refund(self) -> bool: ...

    def new_reference(self, now: datetime) -> str:
        """Return a fresh reference for an attempt as this provider takes it: unguessable, at most 40 characters."""
        ...

    def start(self, payment: PaymentRequest) -> StartedPayment:
        """Return how the payer goes on; the attempt is on file before this is called, and no transaction is open.

        Raises:
            PaymentNotPossible: The provider takes no such amount or currency; nothing was started.
            ProviderUnavailable, ProviderAnswerNotAuthentic: It may have started; it is asked about later.
        """
        ...

    def read_callback(self, call: CallbackCall) -> ProviderReport:
        """Authenticate a call over its raw bytes, then say in our words what it reports.

        Raises:
            CallbackNotAuthentic: The proof is absent or wrong; nothing was believed.
            CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
        """
        ...

    def read_return(self, query: bytes) -> ProviderEvent:
        """Authenticate what the payer's browser brought back: to be shown, never booked. Raises as read_callback."""
        ...

    def acknowledgement(self, outcome: SettlementOutcome, call: CallbackCall) -> Acknowledgement:
        """Return the answer to a call in the provider's dialect; some echo fields of the call, proven or not."""
        ...

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        """Ask the provider what became of an attempt.

        Raises:
            ProviderUnavailable: No answer in time, or none that can be read.
            ProviderAnswerNotAuthentic: The answer's proof is absent or wrong.
        """
        ...

    def refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        """Ask the provider to pay back; called again with the same reference after silence.

        Raises:
            RefundNotPossible: It was not sent, or is refused for good.
            SecretUnavailable: It was not sent: secrets are read before anything leaves us.
            ProviderUnavailable, ProviderAnswerNotAuthentic: Unknown: money may move.
        """
        ...

    def query_refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        """Ask what became of a refund. Raises as query."""
        ...


@runtime_checkable
class CancellingProvider(Protocol):
    """A provider that can be told to take no money for an attempt any more."""

    def cancel(self, asked: QueryRequest, reason: str) -> QueryAnswer:
        """Close an attempt, and return how it stands then: the payer may have been faster. Raises as query."""
        ...


@runtime_checkable
class GivesReceipts(Protocol):
    """A provider that issues a document of its own for each payment, beside our receipt."""

    def fetch_receipt(self, asked: QueryRequest) -> bytes:
        """Return the provider's receipt of an attempt as a PDF.

        Raises:
            ProviderUnavailable: None could be had, or what came is no PDF; it is asked for again.
        """
        ...


def origin_of(address: str) -> str:
    """Return `scheme://host[:port]` of an address, as page_origin wants it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def secret_digest(value: str) -> str:
    """Return what stands for a secret that came in a header: enough to compare with our own, no use to a reader."""
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"


def random_reference(now: datetime) -> str:
    """Return a reference of 16 capitals and digits that are hard to mistake for each other (80 random bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))


class WithoutRefunds:
    """For adapters of providers that have no way to pay back by message: such refunds go by the paper route."""

    can_refund = False

    def refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        """Refuse."""
        raise RefundNotPossible("the provider pays nothing back by message")

    def query_refund(self, asked: RefundRequest, now: datetime) -> RefundAnswer:
        """Refuse."""
        raise RefundNotPossible("the provider pays nothing back by message")


class WithoutProvenReturn:
    """For adapters of providers whose returning browser brings no proof: it is led to our own page and shown that."""

    def read_return(self, query: bytes) -> ProviderEvent:
        """Refuse."""
        raise CallbackNotAuthentic("a return carries no signature")
