"""Entries and payments of the tests."""

from datetime import UTC, date, datetime, timedelta

from payments.providers.vietqr.reference import find_references, reference_of
from payments.reconciliation.match import match_entries
from payments.reconciliation.model import BookedEntry, ExpectedPayment, Reconciliation
from payments.statements.model import Entry, EntryDetail, EntryStatus

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
PAID_AT = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def reference(number: int) -> str:
    """One of our transfer references, a different one for each number."""
    return reference_of(f"{'ABCDEFGH'}{'23456789'[number]}")


def payment(
    number: int, amount_minor: int = 150_000, *, paid_at: datetime | None = PAID_AT, transaction: str | None = None
) -> ExpectedPayment:
    """A payment that we booked."""
    return ExpectedPayment(
        id=f"payment-{number}",
        our_reference=reference(number),
        provider_transaction=transaction,
        amount_minor=amount_minor,
        currency="VND",
        paid_at=paid_at,
        dossier=f"H13-{number:04d}",
    )


def booked(
    id_: str,
    amount_minor: int,
    text: str = "",
    *,
    currency: str = "VND",
    days: int = 0,
    reversal: bool = False,
    references: tuple[str, ...] = (),
    details: tuple[EntryDetail, ...] = (),
) -> BookedEntry:
    """An entry of the statement."""
    entry = Entry(
        position=1,
        amount_minor=amount_minor,
        currency=currency,
        reversal=reversal,
        status=EntryStatus.BOOKED,
        booking_date=DAY + timedelta(days=days),
        value_date=None,
        bank_reference=None,
        references=references,
        texts=(text,) if text else (),
        details=details,
        line=1,
    )
    return BookedEntry(id_, entry)


def detail(amount_minor: int, text: str) -> EntryDetail:
    """One transfer in an entry."""
    return EntryDetail(amount_minor, "VND", (), (text,), None, None)


def matched(entries: list[BookedEntry], expected: list[ExpectedPayment], **given: object) -> Reconciliation:
    """What matching finds, with our real reference finder."""
    return match_entries(entries, expected, NOW, find_references=find_references, **given)  # type: ignore[arg-type]


def pairs(found: Reconciliation) -> set[tuple[str, int, str]]:
    """Entry, detail and payment of each match."""
    return {(*match.movement, match.payment_id) for match in found.matches}


def kinds(found: Reconciliation) -> dict[str, str]:
    """The kind of each break by the entry or, where there is none, by the payment."""
    return {(each.movement[0] if each.movement else each.payment_id or ""): each.kind.value for each in found.breaks}
