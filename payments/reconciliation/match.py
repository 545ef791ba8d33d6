"""Matching: which of the bank's movements are which of our payments, and what does not fit. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType

from payments.reconciliation import wording
from payments.reconciliation.model import (
    BookedEntry,
    Break,
    BreakKind,
    ExpectedPayment,
    FindReferences,
    Match,
    Movement,
    MovementKey,
    Proposal,
    Reconciliation,
    local_day,
    movements_of,
)
from payments.reconciliation.naming import Named, References
from payments.reconciliation.proposals import Proposals

NOTHING_SETTLED: Mapping[MovementKey, str] = MappingProxyType({})


def match_entries(
    entries: Sequence[BookedEntry],
    expected: Sequence[ExpectedPayment],
    now: datetime,
    *,
    find_references: FindReferences,
    settled: Mapping[MovementKey, str] = NOTHING_SETTLED,
) -> Reconciliation:
    """Match booked entries with expected payments, each of both at most once.

    A match needs one payment named, the same amount in the same direction, and the same currency; everything else is
    a break, some with proposals. The same input gives the same answer whatever its order.

    Args:
        entries: Booked entries of one account.
        expected: Payments that should be there; of those paid and not found, each becomes a break.
        now: Ages of breaks are counted up to Vietnam's day of it.
        find_references: Finds our checked references in free text.
        settled: Earlier matches that stand: movement to payment id. Neither side is matched again.
    """
    matching = _Matching(entries, expected, now, find_references, settled)
    matching.match()
    return Reconciliation(tuple(matching.matches), tuple(matching.breaks()))


class _Matching:
    def __init__(
        self,
        entries: Sequence[BookedEntry],
        expected: Sequence[ExpectedPayment],
        now: datetime,
        find_references: FindReferences,
        settled: Mapping[MovementKey, str],
    ) -> None:
        self.matches: list[Match] = []
        self._today = local_day(now)
        self._payments = {payment.id: payment for payment in expected}
        self._paid = set(settled.values())
        self._movements = sorted(
            (
                movement
                for booked in entries
                for movement in movements_of(booked)
                if movement.key not in settled and movement.amount_minor != 0
            ),
            key=lambda movement: (movement.booking_date, movement.key),
        )
        references = References(expected, find_references)
        self._named = {movement.key: references.named_by(movement) for movement in self._movements}

    def match(self) -> None:
        """Take the sure ones: one payment named, not paid yet, the same money."""
        for movement in self._movements:
            named = self._named[movement.key].exact
            if len(named) != 1 or (movement.reversal and not movement.is_credit):
                continue
            (payment_id, rule), *_ = named.items()
            if payment_id not in self._paid and _same_money(movement, self._payments[payment_id]):
                self._paid.add(payment_id)
                self.matches.append(Match(movement.key, payment_id, rule, movement.amount_minor, movement.currency))

    def breaks(self) -> list[Break]:
        """Say of everything else what it is."""
        matched = {match.movement for match in self.matches}
        left = [movement for movement in self._movements if movement.key not in matched]
        unmatched = [payment for payment in self._payments.values() if payment.id not in self._paid]
        proposals = Proposals(unmatched)
        parts = self._parts(left)
        found = [
            self._credit_break(movement, proposals, parts)
            if movement.is_credit
            else self._debit_break(movement, proposals)
            for movement in left
        ]
        explained = {each.payment_id for each in found if each.kind is BreakKind.AMOUNT_DIFFERS}
        explained |= {
            payment_id
            for each in found
            if each.kind is BreakKind.SEVERAL_PAYMENTS
            for proposal in each.proposals
            for payment_id in proposal.payment_ids
        }
        return found + [
            self._missing(payment, payment.paid_at)
            for payment in sorted(unmatched, key=lambda payment: payment.id)
            if payment.paid_at is not None and payment.id not in explained
        ]

    def _parts(self, left: Sequence[Movement]) -> dict[str, list[Movement]]:
        """Return the unmatched credits by the one payment that they name."""
        parts: dict[str, list[Movement]] = defaultdict(list)
        for movement in left:
            named = self._named[movement.key].exact
            if movement.is_credit and len(named) == 1:
                parts[next(iter(named))].append(movement)
        return parts

    def _credit_break(self, movement: Movement, proposals: Proposals, parts: dict[str, list[Movement]]) -> Break:
        named = self._named[movement.key]
        if len(named.exact) > 1:
            payments = [self._payments[payment_id] for payment_id in named.exact]
            dossiers = sorted({payment.dossier or payment.our_reference for payment in payments})
            words = wording.several_payments(movement, dossiers)
            return self._break(
                BreakKind.SEVERAL_PAYMENTS, movement, None, words, proposals.for_several(movement, named.exact)
            )
        if not named.exact:
            return self._unnamed_credit(movement, named, proposals)
        payment = self._payments[next(iter(named.exact))]
        if payment.leaves:
            return self._break(BreakKind.DEBIT_RETURNED, movement, payment, wording.sent_back(movement, payment), ())
        if payment.id in self._paid:
            words = wording.duplicate_credit(movement, payment)
            return self._break(BreakKind.DUPLICATE_CREDIT, movement, payment, words, ())
        words = wording.amount_differs(movement, payment)
        return self._break(
            BreakKind.AMOUNT_DIFFERS, movement, payment, words, proposals.for_parts(payment, parts[payment.id])
        )

    def _unnamed_credit(self, movement: Movement, named: Named, proposals: Proposals) -> Break:
        if movement.reversal:
            return self._break(BreakKind.DEBIT_RETURNED, movement, None, wording.debit_returned(movement), ())
        words = wording.unknown_credit(movement, named.foreign)
        proposed = proposals.for_unnamed(movement, named.mistyped)
        return self._break(BreakKind.UNKNOWN_CREDIT, movement, None, words, proposed)

    def _debit_break(self, movement: Movement, proposals: Proposals) -> Break:
        named = self._named[movement.key]
        if len(named.exact) == 1:
            payment = self._payments[next(iter(named.exact))]
            if not payment.leaves:
                words = wording.credit_taken_back(movement, payment)
                return self._break(BreakKind.CREDIT_TAKEN_BACK, movement, payment, words, ())
            if payment.id in self._paid:
                words = wording.duplicate_debit(movement, payment)
                return self._break(BreakKind.DEBIT_UNEXPLAINED, movement, payment, words, ())
            words = wording.amount_differs(movement, payment)
            return self._break(BreakKind.AMOUNT_DIFFERS, movement, payment, words, ())
        words = wording.debit_unexplained(movement)
        proposed = proposals.for_unnamed(movement, named.mistyped)
        return self._break(BreakKind.DEBIT_UNEXPLAINED, movement, None, words, proposed)

    def _break(
        self,
        kind: BreakKind,
        movement: Movement,
        payment: ExpectedPayment | None,
        words: tuple[str, str],
        proposals: tuple[Proposal, ...],
    ) -> Break:
        comparable = kind is BreakKind.AMOUNT_DIFFERS and payment is not None and payment.currency == movement.currency
        owed_minor = payment.amount_minor if payment is not None and comparable else 0
        return Break(
            kind=kind,
            movement=movement.key,
            payment_id=payment.id if payment else None,
            amount_minor=movement.amount_minor,
            currency=movement.currency,
            difference_minor=movement.amount_minor - owed_minor,
            occurred_on=movement.booking_date,
            age_days=self._age(movement.booking_date),
            vi=words[0],
            en=words[1],
            proposals=proposals,
        )

    def _missing(self, payment: ExpectedPayment, paid_at: datetime) -> Break:
        day = local_day(paid_at)
        vi, en = wording.missing(payment, day)
        return Break(
            kind=BreakKind.MISSING_IN_STATEMENT,
            movement=None,
            payment_id=payment.id,
            amount_minor=payment.amount_minor,
            currency=payment.currency,
            difference_minor=-payment.amount_minor,
            occurred_on=day,
            age_days=self._age(day),
            vi=vi,
            en=en,
        )

    def _age(self, day: date) -> int:
        return max((self._today - day).days, 0)


def _same_money(movement: Movement, payment: ExpectedPayment) -> bool:
    return (movement.amount_minor, movement.currency) == (payment.amount_minor, payment.currency)
