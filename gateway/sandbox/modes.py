"""What may become of a payment at the sandbox, chosen for one payment or for all that a provider takes from now on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Mode(StrEnum):
    """Ways for a payment to go.

    HONEST: one call, repeated until it is confirmed. SLOW: pending for a while, then honest. DUPLICATE: two copies at
    once and one more. OUT_OF_ORDER: what came last is told first, and an older `pending` after it. LOST: paid, and no
    call. FORGED: not paid, and a call with a wrong proof claims that it was. WRONG_AMOUNT: another amount than asked
    for was taken. The rest are honest about the payment: REFUND_FAILING takes refunds and fails them later,
    REFUND_REFUSED refuses them, REFUND_UNANSWERED takes them and answers nothing that can be read.
    """

    HONEST = "honest"
    SLOW = "slow"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out-of-order"
    LOST = "lost"
    FORGED = "forged"
    WRONG_AMOUNT = "wrong-amount"
    REFUND_FAILING = "refund-failing"
    REFUND_REFUSED = "refund-refused"
    REFUND_UNANSWERED = "refund-unanswered"


class CallKind(StrEnum):
    """One call more, sent by the control interface: honest ones, and those that a merchant must withstand."""

    HONEST = "honest"
    REPLAYED = "replayed"
    FORGED = "forged"
    UNSIGNED = "unsigned"
    WRONG_AMOUNT = "wrong-amount"
    UNKNOWN_ORDER = "unknown-order"
    UNKNOWN_STATUS = "unknown-status"


WORDS: Final[Mapping[Mode, str]] = {
    Mode.HONEST: "Bình thường",
    Mode.SLOW: "Chậm: báo kết quả sau một lúc",
    Mode.DUPLICATE: "Báo kết quả nhiều lần",
    Mode.OUT_OF_ORDER: "Báo kết quả sai thứ tự",
    Mode.LOST: "Mất thông báo: chỉ hỏi mới biết",
    Mode.FORGED: "Thông báo giả mạo, không có tiền",
    Mode.WRONG_AMOUNT: "Sai số tiền",
    Mode.REFUND_FAILING: "Hoàn tiền: nhận rồi thất bại",
    Mode.REFUND_REFUSED: "Hoàn tiền: bị từ chối",
    Mode.REFUND_UNANSWERED: "Hoàn tiền: không có trả lời",
}
