"""payOS' words and what they mean in ours. Source: payOS, API reference, payment-requests and webhook."""

from collections.abc import Mapping
from typing import Final

from payments.model import ProviderOutcome, SettlementOutcome

SUCCESS: Final = "00"

# Of links on which nothing was paid. PENDING and PROCESSING are not at their end; UNDERPAID has taken some money, and
# payOS may still take the rest.
UNPAID: Final[Mapping[str, ProviderOutcome]] = {
    "CANCELLED": ProviderOutcome.FAILED,
    "EXPIRED": ProviderOutcome.FAILED,
    "FAILED": ProviderOutcome.FAILED,
}
PAID: Final = "PAID"
CANCELLED: Final = "CANCELLED"

# payOS knows no codes in an answer, only whether it is 2xx; it repeats a call that was answered otherwise.
STATUSES: Final[Mapping[SettlementOutcome, int]] = {
    SettlementOutcome.BOOKED: 200,
    SettlementOutcome.SUSPENDED: 200,
    SettlementOutcome.FAILURE_NOTED: 200,
    SettlementOutcome.UNKNOWN_NOTED: 200,
    SettlementOutcome.DUPLICATE: 200,
    SettlementOutcome.REFUND_NOTED: 200,
    SettlementOutcome.NOTHING_TO_SETTLE: 200,
    SettlementOutcome.ATTEMPT_NOT_FOUND: 404,
    SettlementOutcome.AMOUNT_MISMATCH: 422,
    SettlementOutcome.NOT_AUTHENTIC: 401,
    SettlementOutcome.UNREADABLE: 400,
    SettlementOutcome.OUR_FAULT: 500,
}
