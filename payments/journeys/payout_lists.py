"""The payments that a provider's document lists: each known, not paid out before, and together the gross."""

from collections import defaultdict
from collections.abc import Sequence

from payments.errors import PayoutPaymentsUnfit
from payments.store.payments import PaymentStore
from payments.store.tables import PaymentAttemptRow
from payments.store.transfer_tables import ExpectedTransferRow, TransferKind

MOST_NAMED = 5


def listed_payments(
    store: PaymentStore, unit_id: str, provider: str, numbers: Sequence[str]
) -> list[PaymentAttemptRow]:
    """Return the payments that these numbers name; none for no numbers.

    Raises:
        PayoutPaymentsUnfit: A number names no payment that this provider took for the unit, or one is named twice.
    """
    asked = [number.strip() for number in numbers]
    named: dict[str, list[PaymentAttemptRow]] = defaultdict(list)
    for row in store.paid_out.find_payments(unit_id, provider, asked):
        for name in {row.reference, row.provider_transaction or row.reference}:
            named[name].append(row)
    if unknown := [number for number in asked if len(named[number]) != 1]:
        raise PayoutPaymentsUnfit(f"these name no payment that {provider} took, or several: {_some(unknown)}")
    payments = {named[number][0].id: named[number][0] for number in asked}
    if len(payments) != len(asked):
        raise PayoutPaymentsUnfit("a payment is listed twice")
    return list(payments.values())


def check_payments(store: PaymentStore, row: ExpectedTransferRow, payments: Sequence[PaymentAttemptRow]) -> None:
    """Let a list pass that may be what was paid out.

    A provider pays back refunds out of what it takes, so the list may come to more than gross, by refunds at most.

    Raises:
        PayoutPaymentsUnfit: It may not.
    """
    if not payments:
        return
    if row.kind != TransferKind.PAYOUT:
        raise PayoutPaymentsUnfit("only a payout consists of payments")
    if left := store.paid_out.left_before([payment.id for payment in payments]):
        references = [payment.reference for payment in payments if payment.id in left]
        raise PayoutPaymentsUnfit(f"paid out before: {_some(references)}")
    total = sum(payment.amount_minor for payment in payments)
    over = total - row.gross_minor
    if over < 0 or over > store.paid_out.given_back_minor(row.unit_id, row.counterparty):
        raise PayoutPaymentsUnfit(f"the payments come to {total:,}, gross is {row.gross_minor:,} VND")


def check_none_matched(store: PaymentStore, row: ExpectedTransferRow) -> None:
    """Let a payout pass of whose payments none was matched by itself since it was announced.

    Raises:
        PayoutPaymentsUnfit: One was.
    """
    if store.paid_out.matched(store.paid_out.of_transfer(row.id)):
        raise PayoutPaymentsUnfit("a statement has shown one of the payments by itself meanwhile")


def _some(names: Sequence[str]) -> str:
    return ", ".join(name[:40] for name in names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
