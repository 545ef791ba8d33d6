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


class OrderMove(StrEnum):
    """What happens to a fee order."""

    PAY = "pay"
    CANCEL = "cancel"
    EXPIRE = "expire"


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


class ReceiptState(StrEnum):
    """Where a receipt stands; it is never deleted."""

    NUMBERED = "numbered"
    SEALED = "sealed"
    DELIVERED = "delivered"


class ReceiptMove(StrEnum):
    """What happens to a receipt."""

    SEAL = "seal"
    DELIVER = "deliver"


ORDERS: Final[Mapping[tuple[OrderState, OrderMove], OrderState]] = {
    (OrderState.OPEN, OrderMove.PAY): OrderState.PAID,
    (OrderState.OPEN, OrderMove.CANCEL): OrderState.CANCELLED,
    (OrderState.OPEN, OrderMove.EXPIRE): OrderState.EXPIRED,
}

# Money that a provider proves to have taken counts whatever we had been told before, so success follows failure and
# silence; nothing follows success.
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
}

RECEIPTS: Final[Mapping[tuple[ReceiptState, ReceiptMove], ReceiptState]] = {
    (ReceiptState.NUMBERED, ReceiptMove.SEAL): ReceiptState.SEALED,
    (ReceiptState.SEALED, ReceiptMove.DELIVER): ReceiptState.DELIVERED,
}

State = TypeVar("State", OrderState, AttemptState, ReceiptState)
Move = TypeVar("Move", OrderMove, AttemptMove, ReceiptMove)


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
