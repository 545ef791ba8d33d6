"""What became of a provider's call, in the pages' words."""

from typing import Final, Literal

from gateway.pages.names import both_amounts
from gateway.web.story_views import StepState
from gateway.web.view_models import Text
from payments.model import SettlementOutcome
from payments.store.tables import ProviderCallbackRow

Outcome = Literal["booked", "suspended", "failed", "unknown", "repeated", "refunded", "other", "refused", "waiting"]

OUTCOMES: Final[dict[SettlementOutcome, Outcome]] = {
    SettlementOutcome.BOOKED: "booked",
    SettlementOutcome.SUSPENDED: "suspended",
    SettlementOutcome.FAILURE_NOTED: "failed",
    SettlementOutcome.UNKNOWN_NOTED: "unknown",
    SettlementOutcome.DUPLICATE: "repeated",
    SettlementOutcome.REFUND_NOTED: "refunded",
    SettlementOutcome.NOTHING_TO_SETTLE: "other",
    SettlementOutcome.ATTEMPT_NOT_FOUND: "refused",
    SettlementOutcome.AMOUNT_MISMATCH: "refused",
    SettlementOutcome.NOT_AUTHENTIC: "refused",
    SettlementOutcome.UNREADABLE: "refused",
    SettlementOutcome.OUR_FAULT: "refused",
}
STATES: Final[dict[Outcome, StepState]] = {
    "booked": StepState.DONE,
    "suspended": StepState.ATTENTION,
    "failed": StepState.DONE,
    "unknown": StepState.WAITING,
    "repeated": StepState.DONE,
    "refunded": StepState.DONE,
    "other": StepState.DONE,
    "refused": StepState.REFUSED,
    "waiting": StepState.WAITING,
}
NOTES: Final[dict[SettlementOutcome, Text]] = {
    SettlementOutcome.SUSPENDED: Text(
        "Tiền về khi khoản thu đã đóng hoặc đã trả; số tiền được giữ riêng để trả lại hoặc ghi cho đúng chỗ.",
        "Money came when the order was closed or paid already; it is kept aside until it is paid back or attributed.",
    ),
    SettlementOutcome.UNKNOWN_NOTED: Text(
        "Nhà cung cấp chưa nói là đã trả hay không trả được; chúng tôi sẽ hỏi lại.",
        "The provider says neither paid nor failed; it will be asked again.",
    ),
    SettlementOutcome.NOTHING_TO_SETTLE: Text(
        "Cuộc gọi đúng chữ ký nhưng không nói về khoản nào của chúng tôi; không ghi gì vào sổ.",
        "The call is authentic but is about no payment of ours; nothing was booked.",
    ),
    SettlementOutcome.ATTEMPT_NOT_FOUND: Text(
        "Không có lần trả nào mang mã này; không ghi gì vào sổ.", "No attempt has this reference; nothing was booked."
    ),
    SettlementOutcome.NOT_AUTHENTIC: Text(
        "Chữ ký của cuộc gọi sai hoặc thiếu; không ghi gì vào sổ.",
        "The call's signature is wrong or missing; nothing was booked.",
    ),
    SettlementOutcome.UNREADABLE: Text(
        "Nội dung cuộc gọi không đúng quy cách; không ghi gì vào sổ.",
        "The call is not in the agreed form; nothing was booked.",
    ),
    SettlementOutcome.OUR_FAULT: Text(
        "Chúng tôi chưa xử lý được cuộc gọi; nhà cung cấp sẽ gọi lại hoặc chúng tôi sẽ hỏi.",
        "We could not work on the call; the provider calls again, or we ask.",
    ),
}


def outcome_of(row: ProviderCallbackRow) -> Outcome:
    """Return what became of a kept call."""
    return "waiting" if row.outcome is None else OUTCOMES[SettlementOutcome(row.outcome)]


def note_of(row: ProviderCallbackRow) -> Text | None:
    """Return why a call changed nothing, or what is still to come of it."""
    if row.outcome is None:
        return None
    if row.outcome == SettlementOutcome.AMOUNT_MISMATCH and row.amount_minor is not None:
        return _wrong_amount(row.amount_minor)
    return NOTES.get(SettlementOutcome(row.outcome))


def _wrong_amount(amount_minor: int) -> Text:
    amount = both_amounts(amount_minor)
    return Text(
        f"Cuộc gọi báo {amount.vi}, khác số tiền của lần trả này; không ghi gì vào sổ.",
        f"The call says {amount.en}, which is not this attempt's amount; nothing was booked.",
    )
