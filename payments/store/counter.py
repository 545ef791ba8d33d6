"""Payments at the counter, and providers' own receipts."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from payments.errors import CounterPaymentNotFound, SlipAlreadyUsed
from payments.store.counter_tables import CounterPaymentRow, ProviderReceiptRow


class CounterStore:
    """Seen through one session; commits are the caller's."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, row: CounterPaymentRow) -> None:
        """Add a payment.

        Raises:
            SlipAlreadyUsed: Another one was entered with this slip at the same moment; the transaction is over.
        """
        self._session.add(row)
        try:
            self._session.flush()
        except IntegrityError:
            raise SlipAlreadyUsed("the slip proves another payment") from None

    def get(self, payment_id: str) -> CounterPaymentRow:
        """Return a payment.

        Raises:
            CounterPaymentNotFound: There is no such payment.
        """
        row = self._session.get(CounterPaymentRow, payment_id, populate_existing=True)
        if row is None:
            raise CounterPaymentNotFound(f"there is no counter payment {payment_id}")
        return row

    def of_order(self, order_id: str) -> list[CounterPaymentRow]:
        """Return an order's payments at the counter, those that were taken back too, oldest first."""
        query = select(CounterPaymentRow).where(CounterPaymentRow.order_id == order_id)
        return list(self._session.scalars(query.order_by(CounterPaymentRow.received_at, CounterPaymentRow.id)))

    def find_slip(self, unit_id: str, terminal: str, slip_number: str) -> CounterPaymentRow | None:
        """Return the payment that a terminal's slip proves."""
        query = select(CounterPaymentRow).where(
            CounterPaymentRow.unit_id == unit_id,
            CounterPaymentRow.terminal == terminal,
            CounterPaymentRow.slip_number == slip_number,
            CounterPaymentRow.voided_at.is_(None),
        )
        return self._session.scalars(query).one_or_none()

    def add_provider_receipt(self, row: ProviderReceiptRow) -> None:
        """Keep where a provider's receipt of an attempt lies; a second one changes nothing."""
        if self.find_provider_receipt(row.attempt_id) is None:
            self._session.add(row)
            self._session.flush()

    def find_provider_receipt(self, attempt_id: str) -> ProviderReceiptRow | None:
        """Return a provider's receipt of an attempt."""
        return self._session.get(ProviderReceiptRow, attempt_id)
