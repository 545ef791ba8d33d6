"""What a payment provider must be able to do; adapters and the tests' fake stand behind the same Protocol."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from payments.model import Acknowledgement, CallbackCall, ProviderEvent, SettlementOutcome
from payments.money import Money


@dataclass(frozen=True)
class PaymentRequest:
    """What a provider is asked to take.

    Attributes:
        reference: Ours, unique at the provider. purpose: Plain text for the payer; the adapter fits it to the provider.
        return_url: Where the payer's browser goes afterwards. payer_address: The payer's IP address.
    """

    reference: str
    amount: Money
    purpose: str
    return_url: str
    payer_address: str
    started_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class QueryRequest:
    """Which attempt a provider is asked about."""

    reference: str
    amount: Money
    started_at: datetime


@dataclass(frozen=True)
class QueryAnswer:
    """A provider's authenticated answer about an attempt, with the bytes that it came in."""

    raw: bytes
    event: ProviderEvent


class Provider(Protocol):
    """One payment provider.

    Attributes:
        name: Stands in addresses, tables and accounts. title: The name that payers know.
        page_origin: `scheme://host[:port]` of the page to which payers are sent.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def page_origin(self) -> str: ...

    def start(self, payment: PaymentRequest) -> str:
        """Return the address of the provider's page for this payment.

        Raises:
            PaymentNotPossible: The provider takes no such amount or currency.
        """
        ...

    def read_callback(self, call: CallbackCall) -> ProviderEvent:
        """Authenticate a call over its raw bytes, then say in our words what it reports.

        Raises:
            CallbackNotAuthentic: The proof is absent or wrong; nothing was believed.
            CallbackUnreadable: Authentic, but a field that we need is missing or malformed.
        """
        ...

    def read_return(self, query: bytes) -> ProviderEvent:
        """Authenticate what the payer's browser brought back: to be shown, never booked. Raises as read_callback."""
        ...

    def acknowledgement(self, outcome: SettlementOutcome) -> Acknowledgement:
        """Return the answer to a call in the provider's dialect."""
        ...

    def query(self, asked: QueryRequest, now: datetime) -> QueryAnswer:
        """Ask the provider what became of an attempt.

        Raises:
            ProviderUnavailable: No answer in time, or none that can be read.
            ProviderAnswerNotAuthentic: The answer's proof is absent or wrong.
        """
        ...
