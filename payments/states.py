"""The one transition table: what may follow what for orders, attempts and receipts."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from payments.errors import TransitionNotAllowed


class OrderState(StrEnum):
    """Where a fee order stands; it is settled once."""

    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    # Every item is exempt: there is nothing to pay.
    EXEMPT = "exempt"


class OrderMove(StrEnum):
    """What happens to a fee order."""

    PAY = "pay"
    CANCEL = "cancel"
    EXPIRE = "expire"
    EXEMPT = "exempt"
    REOPEN = "reopen"


class AttemptState(StrEnum):
    """Where one try with one provider stands."""

    STARTED = "started"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNRESOLVED = "unresolved"


class AttemptMove(StrEnum):
    """What a provider reports about an attempt, or that it went on reporting nothing final."""

    SUCCEED = "succeed"
    FAIL = "fail"
    STAY_UNKNOWN = "stay-unknown"
    GIVE_UP = "give-up"
    VOID = "void"


class ReceiptState(StrEnum):
    """Where a receipt stands; it is never deleted."""

    NUMBERED = "numbered"
    SEALED = "sealed"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class ReceiptMove(StrEnum):
    """What happens to a receipt."""

    SEAL = "seal"
    DELIVER = "deliver"
    CANCEL = "cancel"
    REPLACE = "replace"


class RefundState(StrEnum):
    """Where one refund stands: from a proposal or a person's request to money that is proven to have gone back.

    UNKNOWN: it was sent and nothing is known of it. CONFIRMED: a provider or a statement says that it was paid back.
    """

    PROPOSED = "proposed"
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class RefundMove(StrEnum):
    """What people decide about a refund, and what is heard of it."""

    REQUEST = "request"
    APPROVE = "approve"
    REJECT = "reject"
    LOSE_SIGHT = "lose-sight"
    HOLD_BACK = "hold-back"
    SEND = "send"
    CONFIRM = "confirm"
    FAIL = "fail"


class DepositState(StrEnum):
    """Where cash that leaves the drawer is: still there, on its way with the bank's slip, in the bank, or back."""

    PREPARED = "prepared"
    HANDED_OVER = "handed-over"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"


class DepositMove(StrEnum):
    """What people do with prepared cash, and what a statement shows."""

    HAND_OVER = "hand-over"
    ARRIVE = "arrive"
    CANCEL = "cancel"


class TransferState(StrEnum):
    """Where a transfer stands that an office expects on a statement.

    ANNOUNCED by one person, APPROVED by another, ARRIVED on a statement and booked; CANCELLED before that, or REVERSED
    after it because it was entered wrongly.
    """

    ANNOUNCED = "announced"
    APPROVED = "approved"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"
    REVERSED = "reversed"


class TransferMove(StrEnum):
    """What people do with an expected transfer, and what a statement shows."""

    APPROVE = "approve"
    ARRIVE = "arrive"
    CANCEL = "cancel"
    REVERSE = "reverse"


ORDERS: Final[Mapping[tuple[OrderState, OrderMove], OrderState]] = {
    (OrderState.OPEN, OrderMove.PAY): OrderState.PAID,
    (OrderState.OPEN, OrderMove.CANCEL): OrderState.CANCELLED,
    (OrderState.OPEN, OrderMove.EXPIRE): OrderState.EXPIRED,
    (OrderState.OPEN, OrderMove.EXEMPT): OrderState.EXEMPT,
    # Only where money taken at the counter is taken back on the same day.
    (OrderState.PAID, OrderMove.REOPEN): OrderState.OPEN,
}

# Money that a provider proves to have taken counts whatever we had been told before, so success follows failure and
# silence; nothing follows success but that a counter's payment is taken back on the same day.
ATTEMPTS: Final[Mapping[tuple[AttemptState, AttemptMove], AttemptState]] = {
    (AttemptState.STARTED, AttemptMove.SUCCEED): AttemptState.SUCCEEDED,
    (AttemptState.STARTED, AttemptMove.FAIL): AttemptState.FAILED,
    (AttemptState.STARTED, AttemptMove.STAY_UNKNOWN): AttemptState.UNKNOWN,
    (AttemptState.STARTED, AttemptMove.GIVE_UP): AttemptState.UNRESOLVED,
    (AttemptState.UNKNOWN, AttemptMove.SUCCEED): AttemptState.SUCCEEDED,
    (AttemptState.UNKNOWN, AttemptMove.FAIL): AttemptState.FAILED,
    (AttemptState.UNKNOWN, AttemptMove.STAY_UNKNOWN): AttemptState.UNKNOWN,
    (AttemptState.UNKNOWN, AttemptMove.GIVE_UP): AttemptState.UNRESOLVED,
    (AttemptState.FAILED, AttemptMove.SUCCEED): AttemptState.SUCCEEDED,
    (AttemptState.UNRESOLVED, AttemptMove.SUCCEED): AttemptState.SUCCEEDED,
    (AttemptState.UNRESOLVED, AttemptMove.FAIL): AttemptState.FAILED,
    (AttemptState.SUCCEEDED, AttemptMove.VOID): AttemptState.FAILED,
}

