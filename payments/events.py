"""What happened to money, told to whoever listens; the gateway turns it into outbox rows and webhooks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class DomainEvent:
    """One fact, recorded in the transaction that made it true.

    Attributes:
        type: `order.opened`, `order.changed`, `order.exempt`, `order.paid`, `order.reopened`,
            `counter-payment.taken`, `counter-payment.voided`, `order.cancelled`, `order.expired`,
            `attempt.started`, `attempt.failed`, `attempt.unresolved`, `payment.suspended`, `refund.proposed`,
            `refund.requested`, `refund.approved`, `refund.rejected`, `refund.waiting`, `refund.sent`,
            `refund.confirmed`, `refund.failed`, `refund.unresolved`, `receipt.numbered`, `receipt.issued`,
            `receipt.delivered`, `receipt.cancelled`, `receipt.replaced`, `receipt-series.closed`,
            `cash-deposit.prepared`, `cash-deposit.handed-over`, `cash-deposit.arrived`, `cash-deposit.cancelled`,
            `expected-transfer.announced`, `expected-transfer.approved`, `expected-transfer.arrived`,
            `expected-transfer.cancelled` or `expected-transfer.reversed`.
        subject_id: The fee order's id, for receipts the receipt's, for refunds the refund's, and so on.
        data: JSON-ready; amounts as amount_minor beside a currency.
    """

    type: str
    unit_id: str
    subject_id: str
    data: Mapping[str, Any] = field(default_factory=dict)


Record = Callable[[DomainEvent], None]
