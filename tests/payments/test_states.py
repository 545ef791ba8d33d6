"""The transition table, move by move: what it has leads on, everything else is refused."""

import pytest

from payments.errors import TransitionNotAllowed
from payments.states import (
    ATTEMPTS,
    ORDERS,
    RECEIPTS,
    REFUNDS,
    AttemptMove,
    AttemptState,
    OrderMove,
    OrderState,
    ReceiptMove,
    ReceiptState,
    RefundMove,
    RefundState,
    next_state,
)

TABLES = [
    (ORDERS, OrderState, OrderMove),
    (ATTEMPTS, AttemptState, AttemptMove),
    (RECEIPTS, ReceiptState, ReceiptMove),
    (REFUNDS, RefundState, RefundMove),
]
ALL_MOVES = [(table, state, move) for table, states, moves in TABLES for state in states for move in moves]


@pytest.mark.parametrize(("table", "state", "move"), ALL_MOVES)
def test_only_the_tables_moves_are_made(table, state, move):
    if (state, move) in table:
        assert next_state(table, state, move) == table[state, move]
    else:
        with pytest.raises(TransitionNotAllowed):
            next_state(table, state, move)


@pytest.mark.parametrize("state", [OrderState.CANCELLED, OrderState.EXPIRED])
def test_a_closed_order_stays_as_it_is(state):
    assert not [move for move in OrderMove if (state, move) in ORDERS]


def test_nothing_follows_a_proven_success_but_that_a_counter_takes_it_back():
    assert [move for move in OrderMove if (OrderState.PAID, move) in ORDERS] == [OrderMove.REOPEN]
    assert [move for move in AttemptMove if (AttemptState.SUCCEEDED, move) in ATTEMPTS] == [AttemptMove.VOID]


@pytest.mark.parametrize("state", [state for state in AttemptState if state != AttemptState.SUCCEEDED])
def test_a_proven_success_counts_whatever_was_known_before(state):
    assert next_state(ATTEMPTS, state, AttemptMove.SUCCEED) == AttemptState.SUCCEEDED