_STANDING: Final = (ReceiptState.NUMBERED, ReceiptState.SEALED, ReceiptState.DELIVERED)
RECEIPTS: Final[Mapping[tuple[ReceiptState, ReceiptMove], ReceiptState]] = {
    (ReceiptState.NUMBERED, ReceiptMove.SEAL): ReceiptState.SEALED,
    (ReceiptState.SEALED, ReceiptMove.DELIVER): ReceiptState.DELIVERED,
    **{(state, ReceiptMove.CANCEL): ReceiptState.CANCELLED for state in _STANDING},
    **{(state, ReceiptMove.REPLACE): ReceiptState.REPLACED for state in _STANDING},
}

# Sending first loses sight of a refund: if we stop before the answer it is asked about, and never sent a second time.
REFUNDS: Final[Mapping[tuple[RefundState, RefundMove], RefundState]] = {
    (RefundState.PROPOSED, RefundMove.REQUEST): RefundState.REQUESTED,
    (RefundState.PROPOSED, RefundMove.REJECT): RefundState.REJECTED,
    (RefundState.REQUESTED, RefundMove.APPROVE): RefundState.APPROVED,
    (RefundState.REQUESTED, RefundMove.REJECT): RefundState.REJECTED,
    (RefundState.APPROVED, RefundMove.LOSE_SIGHT): RefundState.UNKNOWN,
    (RefundState.APPROVED, RefundMove.SEND): RefundState.SENT,
    (RefundState.APPROVED, RefundMove.FAIL): RefundState.FAILED,
    # Only by whoever was about to send it and knows that nothing left us.
    (RefundState.UNKNOWN, RefundMove.HOLD_BACK): RefundState.APPROVED,
    (RefundState.UNKNOWN, RefundMove.SEND): RefundState.SENT,
    (RefundState.UNKNOWN, RefundMove.CONFIRM): RefundState.CONFIRMED,
    (RefundState.UNKNOWN, RefundMove.FAIL): RefundState.FAILED,
    (RefundState.SENT, RefundMove.CONFIRM): RefundState.CONFIRMED,
    (RefundState.SENT, RefundMove.FAIL): RefundState.FAILED,
}

DEPOSITS: Final[Mapping[tuple[DepositState, DepositMove], DepositState]] = {
    (DepositState.PREPARED, DepositMove.HAND_OVER): DepositState.HANDED_OVER,
    (DepositState.PREPARED, DepositMove.CANCEL): DepositState.CANCELLED,
    (DepositState.HANDED_OVER, DepositMove.ARRIVE): DepositState.ARRIVED,
    (DepositState.HANDED_OVER, DepositMove.CANCEL): DepositState.CANCELLED,
}

TRANSFERS: Final[Mapping[tuple[TransferState, TransferMove], TransferState]] = {
    (TransferState.ANNOUNCED, TransferMove.APPROVE): TransferState.APPROVED,
    (TransferState.ANNOUNCED, TransferMove.CANCEL): TransferState.CANCELLED,
    (TransferState.APPROVED, TransferMove.ARRIVE): TransferState.ARRIVED,
    (TransferState.APPROVED, TransferMove.CANCEL): TransferState.CANCELLED,
    (TransferState.ARRIVED, TransferMove.REVERSE): TransferState.REVERSED,
}

State = TypeVar("State", OrderState, AttemptState, ReceiptState, RefundState, DepositState, TransferState)
Move = TypeVar("Move", OrderMove, AttemptMove, ReceiptMove, RefundMove, DepositMove, TransferMove)


def next_state(table: Mapping[tuple[State, Move], State], state: State, move: Move) -> State:
    """Return the state that a move leads to.

    Raises:
        TransitionNotAllowed: The table has no such move.
    """
    try:
        return table[(state, move)]
    except KeyError:
        raise TransitionNotAllowed(f"{type(state).__name__}: {move} does not follow {state}") from None


def may_move(table: Mapping[tuple[State, Move], State], state: State, move: Move) -> bool:
    """Whether the table has this move."""
    return (state, move) in table
