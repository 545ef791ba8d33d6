"""Fee orders and attempts, and the way to the other stores of payments."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from payments.errors import AttemptNotFound, FeeOrderNotFound
from payments.ledger.accounts import Account, bank, treasury
from payments.states import AttemptState, OrderState
from payments.store.books import Books
from payments.store.callbacks import CallbackStore
from payments.store.catalogue import CatalogueStore
from payments.store.counter import CounterStore
from payments.store.deposits import DepositStore
from payments.store.expected_transfers import ExpectedTransferStore
from payments.store.journal import JournalStore
from payments.store.newest import newest_of_unit
from payments.store.paid_out_payments import PaidOutPaymentStore
from payments.store.receipts import ReceiptStore
from payments.store.refunds import RefundStore
from payments.store.settling import SettlingStore
from payments.store.statements import StatementStore
from payments.store.tables import CollectionAccountRow, FeeOrderItemRow, FeeOrderRow, HeldAt, PaymentAttemptRow

IN_FLIGHT = (AttemptState.STARTED, AttemptState.UNKNOWN)


class PaymentStore:
    """Payments seen through one session; it never commits.

    Locks are always taken in this order: callback, fee order, attempt, refund, statements' account, cash deposit,
    expected transfer, journal head, receipt series.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    @cached_property
    def journal(self) -> JournalStore:
        """The units' journals."""
        return JournalStore(self._session)

    @cached_property
    def receipts(self) -> ReceiptStore:
        """Receipts and their series."""
        return ReceiptStore(self._session)

    @cached_property
    def settling(self) -> SettlingStore:
        """Orders and attempts as settling reports needs them."""
        return SettlingStore(self._session)

    @cached_property
    def books(self) -> Books:
        """The books as other rows say they must be."""
        return Books(self._session)

    @cached_property
    def refunds(self) -> RefundStore:
        """Refunds and proposals."""
        return RefundStore(self._session)

    @cached_property
    def statements(self) -> StatementStore:
        """Bank statements and breaks."""
        return StatementStore(self._session)

    @cached_property
    def catalogue(self) -> CatalogueStore:
        """What procedures cost, and reductions."""
        return CatalogueStore(self._session)

    @cached_property
    def counter(self) -> CounterStore:
        """Payments at the counter, and providers' own receipts."""
        return CounterStore(self._session)

    @cached_property
    def deposits(self) -> DepositStore:
        """Cash on its way to the bank."""
        return DepositStore(self._session)

    @cached_property
    def transfers(self) -> ExpectedTransferStore:
        """Payouts, providers' fees and remittances that statements will show."""
        return ExpectedTransferStore(self._session)

    @cached_property
    def paid_out(self) -> PaidOutPaymentStore:
        """Which payments payouts consist of."""
        return PaidOutPaymentStore(self._session)

    @cached_property
    def callbacks(self) -> CallbackStore:
        """Providers' calls and the reports taken from them."""
        return CallbackStore(self._session)

    def add_order(self, row: FeeOrderRow, items: Sequence[FeeOrderItemRow]) -> None:
        """Add a fee order with its items."""
        self._session.add(row)
        self._session.flush()
        self.add_items(row, items)

    def add_items(self, order: FeeOrderRow, items: Sequence[FeeOrderItemRow]) -> None:
        """Add the items of an order's newest revision, and show them on the order."""
        self._session.add_all(items)
        self._session.flush()
        self._session.refresh(order, ["items"])

    def last_line_no(self, order_id: str) -> int:
        """Return the number of an order's newest item, of any revision."""
        query = select(func.max(FeeOrderItemRow.line_no)).where(FeeOrderItemRow.order_id == order_id)
        return self._session.scalars(query).one() or 0

    def get_order(self, order_id: str) -> FeeOrderRow:
        """Return a fee order.

        Raises:
            FeeOrderNotFound: There is no such order.
        """
        return _order(self._session.get(FeeOrderRow, order_id), order_id)

    def lock_order(self, order_id: str) -> FeeOrderRow:
        """Return a fee order as it stands now, and hold it until the transaction ends.

        Raises:
            FeeOrderNotFound: There is no such order.
        """
        query = select(FeeOrderRow).where(FeeOrderRow.id == order_id).with_for_update()
        return _order(
            self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none(), order_id
        )

    def find_order_by_token(self, pay_token: str) -> FeeOrderRow | None:
        """Return the order that a payer's token opens."""
        return self._session.scalars(select(FeeOrderRow).where(FeeOrderRow.pay_token == pay_token)).one_or_none()

    def find_order_by_transfer_reference(self, reference: str) -> FeeOrderRow | None:
        """Return the order that a bank transfer names."""
        query = select(FeeOrderRow).where(FeeOrderRow.transfer_reference == reference)
        return self._session.scalars(query).one_or_none()

    def list_orders(
        self, unit_id: str, *, dossier_code: str | None = None, before_id: str | None = None, limit: int = 100
    ) -> list[FeeOrderRow]:
        """Return a unit's orders, newest first, from the one before an id."""
        wanted = (FeeOrderRow.dossier_code == dossier_code,) if dossier_code is not None else ()
        return newest_of_unit(self._session, FeeOrderRow, unit_id, *wanted, before_id=before_id, limit=limit)

    def orders_to_expire(self, now: datetime, limit: int) -> list[str]:
        """Return the ids of open orders whose time is over and for which no money can be under way."""
        in_flight = select(PaymentAttemptRow.id).where(
            PaymentAttemptRow.order_id == FeeOrderRow.id, PaymentAttemptRow.state.in_(IN_FLIGHT)
        )
        query = select(FeeOrderRow.id).where(
            FeeOrderRow.state == OrderState.OPEN, FeeOrderRow.expires_at <= now, ~in_flight.exists()
        )
        return list(self._session.scalars(query.order_by(FeeOrderRow.expires_at).limit(limit)))

    def add_attempt(self, row: PaymentAttemptRow) -> None:
        """Add an attempt."""
        self._session.add(row)
        self._session.flush()

    def find_attempt(self, provider: str, reference: str) -> PaymentAttemptRow | None:
        """Return the attempt that a provider knows by our reference."""
        query = select(PaymentAttemptRow).where(
            PaymentAttemptRow.provider == provider, PaymentAttemptRow.reference == reference
        )
        return self._session.scalars(query).one_or_none()

    def find_transfer(self, provider: str, key: str) -> PaymentAttemptRow | None:
        """Return the attempt of a transfer that a channel told of by this key, be it booked by it or only confirmed."""
        event = self.callbacks.find_event(provider, key)
        return self.get_attempt(event.attempt_id) if event is not None else self.find_attempt(provider, key)

    def get_attempt(self, attempt_id: str) -> PaymentAttemptRow:
        """Return an attempt.

        Raises:
            AttemptNotFound: There is no such attempt.
        """
        row = self._session.get(PaymentAttemptRow, attempt_id)
        if row is None:
            raise AttemptNotFound(f"there is no attempt {attempt_id}")
        return row

    def lock_attempt(self, attempt_id: str) -> PaymentAttemptRow:
        """Return an attempt as it stands now, and hold it until the transaction ends.

        Raises:
            AttemptNotFound: There is no such attempt.
        """
        query = select(PaymentAttemptRow).where(PaymentAttemptRow.id == attempt_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
        if row is None:
            raise AttemptNotFound(f"there is no attempt {attempt_id}")
        return row

    def attempts_of(self, order_id: str) -> list[PaymentAttemptRow]:
        """Return an order's attempts, oldest first."""
        query = select(PaymentAttemptRow).where(PaymentAttemptRow.order_id == order_id)
        return list(self._session.scalars(query.order_by(PaymentAttemptRow.started_at, PaymentAttemptRow.id)))

    def booked_attempts(self, unit_id: str, since: datetime, until: datetime) -> list[PaymentAttemptRow]:
        """Return the attempts whose money was booked in a period: what bank statements should show."""
        query = select(PaymentAttemptRow).where(
            PaymentAttemptRow.unit_id == unit_id,
            PaymentAttemptRow.state == AttemptState.SUCCEEDED,
            PaymentAttemptRow.booked_at >= since,
            PaymentAttemptRow.booked_at < until,
        )
        return list(self._session.scalars(query.order_by(PaymentAttemptRow.booked_at)))

    def lock_stale_attempts(self, now: datetime, limit: int) -> list[PaymentAttemptRow]:
        """Return attempts that are due to be asked about and that no other worker holds."""
        query = (
            select(PaymentAttemptRow)
            .where(PaymentAttemptRow.next_query_at <= now)
            .order_by(PaymentAttemptRow.next_query_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list(self._session.scalars(query, execution_options={"populate_existing": True}))

    def add_collection_account(self, row: CollectionAccountRow) -> None:
        """Add a bank account into which a unit's payers transfer."""
        self._session.add(row)
        self._session.flush()

    def has_collection_account(self, unit_id: str, numbers: Sequence[str]) -> bool:
        """Whether one of these is or was an account of the unit: money may come to one long after it was replaced."""
        query = select(CollectionAccountRow.id).where(
            CollectionAccountRow.unit_id == unit_id, CollectionAccountRow.account_number.in_(numbers)
        )
        return self._session.scalars(query.limit(1)).first() is not None

    def ledger_account(self, unit_id: str, number: str) -> Account:
        """Return the ledger's account of one of a unit's accounts: at the treasury if it ever was kept there."""
        query = select(CollectionAccountRow.id).where(
            CollectionAccountRow.unit_id == unit_id,
            CollectionAccountRow.account_number == number,
            CollectionAccountRow.held_at == HeldAt.TREASURY,
        )
        at_treasury = self._session.scalars(query.limit(1)).first() is not None
        return treasury(number) if at_treasury else bank(number)

    def find_collection_account(self, unit_id: str, at: datetime) -> CollectionAccountRow | None:
        """Return the account that is valid for a unit at a moment; the newest where two are."""
        query = select(CollectionAccountRow).where(
            CollectionAccountRow.unit_id == unit_id,
            CollectionAccountRow.valid_from <= at,
            or_(CollectionAccountRow.valid_until.is_(None), CollectionAccountRow.valid_until > at),
        )
        return self._session.scalars(query.order_by(CollectionAccountRow.valid_from.desc()).limit(1)).first()


def _order(row: FeeOrderRow | None, order_id: str) -> FeeOrderRow:
    if row is None:
        raise FeeOrderNotFound(f"there is no fee order {order_id}")
    return row
