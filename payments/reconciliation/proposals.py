"""What might belong together: shown to a person, never booked."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from payments.reconciliation.model import ExpectedPayment, Movement, Proposal, ProposalKind, local_day

# Banks and providers pay out within days, over a long holiday within two weeks.
MOST_DAYS_APART = 14
MOST_PROPOSALS = 5


class Proposals:
    """Proposals from the payments and movements that no rule matched."""

    def __init__(self, unmatched: Sequence[ExpectedPayment]) -> None:
        self._unmatched = {payment.id: payment for payment in unmatched}
        self._by_amount: dict[tuple[str, int], list[ExpectedPayment]] = defaultdict(list)
        self._by_day: dict[tuple[str, date], list[ExpectedPayment]] = defaultdict(list)
        for payment in unmatched:
            self._by_amount[payment.currency, payment.amount_minor].append(payment)
            if payment.paid_at is not None:
                self._by_day[payment.currency, local_day(payment.paid_at)].append(payment)

    def for_unknown_credit(self, movement: Movement, mistyped: Iterable[str]) -> tuple[Proposal, ...]:
        """Return the likeliest first: a mistyped reference, then an equal amount, then a whole day paid out at once."""
        found: dict[tuple[str, ...], Proposal] = {}
        for payment_id in mistyped:
            payment = self._unmatched.get(payment_id)
            if payment and (payment.amount_minor, payment.currency) == (movement.amount_minor, movement.currency):
                _add(found, ProposalKind.REFERENCE_MISTYPED, [payment], movement)
        near = [payment for payment in self._equal_to(movement) if payment.paid_at is not None]
        near.sort(key=lambda payment: (_days_apart(payment, movement), payment.id))
        for payment in near:
            if _days_apart(payment, movement) <= MOST_DAYS_APART:
                _add(found, ProposalKind.SAME_AMOUNT, [payment], movement)
        for payments in self._days_before(movement):
            if len(payments) > 1 and _sum(payments) == movement.amount_minor:
                _add(found, ProposalKind.SUM_OF_DAY, payments, movement)
        return tuple(found.values())[:MOST_PROPOSALS]

    def for_several(self, movement: Movement, payment_ids: Iterable[str]) -> tuple[Proposal, ...]:
        """Return the unmatched ones among the payments named, if they add up to the movement exactly."""
        open_ones = [self._unmatched[each] for each in payment_ids if each in self._unmatched]
        alike = all(payment.currency == movement.currency for payment in open_ones)
        if not open_ones or not alike or _sum(open_ones) != movement.amount_minor:
            return ()
        return (_proposal(ProposalKind.SUM_OF_PAYMENTS, open_ones, [movement]),)

    def for_parts(self, payment: ExpectedPayment, parts: Sequence[Movement]) -> tuple[Proposal, ...]:
        """Return the credits that carry one payment's reference, if together they pay it exactly."""
        alike = all(movement.currency == payment.currency for movement in parts)
        together = sum(movement.amount_minor for movement in parts)
        if len(parts) < 2 or not alike or together != payment.amount_minor or payment.id not in self._unmatched:
            return ()
        return (_proposal(ProposalKind.SUM_OF_CREDITS, [payment], parts),)

    def _equal_to(self, movement: Movement) -> list[ExpectedPayment]:
        return list(self._by_amount.get((movement.currency, movement.amount_minor), ()))

    def _days_before(self, movement: Movement) -> Iterable[list[ExpectedPayment]]:
        for days in range(MOST_DAYS_APART + 1):
            day = movement.booking_date - timedelta(days=days)
            yield self._by_day.get((movement.currency, day), [])


def _add(
    found: dict[tuple[str, ...], Proposal], kind: ProposalKind, payments: Sequence[ExpectedPayment], movement: Movement
) -> None:
    proposal = _proposal(kind, payments, [movement])
    found.setdefault(proposal.payment_ids, proposal)


def _proposal(kind: ProposalKind, payments: Sequence[ExpectedPayment], movements: Sequence[Movement]) -> Proposal:
    return Proposal(kind, tuple(payment.id for payment in payments), tuple(movement.key for movement in movements))


def _sum(payments: Sequence[ExpectedPayment]) -> int:
    return sum(payment.amount_minor for payment in payments)


def _days_apart(payment: ExpectedPayment, movement: Movement) -> int:
    if payment.paid_at is None:
        return MOST_DAYS_APART + 1
    return abs((movement.booking_date - local_day(payment.paid_at)).days)
