"""MoMo's result codes and what they mean in our words; one that is not here is unknown, and asked about later.

Source: MoMo developers, payment, "Result codes" (v3 pages of gateway v2).
"""

from collections.abc import Mapping
from typing import Final

from payments.model import ProviderOutcome, RefundOutcome, SettlementOutcome

SUCCESS: Final = "0"
NO_SUCH_ORDER: Final = "42"
PAYER_DENIED: Final = "1006"

# What MoMo calls final and unsuccessful: no funds, refused by the issuer, cancelled after authorisation, over the
# limit, expired, denied by the payer, account closed, cancelled by the merchant, promotion rules, bad group, account
# restricted or not verified, not signed in. Not here, so unknown: 1000 waits for the payer, 7000 and 7002 in work,
# 9000 authorised and not yet taken, 99 "unknown error", 10 under repair.
OUTCOMES: Final[Mapping[str, ProviderOutcome]] = {
    SUCCESS: ProviderOutcome.SUCCEEDED,
    **dict.fromkeys(
        ("1001", "1002", "1003", "1004", "1005", PAYER_DENIED, "1007", "1017", "1026", "2019", "4001", "4002", "4100"),
        ProviderOutcome.FAILED,
    ),
}

# Codes after which a payment has not begun: the request's form, its amount, the amount's range.
NOT_STARTED: Final = frozenset({"20", "21", "22"})

# A refund of MoMo's is done when it says 0. 40 and 41 name a request that it had before: what became of it is asked.
REFUND_OUTCOMES: Final[Mapping[str, RefundOutcome]] = {
    SUCCESS: RefundOutcome.SUCCEEDED,
    "7000": RefundOutcome.ACCEPTED,
    "7002": RefundOutcome.ACCEPTED,
    "1080": RefundOutcome.FAILED,
    "1081": RefundOutcome.FAILED,
    "1088": RefundOutcome.FAILED,
}
# Codes after which nothing is paid back: not allowed (11), not so (12), no proof (13); the request's form or
# amount; no such payment; and what ends a refund.
REFUND_REFUSALS: Final = frozenset({"11", "12", "13", "20", "21", "22", NO_SUCH_ORDER, "1080", "1081", "1088"})

# MoMo wants 204 and reads nothing else; it repeats a call that was answered otherwise.
STATUSES: Final[Mapping[SettlementOutcome, int]] = {
    SettlementOutcome.BOOKED: 204,
    SettlementOutcome.SUSPENDED: 204,
    SettlementOutcome.FAILURE_NOTED: 204,
    SettlementOutcome.UNKNOWN_NOTED: 204,
    SettlementOutcome.DUPLICATE: 204,
    SettlementOutcome.REFUND_NOTED: 204,
    SettlementOutcome.NOTHING_TO_SETTLE: 204,
    SettlementOutcome.ATTEMPT_NOT_FOUND: 404,
    SettlementOutcome.AMOUNT_MISMATCH: 422,
    SettlementOutcome.NOT_AUTHENTIC: 401,
    SettlementOutcome.UNREADABLE: 400,
    SettlementOutcome.OUR_FAULT: 500,
}
