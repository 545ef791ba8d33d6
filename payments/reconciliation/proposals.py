"""What might belong together: shown to a person, never booked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

from payments.reconciliation.model import ExpectedPayment, Movement, Proposal, ProposalKind, local_day

# Banks and providers pay out within days, over a long holiday within two weeks.
MOST_DAYS_APART = 14
MOST_PROPOSALS = 5


class Proposals:
    """Proposals from the payments and movements that no rule matched."""

    def __init__(self, unmatched: Sequence[ExpectedPayment]) -> None:
        self._unmatched = {payment.id: payment for payment in unmatched}
        # Fees are few and payers many, so one amount may stand thousands of times: everything goes by day, too.
        self._by_amount: dict[tuple[str, int, date], list[ExpectedPayment]] = defaultdict(list)
        self._by_day: dict[tuple[str, date], list[ExpectedPayment]] = defaultdict(list)
        for payment in sorted(unmatched, key=lambda payment: payment.id):
            if payment.paid_at is not None:
                day = local_day(payment.paid_at)
                self._by_amount[payment.currency, payment.amount_minor, day].append(payment)
                if not payment.leaves:
                    self._by_day[payment.currency, day].append(payment)
        self._day_sums = {key: _sum(payments) for key, payments in self._by_day.items()}

    def for_unnamed(self, movement: Movement, mistyped: Iterable[str]) -> tuple[Proposal, ...]:
        """Return the likeliest first: a mistyped reference, then a whole day paid out at once, then an equal amount."""
        found: dict[tuple[str, ...], Proposal] = {}
        for payment_id in mistyped:
            payment = self._unmatched.get(payment_id)
            if payment and (payment.amount_minor, payment.currency) == (movement.amount_minor, movement.currency):
                _add(found, ProposalKind.REFERENCE_MISTYPED, [payment], movement)
        for day in self._days_summing_to(movement):
            _add(found, ProposalKind.SUM_OF_DAY, self._by_day[movement.currency, day], movement)
        for payment in islice(self._equal_nearby(movement), MOST_PROPOSALS):
            _add(found, ProposalKind.SAME_AMOUNT, [payment], movement)
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

    def _equal_nearby(self, movement: Movement) -> Iterator[ExpectedPayment]:
        """Yield payments of the movement's amount, those of the nearest day first."""
        for days in range(MOST_DAYS_APART + 1):
            for day in sorted({movement.booking_date - timedelta(days=days), movement.booking_date + timedelta(days)}):
                yield from self._by_amount.get((movement.currency, movement.amount_minor, day), ())

    def _days_summing_to(self, movement: Movement) -> Iterator[date]:
        """Yield the days before whose several payments add up to the movement exactly."""
        for days in range(MOST_DAYS_APART + 1):
            day = movement.booking_date - timedelta(days=days)
            key = (movement.currency, day)
            if self._day_sums.get(key) == movement.amount_minor and len(self._by_day[key]) > 1:
                yield day


def _add(
    found: dict[tuple[str, ...], Proposal], kind: ProposalKind, payments: Sequence[ExpectedPayment], movement: Movement
) -> None:
    proposal = _proposal(kind, payments, [movement])
    found.setdefault(proposal.payment_ids, proposal)


def _proposal(kind: ProposalKind, payments: Sequence[ExpectedPayment], movements: Sequence[Movement]) -> Proposal:
    return Proposal(kind, tuple(payment.id for payment in payments), tuple(movement.key for movement in movements))


def _sum(payments: Sequence[ExpectedPayment]) -> int:
    return sum(payment.amount_minor for payment in payments)
