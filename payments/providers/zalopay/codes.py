"""ZaloPay's codes and what they mean in our words; one that is not here is unknown, and asked about later.

Source: ZaloPay docs, "Status codes" (return_code and sub_return_code by API), "Callback".
"""

from collections.abc import Mapping
from typing import Final

from payments.model import RefundOutcome, SettlementOutcome

SUCCESS, FAIL, PROCESSING = "1", "2", "3"
NO_SUCH_ORDER: Final = "-101"

# sub_return_code beside FAIL, of an order that will not be paid any more: expired, bank's error, promotion rules, and
# the payer's limits by day and month. Not -63, no funds: until the order expires the payer may try again.
ORDER_FAILED: Final = frozenset(
    {"-54", "-217", "-332", "-333", "-1330", "-1331", "-1332", "-1333", "-1340", "-1341", "-1342", "-1343"}
)
# sub_return_code beside FAIL, of a new order for what is in it.
ORDER_REFUSED: Final = frozenset({"-401"})

# sub_return_code beside FAIL: not of a kind that is paid back, too late, wrong amount, malformed or misdated name, in
# part not possible, no such payment, malformed request, wrong signature.
REFUND_REFUSED: Final = frozenset({"-2", "-13", "-14", "-24", "-25", "-26", "-32", "-101", "-401", "-402"})
# The same, when it is asked about: -101 then only says that the refund never arrived there, or not yet.
REFUND_FAILED: Final = frozenset({"0", "-2", "-13", "-14", "-32"})

REFUND_OUTCOMES: Final[Mapping[str, RefundOutcome]] = {
    SUCCESS: RefundOutcome.SUCCEEDED,
    PROCESSING: RefundOutcome.ACCEPTED,
}

# ZaloPay repeats a call that was answered with 0, up to three times; 1 and 2 confirm, negative codes refuse for good.
ANSWERS: Final[Mapping[SettlementOutcome, tuple[int, str]]] = {
    SettlementOutcome.BOOKED: (1, "success"),
    SettlementOutcome.SUSPENDED: (1, "success"),
    SettlementOutcome.FAILURE_NOTED: (1, "success"),
    SettlementOutcome.UNKNOWN_NOTED: (1, "success"),
    SettlementOutcome.REFUND_NOTED: (1, "success"),
    SettlementOutcome.NOTHING_TO_SETTLE: (1, "success"),
    SettlementOutcome.DUPLICATE: (2, "already confirmed"),
    SettlementOutcome.NOT_AUTHENTIC: (-1, "mac not equal"),
    SettlementOutcome.ATTEMPT_NOT_FOUND: (-2, "no such order"),
    SettlementOutcome.AMOUNT_MISMATCH: (-3, "amount not equal"),
    SettlementOutcome.UNREADABLE: (-4, "invalid data"),
    SettlementOutcome.OUR_FAULT: (0, "try again"),
}
