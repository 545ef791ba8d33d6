"""VNPAY's codes and what they mean in our words.

Source: VNPAY payment guide 2.1.0, tables of vnp_ResponseCode, vnp_TransactionStatus and the IPN's RspCode.
"""

from collections.abc import Mapping
from typing import Final

from payments.model import ProviderOutcome, SettlementOutcome

SUCCESS: Final = "00"
PAYER_CANCELLED: Final = "24"

# vnp_TransactionStatus. 01 unfinished, 04 reversed at the bank, 05 to 09 refund or suspected fraud: the money's way is
# not at its end, so these stay unknown and are asked about again.
TRANSACTION_STATUSES: Final[Mapping[str, ProviderOutcome]] = {
    "00": ProviderOutcome.SUCCEEDED,
    "02": ProviderOutcome.FAILED,
}

# vnp_ResponseCode values after which no money was taken: no internet banking, failed authentication, waited too long,
# locked, wrong OTP, cancelled, no funds, over the limit, bank under repair, wrong password too often, anything else.
FAILURES: Final = frozenset({"09", "10", "11", "12", "13", PAYER_CANCELLED, "51", "65", "75", "79", "99"})

NO_SUCH_TRANSACTION: Final = "91"

ACKNOWLEDGEMENTS: Final[Mapping[SettlementOutcome, tuple[str, str]]] = {
    SettlementOutcome.BOOKED: ("00", "Confirm Success"),
    SettlementOutcome.SUSPENDED: ("00", "Confirm Success"),
    SettlementOutcome.FAILURE_NOTED: ("00", "Confirm Success"),
    SettlementOutcome.UNKNOWN_NOTED: ("00", "Confirm Success"),
    SettlementOutcome.REFUND_NOTED: ("00", "Confirm Success"),
    SettlementOutcome.NOTHING_TO_SETTLE: ("00", "Confirm Success"),
    SettlementOutcome.DUPLICATE: ("02", "Order already confirmed"),
    SettlementOutcome.ATTEMPT_NOT_FOUND: ("01", "Order not found"),
    SettlementOutcome.AMOUNT_MISMATCH: ("04", "Invalid amount"),
    SettlementOutcome.NOT_AUTHENTIC: ("97", "Invalid checksum"),
    SettlementOutcome.UNREADABLE: ("99", "Invalid request"),
    SettlementOutcome.OUR_FAULT: ("99", "Unknown error"),
}


def callback_outcome(response_code: str, transaction_status: str) -> ProviderOutcome:
    """Return what an IPN or a return reports: both codes must agree, and what does not is unknown."""
    if (response_code, transaction_status) == (SUCCESS, SUCCESS):
        return ProviderOutcome.SUCCEEDED
    if transaction_status == "02" and response_code in FAILURES:
        return ProviderOutcome.FAILED
    return ProviderOutcome.UNKNOWN


def query_outcome(transaction_status: str) -> ProviderOutcome:
    """Return what a querydr answer says of the transaction."""
    return TRANSACTION_STATUSES.get(transaction_status, ProviderOutcome.UNKNOWN)
