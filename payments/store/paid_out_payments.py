"""Which payments a payout consists of, in one session."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import ColumnElement, TextClause, func, insert, or_, select
from sqlalchemy.orm import Session

from payments.ledger.accounts import clearing
from payments.states import AttemptState, RefundState, TransferState
from payments.store.refund_tables import RefundRow
from payments.store.statement_tables import MatchRow
from payments.store.tables import PaymentAttemptRow
from payments.store.transfer_tables import STANDS, ExpectedTransferRow, PaidOutPaymentRow

# Both databases bound the number of parameters in one statement.
CHUNK = 1000


class PaidOutPaymentStore:
    """Payments inside payouts, seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find_payments(self, unit_id: str, provider: str, numbers: Collection[str]) -> list[PaymentAttemptRow]:
        """Return the payments that a provider took for a unit, by our references or its own numbers."""
        found: dict[str, PaymentAttemptRow] = {}
        for chunk in _chunks(sorted(numbers)):
            query = select(PaymentAttemptRow).where(
                PaymentAttemptRow.unit_id == unit_id,
                PaymentAttemptRow.provider == provider,
                PaymentAttemptRow.state == AttemptState.SUCCEEDED,
                PaymentAttemptRow.received_on == clearing(provider).code,
                or_(PaymentAttemptRow.reference.in_(chunk), PaymentAttemptRow.provider_transaction.in_(chunk)),
            )
            found.update({row.id: row for row in self._session.scalars(query)})
        return list(found.values())

    def left_before(self, attempt_ids: Sequence[str]) -> list[str]:
        """Return those of these payments that stand in a payout or were matched by themselves."""
        return sorted(self._inside(attempt_ids, STANDS) | self.matched(attempt_ids))

    def matched(self, attempt_ids: Sequence[str]) -> set[str]:
        """Return those of these payments that statements have shown by themselves."""
        found: set[str] = set()
        for chunk in _chunks(attempt_ids):
            found.update(self._session.scalars(select(MatchRow.payment_id).where(MatchRow.payment_id.in_(chunk))))
        return found

    def on_their_way(self, attempt_ids: Sequence[str]) -> set[str]:
        """Return those of these payments that reach the bank inside a payout."""
        return self._inside(attempt_ids, ExpectedTransferRow.state.in_((TransferState.APPROVED, TransferState.ARRIVED)))

    def _inside(self, attempt_ids: Sequence[str], concerned: ColumnElement[bool] | TextClause) -> set[str]:
        found: set[str] = set()
        for chunk in _chunks(attempt_ids):
            query = (
                select(PaidOutPaymentRow.attempt_id)
                .join(ExpectedTransferRow, ExpectedTransferRow.id == PaidOutPaymentRow.transfer_id)
                .where(PaidOutPaymentRow.attempt_id.in_(chunk), concerned)
            )
            found.update(self._session.scalars(query))
        return found

    def given_back_minor(self, unit_id: str, provider: str) -> int:
        """Return what a provider paid back of a unit's payments."""
        query = (
            select(func.coalesce(func.sum(RefundRow.amount_minor), 0))
            .join(PaymentAttemptRow, PaymentAttemptRow.id == RefundRow.attempt_id)
            .where(
                RefundRow.unit_id == unit_id,
                RefundRow.state == RefundState.CONFIRMED,
                PaymentAttemptRow.provider == provider,
            )
        )
        return int(self._session.scalars(query).one())

    def add(self, transfer: ExpectedTransferRow, attempt_ids: Sequence[str]) -> None:
        """Say which payments a payout consists of."""
        rows = [
            {"transfer_id": transfer.id, "attempt_id": attempt_id, "unit_id": transfer.unit_id}
            for attempt_id in attempt_ids
        ]
        if rows:
            self._session.execute(insert(PaidOutPaymentRow), rows)

    def of_transfer(self, transfer_id: str) -> list[str]:
        """Return the ids of the payments that a payout consists of."""
        query = select(PaidOutPaymentRow.attempt_id).where(PaidOutPaymentRow.transfer_id == transfer_id)
        return sorted(self._session.scalars(query))


def _chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
